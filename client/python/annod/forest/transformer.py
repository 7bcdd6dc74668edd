"""fit and transform (scikit-learn's words, scikit-plots' rules)."""

import operator
import warnings
from typing import Any, Dict, List, Optional, Sequence, Tuple

from annod import errors, frames, labels, vectors
from annod.forest import parameters
from annod.forest.items import Forest
from annod.remote import fitting, queries
from annod.remote.item_buffer import LARGEST_ID


class Transformer(Forest):
    """Rows in, neighbours out."""

    def fit(
        self,
        X: Any = None,
        y: Any = None,
        *,
        n_trees: int = -1,
        n_jobs: int = -1,
        reset: bool = True,
        start_index: Optional[int] = None,
        missing_value: Optional[float] = None,
        feature_names: Optional[Sequence[str]] = None,
        y_map: Optional[Dict[int, Any]] = None,
    ) -> "Transformer":
        """Stores rows and builds; without X, builds what was added.

        All or nothing: whatever it raises, the index is as it was and answers.

        Args:
          X: rows: an array of shape (n, f), a DataFrame, or a sequence of rows, each
            numbers and None, or a dict {column: number} once f is known. A column
            is a position, or a name of `feature_names`. The names of a DataFrame's
            columns, if all are text, are recorded as feature_names_in_, and compared
            by later calls, as scikit-learn does.
          y: labels, one a row: any values (annod.labels says what the server keeps).
          n_trees, n_jobs: as in build.
          reset: the rows replace everything; False: they are added. A built index
            is then built again, with a UserWarning.
          start_index: id of the first row, the others follow; None: 0, or n_items
            with reset=False. Ids skipped are holes.
          missing_value: what None entries, absent keys, masked entries, and NaN in a
            DataFrame are; None: refused. NaN elsewhere is wrong.
          feature_names: names of the f columns; with reset=False those it has.
          y_map: labels by id, instead of y.

        Returns:
          self.

        Raises:
          TypeError: y or y_map without X, both, a reset that is no bool, an entry
            that is no number.
          ValueError: no rows, ragged rows, another number of labels, a negative
            start_index, a missing entry, NaN or infinity.
          RuntimeError: without X: as build; reset=False on a loaded index.
        """
        self._remote.check_open()
        parameters.check_flag("reset", reset)
        if y is not None and y_map is not None:
            raise TypeError("y and y_map are both given: give one")
        if X is None:
            if y is not None or y_map is not None:
                raise TypeError("labels are given without X")
            self.build(n_trees, n_jobs)
            return self
        n_trees = parameters.check_count("n_trees", n_trees)
        n_jobs = parameters.check_count("n_jobs", n_jobs)
        if not reset and self._loaded:
            raise RuntimeError("a loaded index takes no rows: fit with reset=True")
        metric = self._metric or "angular"
        columns = frames.column_names(X)
        names = self._names_for(feature_names, columns, reset)
        rows = vectors.rows_of(X, self._f, missing_value, names)
        if names is not None:
            parameters.check_feature_names(names, rows.shape[1])
        vectors.check_rows(rows, metric)
        start = self._start_for(start_index, reset, len(rows))
        added = self._labels_for(y, y_map, start, len(rows), reset)
        texts = self._texts_for(added, start, len(rows))
        if not reset and self._built:
            warnings.warn(
                "the index is built: it is built again with the new rows",
                UserWarning,
                stacklevel=2,
            )
        f_before, metric_before = self._f, self._metric
        self._f, self._metric = rows.shape[1], metric
        try:
            self._activate()
            fitting.fit(
                self._remote,
                rows,
                metric,
                start,
                append=not reset,
                labels=texts,
                feature_names=names or (),
                n_trees=n_trees,
                n_jobs=n_jobs,
                seed=self._seed or 0,
                verbosity=self._verbose or 0,
            )
        except BaseException:
            self._f, self._metric = f_before, metric_before
            raise
        kept = {} if reset else dict(self._y_map or {})
        for item in range(start, start + len(rows)):
            kept.pop(item, None)
        self._y_map = {**kept, **added} or None
        self._feature_names = names
        self._names_of_frame = columns is not None and names is not None
        self._built, self._loaded = True, False
        self._empty_trees = None
        self._write_on_disk()
        return self

    def _names_for(
        self, feature_names: Any, columns: Optional[Tuple[str, ...]], reset: bool
    ) -> Optional[Tuple[str, ...]]:
        if feature_names is None and columns is not None:
            if reset:
                return columns
            self._compare_columns(columns)
            return self._feature_names
        names = (
            None
            if feature_names is None
            else parameters.check_feature_names(feature_names, self._f)
        )
        if reset:
            return names
        if names is not None and self._remote.exists and names != self._feature_names:
            if self._feature_names is not None or self._remote.n_items() > 0:
                raise ValueError("feature_names differ from those the index has")
        return names or self._feature_names

    def _compare_columns(self, columns: Optional[Tuple[str, ...]]) -> None:
        # scikit-learn's rules, and words.
        name = type(self).__name__
        known = self._feature_names
        if columns is not None and known is None:
            warnings.warn(
                f"X has feature names, but {name} was fitted without feature names",
                UserWarning,
                stacklevel=4,
            )
        elif columns is None and known is not None and self._names_of_frame:
            warnings.warn(
                f"X does not have valid feature names, but {name} was fitted with"
                " feature names",
                UserWarning,
                stacklevel=4,
            )
        frames.check_column_names(columns, known)

    def _start_for(self, start_index: Any, reset: bool, count: int) -> int:
        if start_index is None:
            return 0 if reset else self._remote.n_items()
        try:
            start = operator.index(start_index)
        except TypeError:
            raise TypeError(
                f"start_index is {start_index!r}; it must be an integer"
            ) from None
        if start < 0:
            raise ValueError(f"start_index is {start}; it must not be negative")
        if start + count - 1 > LARGEST_ID:
            raise ValueError(
                f"start_index is {start}; {count} rows from there pass the largest id"
                f" {LARGEST_ID}"
            )
        return start

    def _labels_for(
        self, y: Any, y_map: Any, start: int, count: int, reset: bool
    ) -> Dict[int, Any]:
        if y is not None:
            return dict(enumerate(labels.as_list(y, count), start))
        if y_map is None:
            return {}
        below = start + count
        if not reset:
            below = max(below, self._remote.n_items())
        return labels.as_map(y_map, below)

    def _texts_for(
        self, added: Dict[int, Any], start: int, count: int
    ) -> Optional[List[str]]:
        texts = {item: labels.encode(label) for item, label in added.items()}
        if not texts:
            return None
        return [texts.get(item, "") for item in range(start, start + count)]

    def transform(
        self,
        X: Any,
        *,
        n_neighbors: Optional[int] = None,
        search_k: int = -1,
        include_distances: bool = False,
        return_labels: bool = False,
        y_fill_value: Any = None,
        input_type: str = "vector",
        output_type: str = "vector",
        exclude_self: bool = False,
        exclude_items: Optional[Sequence[int]] = None,
        missing_value: Optional[float] = None,
    ) -> Any:
        """The neighbours of each row of X.

        Args:
          X: rows as in fit; with input_type "item" item ids.
          n_neighbors: None, or the parameter's value: the number is the
            estimator's, so that every row of every answer has as many columns.
          search_k: candidates to inspect; -1: n_neighbors times the trees.
          include_distances: return distances too.
          return_labels: return labels too.
          y_fill_value: label of an item without one.
          input_type: "vector" or "item", in any case.
          output_type: "vector": neighbours are vectors; "item": ids.
          exclude_self: leave the queried item out, by id; only for items.
          exclude_items: ids to leave out of every answer.
          missing_value: as in fit.

        Returns:
          neighbours, (neighbours, distances), (neighbours, labels), or
          (neighbours, distances, labels): lists of n rows of n_neighbors ids,
          vectors (lists of f floats), floats, labels.

        Raises:
          RuntimeError: not initialized or not built.
          ValueError: another n_neighbors, search_k < -1, an unknown type, no rows,
            exclude_self with vectors, rows as in fit, and if a row finds fewer
            than n_neighbors (more search_k may help).
          TypeError: ids that are no integers, entries that are no numbers.
          IndexError: an id at or above n_items.
        """
        self._require_built()
        if n_neighbors is not None:
            n_neighbors = parameters.check_n_neighbors(n_neighbors)
            if n_neighbors != self._n_neighbors:
                raise ValueError(
                    f"n_neighbors is {n_neighbors}; the estimator's is"
                    f" {self._n_neighbors}: set_params changes it"
                )
        search_k = parameters.check_search_k(search_k)
        input_type = parameters.check_type_name("input_type", input_type)
        output_type = parameters.check_type_name("output_type", output_type)
        if exclude_self and input_type != "item":
            raise ValueError("exclude_self needs input_type='item'")
        excluded = (
            []
            if exclude_items is None
            else parameters.item_ids("exclude_items", exclude_items)
        )
        questions = self._questions(X, input_type, missing_value)
        answers = self._ask(
            questions,
            self._n_neighbors,
            search_k,
            exclude_self=bool(exclude_self),
            # Ids that no item can have exclude nothing.
            exclude_items=sorted({i for i in excluded if 0 <= i <= LARGEST_ID}),
            include_distances=include_distances,
            include_vectors=output_type == "vector",
        )
        if output_type == "item":
            result: Tuple[Any, ...] = ([list(answer.ids) for answer in answers],)
        else:
            result = (
                [
                    vectors.from_bytes(answer.vectors).reshape(-1, self._f).tolist()
                    for answer in answers
                ],
            )
        if include_distances:
            result += ([list(answer.distances) for answer in answers],)
        if return_labels:
            found = self._y_map or {}
            result += (
                [
                    [found.get(i, y_fill_value) for i in answer.ids]
                    for answer in answers
                ],
            )
        return result if len(result) > 1 else result[0]

    def _questions(
        self, X: Any, input_type: str, missing_value: Optional[float]
    ) -> List[Any]:
        if input_type == "item":
            ids = parameters.item_ids("X", X)
            if not ids:
                raise ValueError("X has no rows")
            self._remote.check_ids(ids)
            return [queries.item_query(i) for i in ids]
        if not (isinstance(X, (list, tuple)) and X and isinstance(X[0], dict)):
            self._compare_columns(frames.column_names(X))
        rows = vectors.rows_of(X, self._f, missing_value, self._feature_names)
        vectors.check_rows(rows, self._metric or "")
        return [queries.vector_query(row) for row in rows]

    def _ask(
        self, questions: Sequence[Any], n: int, search_k: int, **options: Any
    ) -> Sequence[Any]:
        if search_k == 0 or self._is_empty():
            raise errors.InvalidRequest(
                f"row 0 finds 0 neighbours of {n}: search_k is {search_k}, n_items is"
                f" {self._remote.n_items()}"
            )
        answers = queries.neighbours(
            self._remote,
            questions,
            n,
            min(search_k, queries.LARGEST_SEARCH_K),
            **options,
        )
        for row, answer in enumerate(answers):
            if len(answer.ids) < n:
                raise errors.InvalidRequest(
                    f"row {row} finds {len(answer.ids)} neighbours of {n}; a larger"
                    " search_k, fewer exclusions or more items may help"
                )
        return answers

    def fit_transform(
        self,
        X: Any,
        y: Any = None,
        *,
        n_trees: int = -1,
        n_jobs: int = -1,
        reset: bool = True,
        start_index: Optional[int] = None,
        missing_value: Optional[float] = None,
        feature_names: Optional[Sequence[str]] = None,
        y_map: Optional[Dict[int, Any]] = None,
        n_neighbors: Optional[int] = None,
        search_k: int = -1,
        include_distances: bool = False,
        return_labels: bool = False,
        y_fill_value: Any = None,
    ) -> Any:
        """fit(X, y, ...) and then transform(X, ...): the neighbours, as vectors, of
        the very rows that were stored, each normally first its own."""
        self.fit(
            X,
            y,
            n_trees=n_trees,
            n_jobs=n_jobs,
            reset=reset,
            start_index=start_index,
            missing_value=missing_value,
            feature_names=feature_names,
            y_map=y_map,
        )
        return self.transform(
            X,
            n_neighbors=n_neighbors,
            search_k=search_k,
            include_distances=include_distances,
            return_labels=return_labels,
            y_fill_value=y_fill_value,
            missing_value=missing_value,
        )
