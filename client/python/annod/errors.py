"""What this package raises when a server refuses, or does not answer.

Every class is an `AnnodError` and one of Python's own exceptions, so that code
written for a library in the same process keeps catching what it catches.
Misuse found before a call is made raises Python's exceptions directly.
"""

from typing import Dict, Optional

import grpc

from annod import error_details


class AnnodError(Exception):
    """A call to the server that failed.

    Attributes:
      code: canonical code, such as "NOT_FOUND"; "" if no call was involved.
      reason: what programs may test, such as "INDEX_NOT_FOUND"
        (proto/annod/v1); "" if the server gave none.
      metadata: the reason's details, such as field, value and limit.
    """

    code: str = ""
    reason: str = ""

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
        return self.message


class InvalidRequest(AnnodError, ValueError):
    """The request can never work."""


class NoSuchItem(AnnodError, IndexError):
    """No item has that id."""


class NegativeItem(NoSuchItem, ValueError):
    """An id below zero: refused as IndexError by Annoy, as ValueError by scikit-plots."""


class NoSuchIndex(AnnodError, RuntimeError):
    """The server has no index of that name."""


class WrongState(AnnodError, RuntimeError):
    """The index is not in a state to do that."""


class BadFile(AnnodError, OSError):
    """Bytes of a file or blob are not what they should be, or cannot be stored."""


class NotAnswering(AnnodError, ConnectionError):
    """No server answers."""


class TooSlow(AnnodError, TimeoutError):
    """The deadline passed."""


class NotOffered(AnnodError, NotImplementedError):
    """The server does not know this call."""


class CallFailed(AnnodError, RuntimeError):
    """Any other failure."""


_BY_REASON = {
    "ITEM_NOT_FOUND": NoSuchItem,
    "INDEX_NOT_FOUND": NoSuchIndex,
    "INDEX_DROPPED": NoSuchIndex,
    "BLOB_REJECTED": BadFile,
    "FILE_REJECTED": BadFile,
    "FILE_NOT_FOUND": BadFile,
    "STORAGE_FAILED": BadFile,
    "ANSWER_SHORT": InvalidRequest,
    "HOLES": InvalidRequest,
}
_BY_CODE = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.FAILED_PRECONDITION: WrongState,
    grpc.StatusCode.DATA_LOSS: BadFile,
    grpc.StatusCode.UNAVAILABLE: NotAnswering,
    grpc.StatusCode.DEADLINE_EXCEEDED: TooSlow,
    grpc.StatusCode.UNIMPLEMENTED: NotOffered,
}


def from_rpc(error: grpc.RpcError) -> AnnodError:
    """The exception for a failed call."""
    code = error.code()
    reason, metadata = error_details.error_info(error)
    kind = _BY_REASON.get(reason) or _BY_CODE.get(code, CallFailed)
    return kind(error.details() or code.name, code.name, reason, metadata)
