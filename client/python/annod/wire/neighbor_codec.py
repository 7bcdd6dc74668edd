"""GetNns in bulk: numpy writes the queries' bytes.

A message is a sequence of fields, each a tag (8 * number + kind) and a value;
kind 2 is a length and so many bytes. Every query of a block has the same length,
so that a block of them is one array: its bytes are copied once.
"""

import numpy as np
import numpy.typing as npt

from annod.wire.neighbor_lists import varint

# Kind 2 fields: GetNnsRequest.queries, Query.vector_bytes, GetNnsStreamRequest.request.
_QUERIES = b"\x12"
_VECTOR_BYTES = b"\x22"
_STREAMED = b"\x0a"


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
