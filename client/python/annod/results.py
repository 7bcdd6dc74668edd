"""What a client answers."""

import dataclasses
from typing import Any, Iterator, List, Optional, Tuple

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True)
class Row:
    """The neighbours of one query, nearest first; arrays of as many as were found.

    Attributes:
      ids: int32, shape (found,).
      distances: float32, shape (found,); None if not asked for.
      labels: as stored, None for an item without one; None if not asked for.
      vectors: float32, shape (found, f); None if not asked for.
    """

    ids: npt.NDArray[np.int32]
    distances: Optional[npt.NDArray[np.float32]] = None
    labels: Optional[List[Any]] = None
    vectors: Optional[npt.NDArray[np.float32]] = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclasses.dataclass(frozen=True)
class Neighbors:
    """The neighbours of m queries: a sequence of m Rows, and whole arrays.

    Attributes:
      ids: int32, shape (m, n); -1 where fewer were found.
      counts: int32, shape (m,): how many were found.
      distances: float32, shape (m, n), NaN where fewer were found; for the metric
        "dot" inner products, descending. None if not asked for.
      labels: a list for each query, parallel to `ids` up to `counts`. None if not
        asked for.
      vectors: float32, shape (m, n, f), NaN where fewer were found. None if not
        asked for.
      version: that answered; 0 if no call was needed.
      engine: "forest", "graph" or "exact".
      search_k, beam: as they were used; 0 if the engine has none.
      cost: what it took, if asked for.
    """

    ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]
    distances: Optional[npt.NDArray[np.float32]] = None
    labels: Optional[List[List[Any]]] = None
    vectors: Optional[npt.NDArray[np.float32]] = None
    version: int = 0
    engine: str = ""
    search_k: int = 0
    beam: int = 0
    cost: Optional["Cost"] = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, query: int) -> Row:
        count = int(self.counts[query])
        return Row(
            self.ids[query, :count],
            None if self.distances is None else self.distances[query, :count],
            None if self.labels is None else self.labels[query],
            None if self.vectors is None else self.vectors[query, :count],
        )

    def __iter__(self) -> Iterator[Row]:
        return (self[query] for query in range(len(self)))

    def part(self, begin: int, end: int) -> "Neighbors":
        """The neighbours of queries `begin` to `end`, without the latter."""
        return Neighbors(
            ids=self.ids[begin:end],
            counts=self.counts[begin:end],
            distances=None if self.distances is None else self.distances[begin:end],
            labels=None if self.labels is None else self.labels[begin:end],
            vectors=None if self.vectors is None else self.vectors[begin:end],
            version=self.version,
            engine=self.engine,
            search_k=self.search_k,
            beam=self.beam,
        )


@dataclasses.dataclass(frozen=True)
class Cost:
    """What answering took: nodes visited, distances computed, microseconds."""

    node_count: int
    distance_count: int
    search_us: int


@dataclasses.dataclass(frozen=True)
class Items:
    """Stored items.

    Attributes:
      ids: int32, shape (k,).
      vectors: float32, shape (k, f).
      labels: as stored, None for an item without one.
      version: that answered; 0 if none is built.
    """

    ids: npt.NDArray[np.int32]
    vectors: npt.NDArray[np.float32]
    labels: List[Any]
    version: int = 0

    def __len__(self) -> int:
        return len(self.ids)


@dataclasses.dataclass(frozen=True)
class Removed:
    """What a removal did.

    Attributes:
      count: items that were there.
      missing_ids, missing_labels: those asked for without an item.
    """

    count: int
    missing_ids: List[int]
    missing_labels: List[Any]


@dataclasses.dataclass(frozen=True)
class BuildProgress:
    """How far a build has come.

    Attributes:
      phase: "queued", "collecting", "trees", "graph", "publishing",
        "activating" or "done".
      fraction_done: of the whole build, in [0, 1].
      seconds_left: 0.0 if not known yet.
    """

    phase: str
    fraction_done: float
    seconds_left: float
    seconds_elapsed: float
    trees_done_count: int


@dataclasses.dataclass(frozen=True)
class BuildResult:
    """A version that was built and answers queries on every worker."""

    version: int
    item_count: int
    tree_count: int
    forest_bytes: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class FitResult:
    """What fit stored and built: rows, the id of the first one, the version."""

    row_count: int
    first_id: int
    build: BuildResult


@dataclasses.dataclass(frozen=True)
class Versions:
    """The versions of an index.

    Attributes:
      served: that answers queries; 0 if none.
      newest: the one the next build starts from.
      kept: those on disk that can be activated, ascending.
    """

    served: int
    newest: int
    kept: Tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class IndexInfo:
    """Everything a server knows about an index (proto/annod/v1/types.proto says
    more about each).

    Attributes:
      name: of the index.
      dimension: components of a vector; 0 until the first item fixes it.
      metric: "angular", "euclidean", "manhattan", "dot" or "hamming".
      state: "empty", "loading", "serving" or "failed"; state_reason says why.
      version: that answers queries; 0 if none.
      item_slot_count: largest id plus one in it; item_count: items in it.
      staged_item_count: items stored since; removed_item_count: removed since.
      next_id: the id that the next item without one gets.
      recall_curve: (search_k, recall@10) as measured; beam_curve: (beam, recall@10).
      lease_seconds: of a temporary index, which the server drops at
        lease_expire_time (RFC 3339) if nobody renews its lease; 0 and "" of others.
      build: the build that runs; None if none does.
      message: the protobuf message, for what is not listed here (graph_shape).
    """

    name: str
    dimension: int
    metric: Optional[str]
    state: str
    state_reason: str
    version: int
    newest_version: int
    kept_versions: Tuple[int, ...]
    item_slot_count: int
    item_count: int
    staged_item_count: int
    removed_item_count: int
    next_id: int
    label_count: int
    tree_count: int
    forest_bytes: int
    graph_bytes: int
    staged_bytes: int
    layout: str
    seed: int
    default_n: int
    default_tree_count: int
    verbosity: int
    feature_names: Tuple[str, ...]
    allow_duplicate_labels: bool
    attached_path: str
    create_time: str
    lease_seconds: int
    lease_expire_time: str
    recall_curve: Tuple[Tuple[int, float], ...]
    beam_curve: Tuple[Tuple[int, float], ...]
    quarantined: Tuple[Tuple[int, str], ...]
    build: Optional[BuildProgress]
    message: Any = dataclasses.field(repr=False, compare=False)
