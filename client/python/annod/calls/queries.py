"""Asking for neighbours: options, requests in bulk, answers as arrays."""

import dataclasses
import time
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np
import numpy.typing as npt

from annod import labels, vectors
from annod.calls import indexes
from annod.calls.items import blocks_of, check_ids
from annod.calls.steps import Call, Steps, make_message
from annod.results import Cost, IndexInfo, Neighbors
from annod.v1 import index_service_pb2, types_pb2
from annod.wire import neighbor_codec
from annod.wire.neighbor_lists import Answers

_ENGINES = {
    "auto": types_pb2.ENGINE_AUTO,
    "forest": types_pb2.ENGINE_FOREST,
    "graph": types_pb2.ENGINE_GRAPH,
    "exact": types_pb2.ENGINE_EXACT,
}
_ENGINE_NAMES = {number: name for name, number in _ENGINES.items()}

_LARGEST_N = 2**31 - 1

# A server's default limits of one call: queries. What a call carries and what its
# answer may weigh is kept far below 64 MiB.
_MOST_QUERIES = 1024
_CALL_BYTES = 8 << 20
_MOST_STREAM_ROWS = 1024

# More neighbours than that are work enough for a message.
_MOST_SHARED_N = 1000

# What is known about an index is believed for so long; a query that fails for it
# is made again with what is known then.
_BELIEVED_SECONDS = 10.0

# Requests of a stream sent ahead of their answers, as many as a server takes.
STREAM_WINDOW = 16


class Options(NamedTuple):
    """Everything that a query says beside its vector; Client.query has the words."""

    n: Optional[int] = None
    engine: str = "auto"
    search_k: Optional[int] = None
    beam: Optional[int] = None
    min_recall: Optional[float] = None
    include_distances: bool = True
    include_labels: bool = False
    include_vectors: bool = False
    include_cost: bool = False
    include_staged: bool = False
    exclude_self: bool = False
    exclude_items: Optional[Iterable[int]] = None
    allow_items: Optional[Iterable[int]] = None
    max_distance: Optional[float] = None
    label_fill: Any = None
    strict: bool = False
    missing_value: Optional[float] = None
    version: Optional[int] = None


class Shapes:
    """What a client knows about the indexes it asks: dimension, metric, names."""

    def __init__(self) -> None:
        self._known: Dict[str, Tuple[float, IndexInfo]] = {}
        self._asked: Dict[str, "Asking"] = {}

    def of(self, name: str) -> Optional[IndexInfo]:
        """What is known, if it is fresh."""
        entry = self._known.get(name)
        if entry is None or time.monotonic() - entry[0] > _BELIEVED_SECONDS:
            return None
        return entry[1]

    def learn(self, name: str) -> Steps[IndexInfo]:
        """Asks the server."""
        found = yield from indexes.info(name)
        self._known[name] = (time.monotonic(), found)
        return found

    def prepared(self, name: str, options: "Options", found: IndexInfo) -> "Asking":
        """prepare(); who asks the same way again finds it done."""
        asking = self._asked.get(name)
        if asking is not None and asking.found is found and _alike(asking, options):
            return asking
        asking = self._asked[name] = prepare(name, options, found)
        return asking


