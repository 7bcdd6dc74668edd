"""kneighbors: arrays of neighbours, as scikit-learn's estimators give them."""

# mypy: disable-error-code="import"

from typing import Any, NamedTuple, Optional, Tuple, Union

import numpy as np
import numpy.typing as npt

from annod import vectors
from annod.forest import parameters
from annod.forest.transformer import Transformer
from annod.remote import queries
from annod.remote.item_buffer import LARGEST_ID

IntArray = npt.NDArray[np.int32]


class CsrArrays(NamedTuple):
    """A sparse matrix by rows: what scipy.sparse.csr_matrix is made of."""

    data: "npt.NDArray[np.float32]"
    indices: "npt.NDArray[np.int32]"
    indptr: "npt.NDArray[np.int64]"
    shape: Tuple[int, int]


class Neighbors(Transformer):
    """Neighbours as numpy arrays."""

    def kneighbors(
        self,
        X: Any = None,
        n_neighbors: Optional[int] = None,
        return_distance: bool = True,
        *,
        search_k: int = -1,
        missing_value: Optional[float] = None,
    ) -> Union[IntArray, Tuple[vectors.FloatArray, IntArray]]:
        """The neighbours of rows, nearest first.

        Args:
          X: rows as in fit, shape (m, f); None: every stored item, itself left out.
          n_neighbors: how many; None: the parameter's value.
          return_distance: return distances too.
          search_k, missing_value: as in transform.

        Returns:
          (distances, ids), or ids: float32 and int32, shape (m, n_neighbors).

        Raises:
          As transform.
        """
        self._require_built()
        n = (
            self._n_neighbors
            if n_neighbors is None
            else parameters.check_n_neighbors(n_neighbors)
        )
        search_k = parameters.check_search_k(search_k)
        if X is None:
            questions = [queries.item_query(i) for i in range(self._remote.n_items())]
        else:
            questions = self._questions(X, "vector", missing_value)
        answers = self._ask(
            questions,
            n,
            search_k,
            exclude_self=X is None,
            include_distances=return_distance,
        )
        ids = np.array([answer.ids for answer in answers], dtype=np.int32)
        ids = ids.reshape(len(answers), n)
        if not return_distance:
            return ids
        distances = np.array([answer.distances for answer in answers], dtype=np.float32)
        return distances.reshape(len(answers), n), ids

    def kneighbors_graph(
        self,
        X: Any = None,
        n_neighbors: Optional[int] = None,
        mode: str = "connectivity",
        *,
        search_k: int = -1,
    ) -> Any:
        """The neighbours as a sparse matrix of shape (m, n_items).

        Args:
          X, n_neighbors, search_k: as in kneighbors.
          mode: "connectivity": ones; "distance": distances.

        Returns:
          scipy.sparse.csr_matrix if scipy is installed, else CsrArrays, from which
          `csr_matrix((data, indices, indptr), shape)` makes one.

        Raises:
          ValueError: an unknown mode; else as kneighbors.
        """
        if mode not in ("connectivity", "distance"):
            raise ValueError(
                f"mode is {mode!r}; it must be 'connectivity' or 'distance'"
            )
        found, ids = self.kneighbors(X, n_neighbors, True, search_k=search_k)
        order = np.argsort(ids, axis=1, kind="stable")
        ids = np.take_along_axis(ids, order, axis=1)
        found = np.take_along_axis(found, order, axis=1)
        data = np.ones_like(found) if mode == "connectivity" else found
        indptr = np.arange(len(ids) + 1, dtype=np.int64) * ids.shape[1]
        graph = CsrArrays(
            data.ravel(), ids.ravel(), indptr, (len(ids), self._remote.n_items())
        )
        try:
            from scipy.sparse import csr_matrix
        except ImportError:
            return graph
        return csr_matrix((graph.data, graph.indices, graph.indptr), shape=graph.shape)

    def add_items(
        self, X: Any, ids: Any = None, *, missing_value: Optional[float] = None
    ) -> "Neighbors":
        """Adds many items, after checking all of them.

        Args:
          X: rows as in fit, shape (m, f).
          ids: m different ids; None: n_items and those that follow.
          missing_value: as in fit.

        Returns:
          self.

        Raises:
          RuntimeError: the index is loaded; or built, and not one with a name.
          ValueError, TypeError: rows as in fit; ids that are no ids, too few, too
            many, or twice there. Nothing is added then.
        """
        self._require_changeable()
        rows = vectors.rows_of(X, self._f, missing_value, self._feature_names)
        vectors.check_rows(rows, self._metric or "angular")
        if ids is None:
            first = self._remote.n_items()
            ids = range(first, first + len(rows))
        ids = parameters.item_ids("ids", ids)
        if len(ids) != len(rows) or len(set(ids)) != len(ids):
            raise ValueError(
                f"there are {len(rows)} rows; ids must be as many, all different"
            )
        if min(ids) < 0 or max(ids) > LARGEST_ID:
            raise ValueError(f"ids must be in [0, {LARGEST_ID}]")
        for item, row in zip(ids, rows):
            self.add_item(item, row)
        return self

    def get_item_vectors(self, ids: Any = None) -> vectors.FloatArray:
        """Stored vectors: float32, shape (len(ids), f); all if `ids` is None.

        Raises:
          RuntimeError: not initialized.
          IndexError: an id at or above n_items.
        """
        self._require_live()
        wanted = range(self._remote.n_items()) if ids is None else list(ids)
        if not self._remote.exists:
            self._remote.check_ids(wanted)
            return np.zeros((0, self._f), dtype=np.float32)
        return self._remote.vectors(wanted)

    to_numpy = get_item_vectors
