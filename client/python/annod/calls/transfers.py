"""Whole indexes, out and in."""

from typing import Any, Callable, Iterable, Iterator, Optional

from annod import errors
from annod.calls import indexes
from annod.calls.steps import Steps, admin
from annod.metrics import canonical_metric, metric_to_proto
from annod.results import IndexInfo
from annod.v1 import admin_service_pb2

CHUNK_BYTES = 1 << 20

_FORMATS = {
    "native": admin_service_pb2.SERIALIZE_FORMAT_NATIVE,
    "native_blob": admin_service_pb2.SERIALIZE_FORMAT_NATIVE_BLOB,
    "portable": admin_service_pb2.SERIALIZE_FORMAT_PORTABLE,
    "canonical": admin_service_pb2.SERIALIZE_FORMAT_CANONICAL,
}


def format_number(name: Optional[str]) -> "admin_service_pb2.SerializeFormat":
    """Number of a format: "native", "native_blob", "portable" or "canonical"; None
    is told from the bytes when read.

    Raises:
      ValueError: no format has that name.
    """
    if name is None:
        return admin_service_pb2.SERIALIZE_FORMAT_UNSPECIFIED
    if name not in _FORMATS:
        raise ValueError(f"format is {name!r}; it must be one of {', '.join(_FORMATS)}")
    return _FORMATS[name]


def serialize(
    name: str,
    number: "admin_service_pb2.SerializeFormat",
    fill_holes: bool,
    on_chunk: Callable[[bytes], Any],
    on_begin: Callable[[], Any],
) -> Steps[int]:
    """Gives `on_chunk` the bytes; returns how many. `on_begin` is called before
    each attempt, of which the last one's bytes count."""
    request = admin_service_pb2.SerializeRequest(
        index=name, format=number, chunk_bytes=CHUNK_BYTES, fill_holes=fill_holes
    )
    received = 0

    def begin() -> None:
        nonlocal received
        received = 0
        on_begin()

    def take(message: Any) -> None:
        nonlocal received
        received += len(message.chunk)
        on_chunk(message.chunk)

    last = yield admin(
        "Serialize", request, on_message=take, begin=begin, limited=False
    )
    total = 0 if last is None else last.total_bytes
    if received != total:
        raise errors.BadFile(f"received {received} bytes of {total} of {name}")
    return received


def deserialize(
    name: str,
    chunks: Callable[[], Iterable[bytes]],
    number: "admin_service_pb2.SerializeFormat",
    metric: Optional[str],
    dimension: int,
) -> Steps[IndexInfo]:
    kind = metric_to_proto(None if metric is None else canonical_metric(metric))

    def requests() -> Iterator[admin_service_pb2.DeserializeRequest]:
        yield admin_service_pb2.DeserializeRequest(
            index=name, format=number, metric=kind, dimension=dimension
        )
        for chunk in chunks():
            yield admin_service_pb2.DeserializeRequest(chunk=chunk)

    answer = yield admin("Deserialize", requests, limited=False)
    return indexes.info_of(answer.info)
