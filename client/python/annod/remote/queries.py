"""Asking a server for neighbours."""

import itertools
from typing import Any, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np

from annod import errors, vectors
from annod.client.stream import Stream
from annod.remote.index import RemoteIndex
from annod.v1 import index_service_pb2, types_pb2

LARGEST_SEARCH_K = 2**31 - 1

# Ids, or ids and distances.
Neighbours = Union[List[int], Tuple[List[int], List[float]]]

# A server's default limits of one call: neighbours of a query, queries. What a
# call carries and what its answer may weigh is kept far below 64 MiB.
_MOST_NEIGHBOURS = 10000
_MOST_QUERIES = 1024
_CALL_BYTES = 8 << 20

# Of a stream: queries of a request, requests sent ahead of their answers, as many
# as a server takes.
_STREAM_QUERIES = 32
_STREAM_WINDOW = 16


def item_query(item: int) -> index_service_pb2.Query:
    """A query by a stored item."""
    return index_service_pb2.Query(item=item)


def vector_query(row: vectors.FloatArray) -> index_service_pb2.Query:
    """A query by a vector: float32, shape (f,)."""
    return index_service_pb2.Query(vector_bytes=vectors.to_bytes(row))


def neighbours(
    remote: RemoteIndex,
    queries: Sequence[index_service_pb2.Query],
    n: int,
    search_k: int = -1,
    **options: Any,
) -> List[index_service_pb2.NeighborList]:
    """Neighbours of each query, in as few calls as limits allow.

    Args:
      remote: the index.
      queries: any number. One by an item that is a hole (an id below n_items
        that nobody added) asks for the zero vector, as in Annoy.
      n: neighbours of each, >= 1.
      search_k: as in Annoy: -1 for n times the trees.
      options: further fields of GetNnsRequest.

    Raises:
      errors.NoSuchItem: an item at or above n_items.
      errors.AnnodError: the server refused.
    """
    remote.flush()
    request = _request(remote, n, search_k, **options)
    step = _queries_of_a_call(remote, request)
    results: List[index_service_pb2.NeighborList] = []
    for start in range(0, len(queries), step):
        del request.queries[:]
        request.queries.extend(queries[start : start + step])
        results.extend(_ask(remote, request))
    return results


def stream(
    remote: RemoteIndex,
    queries: Iterable[index_service_pb2.Query],
    n: int,
    search_k: int,
    include_distances: bool,
    timeout: Optional[float],
) -> Iterator[Neighbours]:
    """As neighbours_of_one(), of each query, which are read as they are sent: some
    hundreds before their answers are taken.

    Args:
      timeout: seconds for all of it; None: no limit.
    """
    remote.flush()
    request = _request(
        remote,
        n,
        search_k,
        include_distances=include_distances,
        engine=types_pb2.ENGINE_FOREST,
    )
    step = min(_STREAM_QUERIES, _queries_of_a_call(remote, request))
    source = iter(queries)
    with Stream(remote.connection, timeout) as sent:
        while True:
            part = list(itertools.islice(source, step))
            if part:
                asked = index_service_pb2.GetNnsRequest()
                asked.CopyFrom(request)
                asked.queries.extend(part)
                sent.send(asked.SerializeToString())
            elif not len(sent):
                return
            if len(sent) == _STREAM_WINDOW or not part:
                message = index_service_pb2.GetNnsResponse()
                message.ParseFromString(sent.next_answer())
                for answer in message.results:
                    yield _plain(answer, include_distances)


def neighbours_of_one(
    remote: RemoteIndex,
    query: index_service_pb2.Query,
    n: int,
    search_k: int,
    include_distances: bool,
) -> Neighbours:
    """As neighbours(), of one query and by Annoy's own search, whatever the server
    would choose: what Annoy answers from the same forest.

    Returns:
      Ids, or a pair of ids and distances.
    """
    answer = neighbours(
        remote,
        [query],
        n,
        search_k,
        include_distances=include_distances,
        engine=types_pb2.ENGINE_FOREST,
    )[0]
    return _plain(answer, include_distances)


def _plain(
    answer: index_service_pb2.NeighborList, include_distances: bool
) -> Neighbours:
    ids = list(answer.ids)
    return (ids, list(answer.distances)) if include_distances else ids


def _request(
    remote: RemoteIndex, n: int, search_k: int, **options: Any
) -> index_service_pb2.GetNnsRequest:
    if n > _MOST_NEIGHBOURS:
        # More than there are is no more than all of them, but counts for search_k.
        if search_k < 0:
            trees = max(1, remote.info().tree_count)
            search_k = min(n * trees, LARGEST_SEARCH_K)
        n = max(1, min(n, remote.n_items()))
    return index_service_pb2.GetNnsRequest(
        index=remote.name, n=n, search_k=search_k, **options
    )


def _queries_of_a_call(
    remote: RemoteIndex, request: index_service_pb2.GetNnsRequest
) -> int:
    answer_bytes = 16 * request.n
    if request.include_vectors:
        answer_bytes += 4 * request.n * remote.dimension
    query_bytes = 4 * remote.dimension + 16
    return max(1, min(_MOST_QUERIES, _CALL_BYTES // max(answer_bytes, query_bytes)))


def _ask(
    remote: RemoteIndex, request: index_service_pb2.GetNnsRequest
) -> Sequence[index_service_pb2.NeighborList]:
    call = remote.connection.index_service.GetNns
    try:
        results: Sequence[index_service_pb2.NeighborList]
        results = remote.connection.read(call, request).results
        return results
    except errors.NoSuchItem:
        ids = [q.item for q in request.queries if q.WhichOneof("target") == "item"]
        if not ids:
            raise
        remote.check_ids(ids)
    # Every id has a slot, but not every slot an item.
    present = remote.present(sorted(set(ids)))
    zero = vectors.to_bytes(np.zeros(remote.dimension, dtype=np.float32))
    answers: List[Optional[index_service_pb2.NeighborList]] = [None] * len(
        request.queries
    )
    for by_item in (True, False):
        places = [
            place
            for place, query in enumerate(request.queries)
            if (query.WhichOneof("target") != "item" or query.item in present)
            == by_item
        ]
        if not places:
            continue
        part = index_service_pb2.GetNnsRequest()
        part.CopyFrom(request)
        del part.queries[:]
        for place in places:
            if by_item:
                part.queries.add().CopyFrom(request.queries[place])
            else:
                part.queries.add().vector_bytes = zero
                part.exclude_self = False
        for place, answer in zip(places, remote.connection.read(call, part).results):
            answers[place] = answer
    return [answer for answer in answers if answer is not None]
