"""What this package raises when a server refuses, or does not answer.

Every class is an `AnnodError` and one of Python's own exceptions, so that code
written for a library in the same process keeps catching what it catches.
Misuse found before a call is made raises Python's exceptions directly.
"""

# mypy: disable-error-code="import"

from typing import Any, Dict, Optional, Type

import grpc

from annod.wire import error_details, tls


class AnnodError(Exception):
    """A call to the server that failed.

    Attributes:
      code: canonical code, such as "NOT_FOUND"; "" if no call was involved.
      reason: what programs may test, such as "INDEX_NOT_FOUND"
        (proto/annod/v1); "" if the server gave none.
      metadata: the reason's details, such as field, value and limit.
      request_id: by which the server's logs name the call; "" if no server answered.
      repeated: whether the call had been made, and failed, before: what it wants
        may have been done already.
    """

    code: str = ""
    reason: str = ""
    request_id: str = ""
    repeated: bool = False

    def __init__(
        self,
        message: str,
        code: str = "",
        reason: str = "",
        metadata: Optional[Dict[str, str]] = None,
    ):
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata or {})

    def __str__(self) -> str:
        if self.request_id:
            return f"{self.message} (request id: {self.request_id})"
        return self.message


class InvalidRequest(AnnodError, ValueError):
    """The request can never work."""


class NoSuchItem(AnnodError, IndexError):
    """No item has that id."""


class NegativeItem(NoSuchItem, ValueError):
    """An id below zero: IndexError of Annoy, ValueError of scikit-plots."""


class NoSuchIndex(AnnodError, RuntimeError):
    """The server has no index of that name."""


class WrongState(AnnodError, RuntimeError):
    """The index is not in a state to do that."""


class BadFile(AnnodError, OSError):
    """Bytes of a file or blob are not what they should be, or cannot be stored."""


class NotAnswering(AnnodError, ConnectionError):
    """No server answers."""


class NotAllowed(AnnodError, PermissionError):
    """The server does not know who calls, or does not let him do that."""


class TooSlow(AnnodError, TimeoutError):
    """The deadline passed."""


class Overloaded(AnnodError, RuntimeError):
    """The server has too much to do; nothing was done for the call.

    Attributes:
      retry_after: seconds after which the server wants to be asked again.
    """

    retry_after: float = 0.0


class Closed(AnnodError, RuntimeError):
    """The client, connection or index was closed and is used after that."""


class Forked(AnnodError, RuntimeError):
    """The process was forked from one that had called a server already."""


class NotOffered(AnnodError, NotImplementedError):
    """The server does not know this call."""


class CallFailed(AnnodError, RuntimeError):
    """Any other failure."""


_BY_REASON: Dict[str, Type[AnnodError]] = {
    "ITEM_NOT_FOUND": NoSuchItem,
    "INDEX_NOT_FOUND": NoSuchIndex,
    "INDEX_DROPPED": NoSuchIndex,
    "BLOB_REJECTED": BadFile,
    "FILE_REJECTED": BadFile,
    "FILE_NOT_FOUND": BadFile,
    "STORAGE_FAILED": BadFile,
    "ANSWER_SHORT": InvalidRequest,
    "HOLES": InvalidRequest,
    "OVERLOADED": Overloaded,
}
_BY_CODE: Dict[Any, Type[AnnodError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.FAILED_PRECONDITION: WrongState,
    grpc.StatusCode.DATA_LOSS: BadFile,
    grpc.StatusCode.UNAVAILABLE: NotAnswering,
    grpc.StatusCode.DEADLINE_EXCEEDED: TooSlow,
    grpc.StatusCode.UNIMPLEMENTED: NotOffered,
    grpc.StatusCode.UNAUTHENTICATED: NotAllowed,
    grpc.StatusCode.PERMISSION_DENIED: NotAllowed,
}


def from_rpc(error: Any, address: str = "", by_tls: bool = False) -> AnnodError:
    """The exception for a failed call: a grpc.RpcError, of asyncio or not."""
    code = error.code()
    reason, metadata = error_details.error_info(error)
    kind = _BY_REASON.get(reason, _BY_CODE.get(code, CallFailed))
    text = error.details() or code.name
    if code is grpc.StatusCode.CANCELLED and "perAttemptRecvTimeout" in text:
        kind = TooSlow  # the last attempt's time was up
    if address and kind is NotAnswering and not reason:
        text = (
            f"no annod server answers at {address} (chosen by server=, else"
            f" ANNOD_SERVER, else localhost:7077): {text}"
        )
        hint = tls.hint(text, by_tls)
        text += f" ({hint})" if hint else ""
    elif address and kind is TooSlow:
        text = f"the server at {address} did not answer in time: {text}"
    made = kind(text, code.name, reason, metadata)
    made.request_id = error_details.request_id(error)
    if isinstance(made, Overloaded):
        made.retry_after = error_details.pushback_seconds(error)
    return made
