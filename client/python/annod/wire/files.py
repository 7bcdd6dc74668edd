"""Files in pieces; those written appear complete or not at all."""

import contextlib
import errno
import os
import secrets
import stat
from typing import Any, BinaryIO, Iterator, Optional, Union


def open_regular(path: Union[str, "os.PathLike[str]"]) -> BinaryIO:
    """Opens a file to read from, without waiting for whatever else may lie there.

    Raises:
      OSError: it cannot be opened, or is a FIFO, a device or a directory.
    """
    file = open(path, "rb", opener=_open_at_once)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return file


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class FileWriter:
    """Writes an export, from its begin again as often as need be.

    Used in a with block: if that ends well the file is there, durably, at once;
    else what was there before still is. An open file that is given is written from
    its present place, and neither closed nor synced.

    Raises (all of it):
      OSError: the file cannot be written.
    """

    def __init__(self, target: Union[str, "os.PathLike[str]", BinaryIO]):
        self._path: Optional[str] = None
        self._temporary = ""
        if hasattr(target, "write"):
            self._file: Any = target
            self._start = self._file.tell() if self._file.seekable() else None
        else:
            path = os.fsdecode(target)
            directory, name = os.path.split(os.path.abspath(path))
            self._path = path
            self._temporary = os.path.join(
                directory, f".{name}.{secrets.token_hex(4)}"
            )
            with _naming(path):
                self._file = open(self._temporary, "xb")
            self._start = 0
        self._written = False

    def begin(self) -> None:
        """To be called before the first byte, and before it comes once more."""
        if not self._written:
            return
        if self._start is None:
            raise OSError("the export broke off, and the file cannot be written again")
        self._file.seek(self._start)
        self._file.truncate()

    def write(self, chunk: bytes) -> None:
        """The next bytes."""
        self._written = True
        self._file.write(chunk)

    def __enter__(self) -> "FileWriter":
        return self

    def __exit__(self, kind: Any, *unused: Any) -> None:
        if self._path is None:
            return
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                with _naming(self._path):
                    os.replace(self._temporary, self._path)
                _sync_directory(os.path.dirname(self._temporary))
        finally:
            with contextlib.suppress(OSError):
                self._file.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._temporary)


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """Errors name `path`, not a temporary file that nobody asked for."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


def _sync_directory(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FileReader:
    """The pieces of bytes, or of a file of this machine that a with block keeps
    open: from their begin as often as asked for.

    Raises:
      OSError: it cannot be read.
    """

    def __init__(
        self, source: Union[bytes, str, "os.PathLike[str]"], chunk_bytes: int
    ):
        self._chunk_bytes = chunk_bytes
        self._file: Any = None
        self._data = memoryview(b"")
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._data = memoryview(source)
        else:
            self._file = open_regular(source)

    def chunks(self) -> Iterator[bytes]:
        """All of it."""
        size = self._chunk_bytes
        if self._file is not None:
            self._file.seek(0)
            file: BinaryIO = self._file
            return iter(lambda: file.read(size), b"")
        starts = range(0, len(self._data), size)
        return (bytes(self._data[start : start + size]) for start in starts)

    def __enter__(self) -> "FileReader":
        return self

    def __exit__(self, *unused: Any) -> None:
        if self._file is not None:
            self._file.close()
