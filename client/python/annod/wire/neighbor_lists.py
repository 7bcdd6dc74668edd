"""The answers of GetNns in bulk: numpy reads their bytes.

A NeighborList is its ids as varints in one field, its distances as floats in another.
Taking them out of protobuf's containers one by one costs some ten times as much as
finding the fields and reading all varints of a batch at once. What is not as the
server writes it today is left to protobuf, field by field.
"""

from typing import Any, Dict, List, Tuple

import numpy as np
import numpy.typing as npt

from annod.v1 import index_service_pb2

# Tags: 8 * number + kind. GetNnsResponse.results; of a NeighborList ids, distances,
# labels, truncated and vectors.
_RESULTS = 0x0A
_IDS = 0x0A
_DISTANCES = 0x12
_LABELS = 0x1A
_TRUNCATED = 0x20
_VECTORS = 0x2A


class Answers:
    """The NeighborLists of one or more GetNnsResponses, in order.

    Attributes:
      responses: the messages without their results: version, engine, cost, ...
      sizes: how many neighbours each list has: int64, shape (m,).
    """

    def __init__(self, responses: List[bytes]):
        self.responses: List[index_service_pb2.GetNnsResponse] = []
        self._ids: List[bytes] = []
        self._distances: List[bytes] = []
        # Labels and vectors by list, of those that have any.
        self._labels: Dict[int, List[str]] = {}
        self._vectors: Dict[int, bytes] = {}
        for data in responses:
            self._read(data)
        self._flat, ends = _varints(b"".join(self._ids))
        lengths = [len(field) for field in self._distances]
        if sum(lengths) == 4 * len(ends):
            self.sizes = np.array(lengths, dtype=np.int64) >> 2
        else:
            # Answers without distances.
            bounds = np.cumsum([len(field) for field in self._ids], dtype=np.int64)
            self.sizes = np.diff(ends.searchsorted(bounds), prepend=0)

    def labels(self) -> List[List[str]]:
        """Labels of each list."""
        return [self._labels.get(number, []) for number in range(len(self.sizes))]

    def ids(self, n: int) -> "npt.NDArray[np.int32]":
        """int32, shape (m, n), -1 beyond a list's end."""
        made: "npt.NDArray[np.int32]" = self._table(self._flat, n, -1)
        return made

    def distances(self, n: int) -> "npt.NDArray[np.float32]":
        """float32, shape (m, n), NaN beyond a list's end."""
        flat = np.frombuffer(bytearray().join(self._distances), dtype="<f4")
        made: "npt.NDArray[np.float32]" = self._table(flat, n, np.nan)
        return made

    def vectors(self, n: int, f: int) -> "npt.NDArray[np.float32]":
        """float32, shape (m, n, f), NaN beyond a list's end."""
        # Of a bytearray, so that the array may be written to.
        flat = np.frombuffer(bytearray().join(self._vectors.values()), dtype="<f4")
        made: "npt.NDArray[np.float32]" = self._table(flat.reshape(-1, f), n, np.nan)
        return made

    def _table(self, flat: Any, n: int, fill: float) -> Any:
        shape = (len(self.sizes), n, *flat.shape[1:])
        if len(flat) == shape[0] * n:
            return flat.reshape(shape)
        made = np.full(shape, fill, dtype=flat.dtype)
        made[np.arange(n) < self.sizes[:, None]] = flat
        return made

    def _read(self, data: bytes) -> None:
        """The results come first, as protobuf writes them; then the rest."""
        add_ids, add_distances = self._ids.append, self._distances.append
        place, whole = 0, len(data)
        while place < whole and data[place] == _RESULTS:
            size, place = data[place + 1], place + 2
            if size > 127:
                size, place = _varint(data, place - 1)
            end = place + size
            if size > 3 and data[place] == _IDS and data[place + 1] < 128:
                middle = place + 2 + data[place + 1]
                # Ids and distances and no more, of less than 128 bytes, as most are.
                if (
                    middle + 1 < end
                    and data[middle] == _DISTANCES
                    and data[middle + 1] < 128
                    and middle + 2 + data[middle + 1] == end
                ):
                    add_ids(data[place + 2 : middle])
                    add_distances(data[middle + 2 : end])
                    place = end
                    continue
            self._read_list(data, place, end)
            place = end
        rest = index_service_pb2.GetNnsResponse()
        rest.ParseFromString(data[place:])
        for result in rest.results:
            self._take(result)
        del rest.results[:]
        self.responses.append(rest)

    def _read_list(self, data: bytes, place: int, end: int) -> None:
        begin = place
        ids = distances = vectors = b""
        labels: List[str] = []
        while place < end:
            tag = data[place]
            size, start = _varint(data, place + 1)
            place = start + size
            if tag == _IDS and not ids:
                ids = data[start:place]
            elif tag == _DISTANCES and not distances:
                distances = data[start:place]
            elif tag == _LABELS:
                labels.append(data[start:place].decode())
            elif tag == _VECTORS:
                vectors = data[start:place]
            elif tag == _TRUNCATED:
                place = start
            else:
                result = index_service_pb2.NeighborList()
                result.ParseFromString(data[begin:end])
                self._take(result)
                return
        self._add(ids, distances, labels, vectors)

    def _take(self, result: index_service_pb2.NeighborList) -> None:
        self._add(
            b"".join(varint(item) for item in result.ids),
            np.array(result.distances, dtype="<f4").tobytes(),
            list(result.labels),
            result.vectors,
        )

    def _add(
        self, ids: bytes, distances: bytes, labels: List[str], vectors: bytes
    ) -> None:
        number = len(self._ids)
        self._ids.append(ids)
        self._distances.append(distances)
        if labels:
            self._labels[number] = labels
        if vectors:
            self._vectors[number] = vectors


def varint(number: int) -> bytes:
    """A number >= 0 as protobuf writes it: seven bits a byte, the lowest first."""
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)


def unwrapped(data: bytes) -> bytes:
    """The GetNnsResponse of a GetNnsStreamResponse, whose only field it is."""
    if data and data[0] == _RESULTS:
        size, start = _varint(data, 1)
        if start + size == len(data):
            return data[start:]
    message = index_service_pb2.GetNnsStreamResponse()
    message.ParseFromString(data)
    response: bytes = message.response.SerializeToString()
    return response


def _varint(data: bytes, place: int) -> Tuple[int, int]:
    """A varint, and the place behind it."""
    number = data[place]
    place += 1
    if number < 128:
        return number, place
    number &= 127
    shift = 7
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7


def _varints(data: bytes) -> Tuple["npt.NDArray[np.int32]", "npt.NDArray[np.int64]"]:
    """All varints of bytes, and the places of their last ones."""
    parts = np.frombuffer(data, dtype=np.uint8)
    ends = (parts < 128).nonzero()[0]
    if not ends.size:
        return np.zeros(0, dtype=np.int32), ends
    starts = np.empty_like(ends)
    starts[0] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    # Seven bits more for every byte further in its number.
    shifts = np.arange(parts.size, dtype=np.int32)
    shifts -= starts.repeat(ends - starts + 1)
    shifts *= 7
    bits = (parts & 127).astype(np.int32)
    return np.add.reduceat(bits << shifts, starts, dtype=np.int32), ends