@dataclasses.dataclass
class Asking:
    """A query's options made ready for requests to one index.

    Attributes:
      head: bytes of the GetNnsRequest without its queries.
      n: neighbours of a query.
    """

    head: bytes
    n: int
    dimension: int
    metric: str
    names: Optional[Tuple[str, ...]]
    options: Options
    found: IndexInfo

    def rows(self, X: Any) -> "npt.NDArray[np.float32]":
        """Query vectors as float32 rows, checked."""
        if (
            type(X) is np.ndarray
            and X.dtype == np.float32
            and X.ndim == 2
            and X.shape[0] > 0
            and X.shape[1] == self.dimension
            and X.flags.c_contiguous
        ):
            vectors.check_rows(X, self.metric)
            return X
        X = vectors.as_rows(X)
        if vectors.has_no_rows(X):
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows = vectors.rows_of(
            X, self.dimension, self.options.missing_value, self.names
        )
        vectors.check_rows(rows, self.metric)
        return rows

    @property
    def alike(self) -> bool:
        """Whether answers are the same beside those to others with this head."""
        options = self.options
        return (
            self.n <= _MOST_SHARED_N
            and not options.strict
            and not options.include_cost
            and options.label_fill is None
        )

    def step(self) -> int:
        """Queries of a call."""
        answer_bytes = 16 * self.n
        if self.options.include_vectors:
            answer_bytes += 4 * self.n * self.dimension
        if self.options.include_labels:
            answer_bytes += 64 * self.n
        weight = max(answer_bytes, 4 * self.dimension + 16)
        return max(1, min(_MOST_QUERIES, _CALL_BYTES // weight))

    def neighbors(self, responses: List[bytes]) -> Neighbors:
        """Arrays of answers, from their messages' bytes."""
        options = self.options
        answers = Answers(responses)
        first = answers.responses[0]
        # The default may have been changed by somebody.
        n = max(self.n, int(answers.sizes.max(initial=0)))
        made_labels = made_vectors = distances = cost = None
        if options.include_distances:
            distances = answers.distances(n)
        if options.include_vectors:
            made_vectors = answers.vectors(n, self.dimension)
        if options.include_labels:
            fill = options.label_fill
            made_labels = [
                [labels.decode(text) if text else fill for text in texts]
                for texts in answers.labels()
            ]
        if options.include_cost:
            costs = [response.cost for response in answers.responses]
            cost = Cost(
                sum(cost.node_count for cost in costs),
                sum(cost.distance_count for cost in costs),
                sum(cost.search_us for cost in costs),
            )
        return Neighbors(
            ids=answers.ids(n),
            counts=answers.sizes.astype(np.int32),
            distances=distances,
            labels=made_labels,
            vectors=made_vectors,
            version=first.version,
            engine=_ENGINE_NAMES.get(first.engine, ""),
            search_k=first.search_k,
            beam=first.beam,
            cost=cost,
        )

    def nothing(self) -> Neighbors:
        """The answer to no queries."""
        options = self.options
        return Neighbors(
            ids=np.empty((0, self.n), dtype=np.int32),
            counts=np.empty(0, dtype=np.int32),
            distances=np.empty((0, self.n), dtype=np.float32)
            if options.include_distances
            else None,
            vectors=np.empty((0, self.n, self.dimension), dtype=np.float32)
            if options.include_vectors
            else None,
            labels=[] if options.include_labels else None,
            cost=Cost(0, 0, 0) if options.include_cost else None,
        )


@dataclasses.dataclass
class QueryCall(Call):
    """A GetNns, which may share a message with others of the same head. Its answer
    is bytes, or Neighbors.

    Attributes:
      asking: how it asks.
      queries: bytes of the request without its head.
      count: how many they are.
      alike: whether the answer is the same beside those to other queries, and
        whole.
    """

    asking: Any = None
    queries: bytes = b""
    count: int = 0
    alike: bool = False

    @property
    def head(self) -> bytes:
        """What it has in common with those that ask alike."""
        head: bytes = self.asking.head
        return head


def _alike(asking: Asking, options: Options) -> bool:
    try:
        return asking.options == options
    except ValueError:
        # A label_fill that cannot be compared, such as an array.
        return False


def prepare(name: str, options: Options, found: IndexInfo) -> Asking:
    """Options, checked and made bytes, for an index that is known."""
    if options.engine not in _ENGINES:
        raise ValueError(
            f"engine is {options.engine!r}; it must be one of {', '.join(_ENGINES)}"
        )
    allowed = (
        None
        if options.allow_items is None
        else check_ids(options.allow_items, "allow_items")
    )
    excluded = check_ids(
        () if options.exclude_items is None else options.exclude_items, "exclude_items"
    )
    n = found.default_n if options.n is None else options.n
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"n is {n!r}; it must be an integer")
    if n < 1:
        raise ValueError(f"n is {n}; it must be at least 1")
    if n > _LARGEST_N:
        raise ValueError(f"n is {n}; it must be at most {_LARGEST_N}")
    request = make_message(
        index_service_pb2.GetNnsRequest,
        index=name,
        n=0 if options.n is None else n,
        engine=_ENGINES[options.engine],
        search_k=-1 if options.search_k is None else options.search_k,
        beam=options.beam or 0,
        min_recall=options.min_recall or 0.0,
        include_distances=options.include_distances,
        include_labels=options.include_labels,
        include_vectors=options.include_vectors,
        include_cost=options.include_cost,
        include_staged=options.include_staged,
        exclude_self=options.exclude_self,
        exclude_items=excluded,
        allow_items=allowed or (),
        only_allow_items=allowed is not None,
        max_distance=options.max_distance,
        strict=options.strict,
        version=options.version or 0,
    )
    return Asking(
        request.SerializeToString(),
        n,
        found.dimension,
        found.metric or "",
        found.feature_names or None,
        options,
        found,
    )


def query(
    name: str, X: Any, items: Any, names: Any, options: Options, shapes: Shapes
) -> Steps[Neighbors]:
    given = sum(value is not None for value in (X, items, names))
    if given != 1:
        raise TypeError(f"give one of vectors, items and labels, not {given}")
    if hasattr(X, "__next__"):
        X = list(X)
    targets = None if X is not None else _targets(items, names)
    if options.exclude_items is not None or options.allow_items is not None:
        options = options._replace(
            exclude_items=_listed(options.exclude_items, "exclude_items"),
            allow_items=_listed(options.allow_items, "allow_items"),
        )
    known = shapes.of(name)
    if known is not None:
        try:
            asking = shapes.prepared(name, options, known)
            return (yield from _query(asking, X, targets))
        except ValueError:
            # It may be another index by now.
            fresh = yield from shapes.learn(name)
            if (fresh.create_time, fresh.dimension) == (
                known.create_time,
                known.dimension,
            ):
                raise
    else:
        fresh = yield from shapes.learn(name)
    return (yield from _query(shapes.prepared(name, options, fresh), X, targets))


def _listed(ids: Optional[Iterable[int]], what: str) -> Optional[List[Any]]:
    return None if ids is None else check_ids(ids, what)


def _query(
    asking: Asking, X: Any, targets: Optional[List[index_service_pb2.Query]]
) -> Steps[Neighbors]:
    rows: Any = asking.rows(X) if targets is None else targets
    if len(rows) == 0:
        return asking.nothing()
    responses = []
    step = asking.step()
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        if targets is None:
            queries = neighbor_codec.query_bytes(part)
        else:
            queries = index_service_pb2.GetNnsRequest(queries=part).SerializeToString()
        answer = yield QueryCall(
            "",
            "get_nns_bytes",
            asking.head + queries,
            asking=asking,
            queries=queries,
            count=len(part),
            alike=asking.alike and len(rows) <= step,
        )
        if isinstance(answer, Neighbors):
            return answer
        responses.append(answer)
    return asking.neighbors(responses)


def _targets(items: Any, names: Any) -> List[index_service_pb2.Query]:
    if items is not None:
        return [
            index_service_pb2.Query(item=number) for number in check_ids(items, "items")
        ]
    one = isinstance(names, str) or not hasattr(names, "__iter__")
    listed = [names] if one else names
    return [index_service_pb2.Query(label=labels.encode(label)) for label in listed]


def stream_rows(
    asking: Asking, X: Any, batch: int
) -> Iterator["npt.NDArray[np.float32]"]:
    """Rows of the requests of a stream, in order.

    Args:
      X: an array or DataFrame, or an iterable of rows or of blocks of them, which
        is read as they are needed.
    """
    batch = check_batch(batch)
    size = min(batch, asking.step(), _MOST_STREAM_ROWS)
    for block in blocks_of(X, size):
        rows = asking.rows(block)
        for start in range(0, len(rows), size):
            yield rows[start : start + size]


def check_batch(batch: int) -> int:
    """Queries of a request of a stream."""
    if not 1 <= batch <= _MOST_STREAM_ROWS:
        raise ValueError(f"batch is {batch}; it must be 1 to {_MOST_STREAM_ROWS}")
    return batch
