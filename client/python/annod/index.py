"""AnnoyIndex: Annoy's Python class, over a server."""

import operator
import warnings
from typing import Any, List, NoReturn, Optional, Tuple

from annod import errors, vectors
from annod.connection import connect
from annod.metrics import canonical_metric
from annod.remote import distances, queries, transfer
from annod.remote.annoy_files import AnnoyFiles
from annod.remote.index import RemoteIndex
from annod.remote.item_buffer import LARGEST_ID
from annod.remote.progress import print_progress
from annod.v1 import index_service_pb2

Neighbours = queries.Neighbours


def _item_id(i: Any) -> int:
    item = operator.index(i)
    if item < 0:
        raise IndexError(f"item id is {item}; it must not be negative")
    if item > LARGEST_ID:
        raise IndexError(f"item id is {item}; it must be at most {LARGEST_ID}")
    return item


class AnnoyIndex(AnnoyFiles):
    """Annoy's `AnnoyIndex`: the same names, arguments, answers and exceptions.

    The items lie on an annod server, in an index that is dropped when this
    object is closed, unloaded, collected or the program ends; or, with `index`,
    in one that stays and that others can use, and that takes items while it is
    built: queries find them after the next build.

        t = AnnoyIndex(40, "angular")
        t.add_item(0, vector)
        t.build(10)
        t.save("test.ann")

    Where it differs from Annoy, and why: client/python/README.md.

    Not safe for several threads while items are added; afterwards any number
    may query.

    Args:
      f: components of a vector; 0 for that of the first vector added, or of the
        index named.
      metric: "angular", "euclidean", "manhattan", "dot" or "hamming", or an
        alias such as "cosine" or "l2".
      server: "host:port", a Connection or a Client; if None, the environment
        variable ANNOD_SERVER, else localhost:7077. No call is made before one is
        needed.
      index: name on the server of an index to use; with f or metric, one is made
        at the first item if there is none.

    Raises:
      ValueError: unknown metric; an f below 0; an index named that has another
        dimension or metric.
      errors.NoSuchIndex: (a RuntimeError) no index has that name, and neither f nor
        metric is given; and of queries, if no item was added since.
      errors.NotAnswering: (a ConnectionError) no server answers; only with `index`.
    """

    def __init__(
        self,
        f: int = 0,
        metric: Optional[str] = None,
        *,
        server: Optional[object] = None,
        index: Optional[str] = None,
    ):
        f = operator.index(f)
        if f < 0:
            raise ValueError(f"f is {f}; it must not be negative")
        if metric is None and index is None:
            warnings.warn(
                "metric is not given and will have to be: taking 'angular'",
                FutureWarning,
                stacklevel=2,
            )
        self._f = f
        self._metric = canonical_metric(metric or "angular")
        self._seed = 0
        self._verbose = False
        self._on_disk_path: Optional[str] = None
        self._built = False
        self._loaded = False
        # Trees of a forest over no items, which no server builds.
        self._empty_trees: Optional[int] = None
        self._remote = RemoteIndex(connect(server), index)
        if index is not None:
            self._open(f, metric)

    def _open(self, f: int, metric: Optional[str]) -> None:
        info = self._remote.open(f, metric and self._metric)
        if info is None and not f and metric is None:
            self._remote.check_exists()
        if info is not None:
            self._f = self._remote.dimension
            self._metric = self._remote.metric or self._metric
            self._built = info.version > 0
            self._loaded = bool(info.attached_path)

    @property
    def f(self) -> int:
        """Components of a vector; 0 while unknown."""
        return self._f

    @property
    def metric(self) -> str:
        """Canonical name of the metric."""
        return self._metric

    # Items and builds.

    def add_item(self, i: int, vector: Any) -> None:
        """Adds or replaces an item.

        Args:
          i: id, >= 0. Memory is used for every id up to the largest.
          vector: f numbers; copied as float32.

        Raises:
          IndexError: negative id, or a vector of another length.
          TypeError: not numbers.
          ValueError: NaN, infinity, or a length beyond 9e18 or below 1e-18; for
            hamming a component other than 0 and 1.
          Exception: the index is loaded; or built, and not one with a name.
        """
        self._remote.check_open()
        if self._loaded:
            raise Exception("a loaded index takes no items")
        if self._built and self._remote.temporary:
            raise Exception("a built index takes no items: unbuild it first")
        i = _item_id(i)
        row = vectors.to_row(vector)
        if row.size == 0:
            raise IndexError("vector has no components")
        if self._f:
            self._check_length(row)
        vectors.check_row(row, self._metric)
        self._remote.create(row.size, self._metric)
        self._f = row.size
        self._remote.add(i, row)

    def build(self, n_trees: int, n_jobs: int = -1) -> bool:
        """Builds the forest, after which no items are taken and queries answered.

        Args:
          n_trees: trees: more find more and take more memory; -1: as many as fit
            in twice the nodes of the items.
          n_jobs: threads of the server, -1: all its cores. Does not change the
            result.

        Returns:
          True.

        Raises:
          ValueError: n_trees or n_jobs is 0 or below -1.
          Exception: the index is loaded; or built, and not one with a name.
        """
        self._remote.check_open()
        n_trees, n_jobs = operator.index(n_trees), operator.index(n_jobs)
        if self._loaded:
            raise Exception("a loaded index cannot be built")
        if self._built and self._remote.temporary:
            raise Exception("a built index cannot be built: unbuild it first")
        for name, value in (("n_trees", n_trees), ("n_jobs", n_jobs)):
            if value == 0 or value < -1:
                raise ValueError(f"{name} is {value}; it must be -1 or above 0")
        if self._remote.n_items() == 0:
            self._empty_trees = max(0, n_trees)
        else:
            self._remote.build(
                n_trees, n_jobs, self._seed, print_progress if self._verbose else None
            )
        self._built = True
        if self._on_disk_path is not None and not self._empty():
            transfer.download_file(self._remote, self._on_disk_path)
        return True

    def unbuild(self) -> bool:
        """Forgets the forest, keeps the items, and takes items again.

        Returns:
          True.

        Raises:
          Exception: the index is loaded.
        """
        self._remote.check_open()
        if self._loaded:
            raise Exception("a loaded index cannot be unbuilt")
        if self._built and not self._empty():
            self._remote.unbuild()
        self._built = False
        self._empty_trees = None
        return True

    def set_seed(self, seed: int) -> None:
        """Sets the seed of the next build; 0 for the default.

        Raises:
          OverflowError: outside [-2^63, 2^64 - 1].
        """
        seed = operator.index(seed)
        if not -(2**63) <= seed < 2**64:
            raise OverflowError(f"seed is {seed}; it must fit 64 bits")
        self._seed = seed % 2**64

    def verbose(self, v: bool) -> bool:
        """Whether builds print their progress to standard error. Returns True."""
        self._verbose = bool(v)
        return True

    def close(self) -> None:
        """Drops the server's index if it is temporary; one that was named stays.
        Every use of this object after that raises errors.Closed, a RuntimeError."""
        self._remote.close()

    def __enter__(self) -> "AnnoyIndex":
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    # Queries.

    def get_nns_by_item(
        self, i: int, n: int, search_k: int = -1, include_distances: bool = False
    ) -> Neighbours:
        """Neighbours of an item: normally itself first.

        Args:
          i: id.
          n: how many.
          search_k: candidates to inspect; -1: n times the trees.
          include_distances: return distances too.

        Returns:
          ids, nearest first; with distances (ids, distances). Empty before build.

        Raises:
          IndexError: no such id.
          ValueError: a negative n.
        """
        self._remote.check_exists()
        i = _item_id(i)
        n_items = None if self._built and not self._empty() else self._remote.n_items()
        if n_items is not None and i >= n_items:
            raise IndexError(f"item id is {i}; the index has ids below {n_items}")
        return self._neighbours(queries.item_query(i), n, search_k, include_distances)

    def get_nns_by_vector(
        self,
        vector: Any,
        n: int,
        search_k: int = -1,
        include_distances: bool = False,
    ) -> Neighbours:
        """Neighbours of a vector of f numbers; else as get_nns_by_item.

        Raises:
          IndexError: a vector of another length.
          ValueError: a negative n; NaN or infinity.
        """
        self._remote.check_exists()
        return self._neighbours(self._question(vector), n, search_k, include_distances)

    def get_item_vector(self, i: int) -> List[float]:
        """The f components of an item, as stored; zeros for an id nobody added.

        Raises:
          IndexError: no such id.
        """
        i = operator.index(i)
        self._check_ids(i)
        components: List[float] = self._remote.vectors([i])[0].tolist()
        return components

    def get_distance(self, i: int, j: int) -> float:
        """The distance between two items, as queries give it.

        Raises:
          IndexError: no such id.
        """
        i, j = operator.index(i), operator.index(j)
        self._check_ids(i, j)
        return distances.between_items(self._remote, i, j)

    def get_n_items(self) -> int:
        """Largest id plus one."""
        return self._remote.n_items()

    def get_n_trees(self) -> int:
        """Trees of the forest; 0 before build."""
        self._remote.check_open()
        if not self._built:
            return 0
        return self._empty_trees or (0 if self._empty() else self._tree_count())

    def __len__(self) -> int:
        return self.get_n_items()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an AnnoyIndex is on a server and cannot be pickled or copied: save() it,"
            " or give it a name (index=) and open that where it is needed"
        )

    def __repr__(self) -> str:
        return (
            f"AnnoyIndex(f={self._f}, metric={self._metric!r},"
            f" index={self._remote.name!r}, server={self._remote.connection.address!r})"
        )

    def _question(self, vector: Any) -> index_service_pb2.Query:
        row = vectors.to_row(vector)
        self._check_length(row)
        vectors.check_row(row, self._metric)
        return queries.vector_query(row)

    def _bounds(self, n: Any, search_k: Any) -> Optional[Tuple[int, int]]:
        n, search_k = operator.index(n), operator.index(search_k)
        if n < 0:
            raise ValueError(f"n is {n}; it must not be negative")
        if n == 0 or search_k == 0 or not self._built or self._empty():
            return None
        if search_k < -1 or search_k > queries.LARGEST_SEARCH_K:
            search_k = queries.LARGEST_SEARCH_K
        return n, search_k

    def _tree_count(self) -> int:
        return int(self._remote.info().tree_count)

    def _check_length(self, row: Any) -> None:
        if row.size != self._f:
            raise IndexError(
                f"vector has {row.size} components; it must have {self._f}"
            )

    def _check_ids(self, *ids: int) -> None:
        for i in ids:
            _item_id(i)
        self._remote.check_exists()
        if not self._remote.exists:
            raise errors.NoSuchItem(f"item id is {max(ids)}; the index has no items")
