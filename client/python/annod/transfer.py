"""Whole indexes, up and down, as files and blobs."""

import contextlib
import os
import secrets
from typing import Any, Callable, Iterator, Optional

from annod import errors
from annod.metrics import metric_to_proto
from annod.remote import RemoteIndex
from annod.v1 import admin_service_pb2

FILE = admin_service_pb2.SERIALIZE_FORMAT_NATIVE
NATIVE_BLOB = admin_service_pb2.SERIALIZE_FORMAT_NATIVE_BLOB
PORTABLE = admin_service_pb2.SERIALIZE_FORMAT_PORTABLE
CANONICAL = admin_service_pb2.SERIALIZE_FORMAT_CANONICAL
UNSPECIFIED = admin_service_pb2.SERIALIZE_FORMAT_UNSPECIFIED

_CHUNK_BYTES = 1 << 20


def download(
    remote: RemoteIndex, format_number: int, fill_holes: bool = False
) -> Iterator[bytes]:
    """The index's bytes, chunk by chunk, checked to be complete.

    Raises:
      errors.AnnodError: the server refused, or the bytes are not complete.
    """
    remote.flush()
    request = admin_service_pb2.SerializeRequest(
        index=remote.name,
        format=format_number,
        chunk_bytes=_CHUNK_BYTES,
        fill_holes=fill_holes,
    )
    received = total = 0
    messages = remote.connection.admin_service.Serialize(request)
    for message in remote.connection.stream(messages):
        total = message.total_bytes
        received += len(message.chunk)
        yield message.chunk
    if received != total:
        raise errors.BadFile(f"received {received} bytes of {total} of {remote.name}")


def download_bytes(
    remote: RemoteIndex, format_number: int, fill_holes: bool = False
) -> bytes:
    """The index's bytes. Begins again if the server goes away meanwhile."""
    return remote.connection.repeat(
        lambda _: b"".join(download(remote, format_number, fill_holes))
    )


def download_file(remote: RemoteIndex, path: str) -> None:
    """Writes a native Annoy file, which appears complete or not at all.

    Raises:
      OSError: it cannot be written; what was there before still is.
      errors.AnnodError: the server refused.
    """

    def attempt(_: Optional[float]) -> None:
        directory, name = os.path.split(os.path.abspath(path))
        temporary = os.path.join(directory, f".{name}.{secrets.token_hex(4)}")
        try:
            with open(temporary, "xb") as file:
                for chunk in download(remote, FILE):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_directory(directory)

    remote.connection.repeat(attempt)


def upload_bytes(
    remote: RemoteIndex, data: bytes, format_number: int, metric: str, dimension: int
) -> admin_service_pb2.DeserializeResponse:
    """Replaces the index's items by those of a blob; makes it if there is none.

    Raises:
      errors.BadFile: the blob does not pass the server's checks; the index is
        as it was.
    """

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(data), _CHUNK_BYTES):
            yield data[start : start + _CHUNK_BYTES]

    return _upload(remote, chunks, format_number, metric, dimension)


def upload_file(
    remote: RemoteIndex, path: str, metric: str, dimension: int
) -> admin_service_pb2.DeserializeResponse:
    """Replaces the index's items by those of an Annoy file of this machine.

    Raises:
      OSError: it cannot be read.
      errors.BadFile: it does not pass the server's checks; the index is as it was.
    """
    with open(path, "rb") as file:

        def chunks() -> Iterator[bytes]:
            file.seek(0)
            return iter(lambda: file.read(_CHUNK_BYTES), b"")

        return _upload(remote, chunks, FILE, metric, dimension)


def _upload(
    remote: RemoteIndex,
    chunks: Callable[[], Iterator[bytes]],
    format_number: int,
    metric: str,
    dimension: int,
) -> Any:
    remote.flush()

    def requests() -> Iterator[admin_service_pb2.DeserializeRequest]:
        first = admin_service_pb2.DeserializeRequest(
            index=remote.name,
            format=format_number,
            metric=metric_to_proto(metric),
            dimension=dimension,
        )
        yield first
        for chunk in chunks():
            yield admin_service_pb2.DeserializeRequest(chunk=chunk)

    call = remote.connection.admin_service.Deserialize
    response = remote.connection.repeat(lambda _: call(requests()))
    remote.assume_created(response.info.dimension, metric)
    remote.discard()
    remote.staged = response.info.version == 0
    return response


def check_writable(path: str) -> None:
    """Refuses a path that no file can be written to, without touching it.

    Raises:
      OSError: saying why.
    """
    directory = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(directory):
        raise FileNotFoundError(2, "No such directory", directory)
    if os.path.isdir(path):
        raise IsADirectoryError(21, "Is a directory", path)
    if not os.access(directory, os.W_OK):
        raise PermissionError(13, "Permission denied", directory)


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
