"""Whole indexes, up and down, as files and blobs."""

import os
from typing import Union

from annod.remote.index import RemoteIndex

FILE = "native"
NATIVE_BLOB = "native_blob"
PORTABLE = "portable"
CANONICAL = "canonical"


def download_bytes(remote: RemoteIndex, form: str, fill_holes: bool = False) -> bytes:
    """The index's bytes. Begins again if the server goes away meanwhile.

    Raises:
      errors.AnnodError: the server refused, or the bytes are not complete.
    """
    remote.flush()
    return remote.client.serialize(remote.name, format=form, fill_holes=fill_holes)


def download_file(remote: RemoteIndex, path: str) -> None:
    """Writes a native Annoy file, which appears complete or not at all.

    Raises:
      OSError: it cannot be written; what was there before still is.
      errors.AnnodError: the server refused.
    """
    remote.flush()
    remote.client.export(remote.name, path)


def upload_bytes(
    remote: RemoteIndex, data: bytes, form: str, metric: str, dimension: int
) -> None:
    """Replaces the index's items by those of a blob; makes it if there is none.

    Raises:
      errors.BadFile: the blob does not pass the server's checks; the index is
        as it was.
    """
    _upload(remote, data, form, metric, dimension)


def upload_file(remote: RemoteIndex, path: str, metric: str, dimension: int) -> None:
    """Replaces the index's items by those of an Annoy file of this machine.

    Raises:
      OSError: it cannot be read.
      errors.BadFile: it does not pass the server's checks; the index is as it was.
    """
    _upload(remote, path, FILE, metric, dimension)


def _upload(
    remote: RemoteIndex,
    source: Union[bytes, str],
    form: str,
    metric: str,
    dimension: int,
) -> None:
    remote.flush()
    info = remote.client.restore(
        remote.name, source, format=form, metric=metric or None, dimension=dimension
    )
    remote.assume_created(info.dimension, metric)
    if not info.lease_seconds:
        remote.lease()
    remote.discard()
    remote.staged = info.version == 0


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
