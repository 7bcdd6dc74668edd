"""Tokens that say who calls: where they come from and where they may go."""

import os
import re
import threading
import time
from typing import Any, Callable, Optional, Tuple, Union

from annod.wire.files import open_regular

Token = Union[str, "os.PathLike[str]", Callable[[], str]]

_LOOK_SECONDS = 1.0
_LOCAL = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d+", re.IGNORECASE)


class TokenSource:
    """The token of a client, as it is now. Safe for use by several threads.

    Args:
      token: the token; a path (not text) of a file that holds it and is read again
        when it is older than a second; or a function that returns it, called for
        every call. None: what the environment variables ANNOD_TOKEN or
        ANNOD_TOKEN_FILE say, if anything.

    Raises:
      TypeError, ValueError: it is none of these, or no header can hold it.
      OSError: the file cannot be read.
    """

    def __init__(self, token: Any):
        if token is None:
            token = os.environ.get("ANNOD_TOKEN") or None
        if token is None and os.environ.get("ANNOD_TOKEN_FILE"):
            token = _Path(os.environ["ANNOD_TOKEN_FILE"])
        self._function: Optional[Callable[[], str]] = None
        self._path: Optional[str] = None
        self._text: Optional[str] = None
        self._lock = threading.Lock()
        self._read_at = 0.0
        if token is None:
            return
        if isinstance(token, str):
            self._text = _checked(token, "token")
        elif isinstance(token, os.PathLike):
            self._path = os.fspath(token)
            self._text = self._read()
        elif callable(token):
            self._function = token
        else:
            raise TypeError(
                "token must be text, a path such as pathlib.Path, or a function"
                f" that returns text; it is of type {type(token).__name__}"
            )

    def __bool__(self) -> bool:
        return self._text is not None or self._function is not None

    def metadata(self) -> Tuple[Tuple[str, str], ...]:
        """What goes along with a call."""
        if self._function is not None:
            text = _checked(self._function(), "what token() returned")
        elif self._text is None:
            return ()
        else:
            text = self._newest()
        return (("authorization", f"Bearer {text}"),)

    def _newest(self) -> str:
        if self._path is None:
            return self._text or ""
        with self._lock:
            if time.monotonic() - self._read_at >= _LOOK_SECONDS:
                try:
                    self._text = self._read()
                except (OSError, ValueError):
                    # Being replaced, or gone: the server says if it matters.
                    self._read_at = time.monotonic()
            return self._text or ""

    def _read(self) -> str:
        with open_regular(self._path or "") as file:
            text = file.read(8192).decode("ascii", errors="replace").strip()
        text = _checked(text, f"the token in {self._path}")
        self._read_at = time.monotonic()
        return text


def check_plaintext(address: str) -> None:
    """Raises ValueError unless what is sent to the address stays on this machine."""
    if address.startswith(("unix:", "unix-abstract:")):
        return
    if _LOCAL.fullmatch(address.split(":///", 1)[-1]):
        return
    raise ValueError(
        f"the token would go to {address} in plain text, where everybody on the way can"
        " read it: use tls, or allow_plaintext_token=True if the network encrypts"
    )


class _Path(os.PathLike):  # type: ignore[type-arg]
    def __init__(self, path: str):
        self._path = path

    def __fspath__(self) -> str:
        return self._path


def _checked(text: Any, what: str) -> str:
    # What it is stays unsaid, also in errors.
    if not isinstance(text, str):
        raise TypeError(f"{what} is of type {type(text).__name__}; it must be text")
    if not text or not all("!" <= c <= "~" for c in text):
        raise ValueError(f"{what} is empty or holds characters that no token has")
    return text
