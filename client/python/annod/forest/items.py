"""The estimator's items, builds, files and queries (scikit-plots' errors)."""

import errno
import operator
import os
from typing import Any, List, Optional, Tuple

from annod import errors, vectors
from annod.forest import parameters
from annod.forest.settings import Settings
from annod.remote import distances, queries, transfer
from annod.remote.asking import Asking
from annod.remote.item_buffer import LARGEST_ID
from annod.remote.progress import print_progress
from annod.v1 import index_service_pb2

Neighbours = queries.Neighbours


def _item_id(i: Any) -> int:
    try:
        item = operator.index(i)
    except TypeError:
        raise TypeError(f"item id is {i!r}; it must be an integer") from None
    if item < 0:
        raise errors.NegativeItem(f"item id is {item}; it must not be negative")
    return item


class Forest(Settings, Asking):
    """Annoy's methods as scikit-plots has them: changes return self, misuse raises
    RuntimeError, wrong values ValueError, wrong types TypeError."""

    def add_item(self, i: int, vector: Any) -> "Forest":
        """Adds or replaces an item. Sent with others; any later call finds it.

        Args:
          i: id, >= 0.
          vector: f numbers; copied as float32. The first one fixes f if that is 0.

        Returns:
          self.

        Raises:
          RuntimeError: the index is loaded; or built, and not one with a name.
          ValueError: negative id; wrong length; NaN, infinity, or a norm too
            large to store.
          TypeError: not numbers.
        """
        self._require_changeable()
        i = _item_id(i)
        if i > LARGEST_ID:
            raise ValueError(f"item id is {i}; it must be at most {LARGEST_ID}")
        row = vectors.to_row(vector)
        if row.size == 0:
            raise ValueError("vector has no components")
        metric = self._metric or "angular"
        if self._f and row.size != self._f:
            raise ValueError(
                f"vector has {row.size} components; it must have {self._f}"
            )
        vectors.check_row(row, metric)
        before = self._f, self._metric
        self._f, self._metric = row.size, metric
        try:
            self._create()
        except BaseException:
            self._f, self._metric = before
            raise
        self._remote.add(i, row)
        return self

    def build(self, n_trees: int = -1, n_jobs: int = -1) -> "Forest":
        """Builds the forest, after which no items are taken and queries answered.

        Args:
          n_trees: trees; -1: as many as fit in twice the nodes of the items.
          n_jobs: threads of the server; -1: all its cores. Does not change the
            result.

        Returns:
          self.

        Raises:
          RuntimeError: not initialized; loaded; or built, and not one with a name.
          ValueError: n_trees or n_jobs is 0 or below -1.
        """
        self._require_live()
        n_trees = parameters.check_count("n_trees", n_trees)
        n_jobs = parameters.check_count("n_jobs", n_jobs)
        if self._loaded or (self._built and self._remote.temporary):
            raise RuntimeError("a built index cannot be built: unbuild it first")
        self._activate()
        if self._remote.n_items() == 0:
            self._empty_trees = max(0, n_trees)
        else:
            report = print_progress if (self._verbose or 0) >= 1 else None
            self._remote.build(n_trees, n_jobs, self._seed or 0, report)
        self._built = True
        self._write_on_disk()
        return self

    def unbuild(self) -> "Forest":
        """Forgets the forest, keeps the items, and takes items again. Returns self.

        Raises:
          RuntimeError: not initialized, or loaded.
        """
        self._require_live()
        if self._loaded:
            raise RuntimeError("a loaded index cannot be unbuilt")
        if self._built and not self._is_empty():
            self._remote.unbuild()
        self._built = False
        self._empty_trees = None
        return self

    def unload(self) -> "Forest":
        """Forgets items, forest and labels; parameters stay, and the index can be
        filled again. One that was named stays on the server. Returns self.

        Raises:
          RuntimeError: not initialized.
        """
        self._require_live()
        self._remote.forget()
        self._reset()
        return self

    def close(self) -> None:
        """Drops the server's index if it is temporary; one that was named stays.
        Every use of the index after that raises errors.Closed, a RuntimeError."""
        self._remote.close()

    def __enter__(self) -> "Forest":
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    # Files.

    def save(self, fn: Any, prefault: Optional[bool] = None) -> "Forest":
        """Writes the forest to a file of this machine, atomically; stock Annoy
        opens it. The index counts as loaded from it then.

        Returns:
          self.

        Raises:
          RuntimeError: not initialized.
          OSError: not built, no items, or the file cannot be written.
        """
        self._require_live()
        path = os.fsdecode(fn)
        if not self._built:
            raise OSError("an index that is not built cannot be saved")
        if self._is_empty():
            raise OSError("an index without items cannot be saved")
        transfer.download_file(self._remote, path)
        self._loaded = True
        return self

    def load(self, fn: Any, prefault: Optional[bool] = None) -> "Forest":
        """Replaces items, forest and labels by a file of this machine that any
        Annoy, or scikit-plots, wrote for the same f and metric, after checking
        all of it. It is sent to the server, not mapped here.

        Args:
          fn: path.
          prefault: whether the server reads it in before it answers; None: as the
            parameter says.

        Returns:
          self.

        Raises:
          RuntimeError: not initialized.
          FileNotFoundError: no such file.
          OSError: it does not pass the checks; the index is as it was.
        """
        self._require_live()
        path = os.fsdecode(fn)
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        if not os.path.isfile(path):
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        self._create()
        transfer.upload_file(self._remote, path, self._metric or "", self._f)
        self._became_loaded(prefault)
        return self

    def on_disk_build(self, fn: Any) -> "Forest":
        """Has builds written to `fn`, complete or not at all. Returns self.

        Raises:
          RuntimeError: f or metric is not known.
          OSError: no file can be written there.
        """
        self._require_live()
        path = parameters.check_path(fn, "fn")
        if path is None:
            raise ValueError("fn is empty; it must be a path")
        self.on_disk_path = path
        return self

    def _write_on_disk(self) -> None:
        if self._on_disk_active and self._on_disk_path and not self._is_empty():
            transfer.download_file(self._remote, self._on_disk_path)

    def _became_loaded(self, prefault: Optional[bool]) -> None:
        if self._prefault if prefault is None else prefault:
            self._remote.prefault()
        self._built = self._loaded = True
        self._empty_trees = None
        self._y_map = None
        self._feature_names = None

    # Queries.

    def get_nns_by_item(
        self,
        i: int,
        n: Optional[int] = None,
        search_k: int = -1,
        include_distances: bool = False,
    ) -> Neighbours:
        """Neighbours of an item: normally itself first.

        Args:
          i: id; one below n_items that nobody added asks for the zero vector.
          n: how many; None: n_neighbors.
          search_k: candidates to inspect; -1: n times the trees.
          include_distances: return distances too.

        Returns:
          ids, nearest first; with distances (ids, distances).

        Raises:
          RuntimeError: not built.
          ValueError: n <= 0, search_k < -1, or a negative i.
          IndexError: i >= n_items.
        """
        self._require_built()
        i = _item_id(i)
        if i > LARGEST_ID or self._is_empty():
            raise errors.NoSuchItem(f"item id is {i}; the index has no such item")
        return self._neighbours(queries.item_query(i), n, search_k, include_distances)

    def get_nns_by_vector(
        self,
        vector: Any,
        n: Optional[int] = None,
        search_k: int = -1,
        include_distances: bool = False,
    ) -> Neighbours:
        """Neighbours of a vector of f numbers; else as get_nns_by_item.

        Raises:
          RuntimeError: not built.
          ValueError: wrong length; NaN or infinity; n or search_k as above.
          TypeError: not numbers.
        """
        self._require_built()
        return self._neighbours(self._question(vector), n, search_k, include_distances)

    def _question(self, vector: Any) -> index_service_pb2.Query:
        row = vectors.to_row(vector)
        if row.size != self._f:
            raise ValueError(
                f"vector has {row.size} components; it must have {self._f}"
            )
        vectors.check_row(row, self._metric or "")
        return queries.vector_query(row)

    def _bounds(self, n: Any, search_k: Any) -> Optional[Tuple[int, int]]:
        self._require_built()
        n = self._n_neighbors if n is None else operator.index(n)
        if n <= 0:
            raise ValueError(f"n is {n}; it must be above 0")
        search_k = parameters.check_search_k(search_k)
        if search_k == 0 or self._is_empty():
            return None
        return n, min(search_k, queries.LARGEST_SEARCH_K)

    def get_item_vector(self, i: int) -> List[float]:
        """The f components of an item; zeros for an id nobody added.

        Raises:
          RuntimeError: not initialized.
          IndexError: no such id.
        """
        self._check_id(i)
        components: List[float] = self._remote.vectors([i])[0].tolist()
        return components

    get_item = get_item_vector

    def get_distance(self, i: int, j: int) -> float:
        """The distance between two items, as queries give it.

        Raises:
          RuntimeError: not initialized.
          IndexError: no such id.
        """
        self._check_id(i)
        self._check_id(j)
        return distances.between_items(self._remote, i, j)

    def get_n_items(self) -> int:
        """Largest id plus one. RuntimeError if not initialized."""
        self._require_live()
        return self._remote.n_items()

    def get_n_trees(self) -> int:
        """Trees of the forest; 0 before build. RuntimeError if not initialized."""
        self._require_live()
        if not self._built:
            return 0
        if self._is_empty():
            return self._empty_trees or 0
        return int(self._remote.info().tree_count)

    def __len__(self) -> int:
        return self._remote.n_items()

    def _check_id(self, i: Any) -> None:
        self._require_live()
        i = _item_id(i)
        if i > LARGEST_ID or not self._remote.exists:
            raise errors.NoSuchItem(f"item id is {i}; the index has no such item")
