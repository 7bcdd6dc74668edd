"""Calls as values: what a client has to do, whether it blocks or awaits.

An operation is a generator that yields calls and is sent their answers, or has
their errors.AnnodError thrown into it; what it returns is the operation's answer.
"""

import dataclasses
import numbers
from typing import Any, Callable, Generator, Iterable, Optional, Type, TypeVar

Answer = TypeVar("Answer")
Message = TypeVar("Message")
Steps = Generator["Call", Any, Answer]


@dataclasses.dataclass
class Call:
    """One call of the service.

    Attributes:
      service, method: such as "admin_service" and "Build"; a method of Stubs itself
        if the service is "".
      request: the message, bytes, or for a stream of requests a function that makes
        an iterable of them, anew for every attempt.
      on_message: given for a streamed answer: called with every message of it; the
        answer is the last one.
      begin: called before every attempt.
      repeat: whether the call may be made again if the server is not there.
      limited: whether the client's usual timeout holds where the caller gave none.
    """

    service: str
    method: str
    request: Any
    on_message: Optional[Callable[[Any], Any]] = None
    begin: Optional[Callable[[], Any]] = None
    repeat: bool = True
    limited: bool = True

    def bound(self, stubs: Any) -> Callable[..., Any]:
        """The callable of a channel's stubs."""
        owner = getattr(stubs, self.service) if self.service else stubs
        call: Callable[..., Any] = getattr(owner, self.method)
        return call

    def argument(self) -> Any:
        """What that callable takes, for another attempt."""
        if self.begin is not None:
            self.begin()
        return iter(self.request()) if callable(self.request) else self.request


def make_message(kind: Type[Message], **fields: Any) -> Message:
    """A message of these fields.

    Raises:
      TypeError: naming the field whose value is of another type.
      ValueError: naming the field whose number is larger than what it holds.
    """
    try:
        return kind(**fields)
    except (TypeError, ValueError):
        for name, value in fields.items():
            try:
                kind(**{name: value})
            except TypeError as error:
                raise TypeError(f"{name} is {value!r}: {error}") from None
            except ValueError:
                if not isinstance(value, numbers.Integral):
                    raise
                raise ValueError(f"{name} is {value}; {_limits(kind, name)}") from None
        raise


def _limits(kind: Any, name: str) -> str:
    field = kind.DESCRIPTOR.fields_by_name[name]
    bits = 64 if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64) else 32
    if field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64):
        return f"it must be in [0, {2 ** bits - 1}]"
    return f"it must be in [{-(2 ** (bits - 1))}, {2 ** (bits - 1) - 1}]"


def admin(method: str, request: Any, **how: Any) -> Call:
    """A call of the control plane."""
    return Call("admin_service", method, request, **how)


def index(method: str, request: Any, **how: Any) -> Call:
    """A call of the data plane, which only reads."""
    return Call("index_service", method, request, **how)


def chunks(data: Any, size: int) -> Iterable[bytes]:
    """Pieces of bytes."""
    view = memoryview(data)
    return (bytes(view[start : start + size]) for start in range(0, len(view), size))
