"""GetNns in bulk: numpy writes the queries' bytes and reads the answers'.

A message is a sequence of fields, each a tag (8 * number + kind) and a value;
kind 2 is a length and so many bytes. Every query of a block has the same length,
so that a block of them is one array: its bytes are copied once.
"""

from typing import Any, List

import numpy as np
import numpy.typing as npt

from annod.v1 import index_service_pb2

# Kind 2 fields: GetNnsRequest.queries, Query.vector_bytes, GetNnsStreamRequest.request.
_QUERIES = b"\x12"
_VECTOR_BYTES = b"\x22"
_STREAMED = b"\x0a"


def varint(number: int) -> bytes:
    """A number >= 0 as protobuf writes it: seven bits a byte, the lowest first."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)


def query_bytes(rows: "npt.NDArray[np.float32]") -> bytes:
    """The field `queries` of a GetNnsRequest.

    Args:
      rows: float32, shape (m, f).
    """
    count, f = rows.shape
    inner = _VECTOR_BYTES + varint(4 * f)
    head = _QUERIES + varint(len(inner) + 4 * f) + inner
    made = np.empty((count, len(head) + 4 * f), dtype=np.uint8)
    made[:, : len(head)] = np.frombuffer(head, dtype=np.uint8)
    data = np.ascontiguousarray(rows, dtype="<f4")
    made[:, len(head) :] = data.view(np.uint8).reshape(count, 4 * f)
    return made.tobytes()


def streamed(request: bytes) -> bytes:
    """A GetNnsStreamRequest of a GetNnsRequest."""
    return _STREAMED + varint(len(request)) + request


def ids_of(results: Any, sizes: List[int], n: int) -> "npt.NDArray[np.int32]":
    """Ids of NeighborLists.

    Args:
      sizes: how many each has, at most n.

    Returns:
      int32, shape (m, n), -1 beyond a list's end.
    """
    made: "npt.NDArray[np.int32]"
    made = _table([result.ids for result in results], sizes, n, -1, np.int32)
    return made


def distances_of(
    results: Any, sizes: List[int], n: int
) -> "npt.NDArray[np.float32]":
    """Distances of NeighborLists: float32, shape (m, n), NaN beyond a list's end."""
    made: "npt.NDArray[np.float32]"
    made = _table([result.distances for result in results], sizes, n, np.nan, np.float32)
    return made


def vectors_of(
    results: Any, sizes: List[int], n: int, f: int
) -> "npt.NDArray[np.float32]":
    """Vectors of NeighborLists: float32, shape (m, n, f), NaN beyond a list's end."""
    if sizes.count(n) == len(sizes):
        data = b"".join(result.vectors for result in results)
        return np.frombuffer(data, dtype="<f4").reshape(len(sizes), n, f)
    made = np.full((len(sizes), n, f), np.nan, dtype=np.float32)
    for row, result in enumerate(results):
        found = np.frombuffer(result.vectors, dtype="<f4").reshape(-1, f)
        made[row, : len(found)] = found
    return made


def _table(lists: List[Any], sizes: List[int], n: int, fill: float, kind: Any) -> Any:
    flat: List[Any] = []
    for values in lists:
        flat += values
    if sizes.count(n) == len(sizes):
        return np.array(flat, dtype=kind).reshape(len(lists), n)
    made = np.full((len(lists), n), fill, dtype=kind)
    made[np.arange(n) < np.array(sizes)[:, None]] = flat
    return made


def parse_response(data: bytes) -> index_service_pb2.GetNnsResponse:
    """A GetNnsResponse."""
    made = index_service_pb2.GetNnsResponse()
    made.ParseFromString(data)
    return made


def parse_streamed(data: bytes) -> index_service_pb2.GetNnsResponse:
    """The GetNnsResponse of a GetNnsStreamResponse."""
    made = index_service_pb2.GetNnsStreamResponse()
    made.ParseFromString(data)
    return made.response
