"""Running operations on a connection, blocking."""

import time
from typing import Any, NoReturn, Optional, TypeVar

from annod import errors
from annod.calls import indexes
from annod.calls.steps import Call, Steps
from annod.connection import Connection

Answer = TypeVar("Answer")


class Caller:
    """What every part of Client is: a connection, and the running of calls on it."""

    _connection: Connection

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Client holds a connection and cannot be pickled or copied: make one"
            " where it is needed"
        )

    def _run(self, steps: Steps[Answer], timeout: Optional[float] = None) -> Answer:
        """Makes the calls of an operation; its answer.

        Args:
          timeout: seconds for each call, retries included; None: the client's, or
            none for calls that take as long as they take.
        """
        try:
            call = next(steps)
            while True:
                try:
                    answer = self._make(call, timeout)
                except errors.AnnodError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(answer)
        except StopIteration as done:
            made: Answer = done.value
            return made

    def _run_on(
        self, name: str, steps: Steps[Answer], timeout: Optional[float] = None
    ) -> Answer:
        """As _run(), of an index: a misspelt name is told with those most like it."""
        made: Answer = self._run(indexes.explained(steps, name), timeout)
        return made

    def _make(self, call: Call, timeout: Optional[float]) -> Any:
        connection = self._connection
        if timeout is None and call.limited:
            timeout = connection.timeout

        def attempt(left: Optional[float]) -> Any:
            answer = call.bound(connection.stubs)(call.argument(), timeout=left)
            if call.on_message is None:
                return answer
            last = None
            for message in answer:
                call.on_message(message)
                last = message
            return last

        if call.repeat:
            return connection.repeat(attempt, timeout)
        return connection.once(lambda: attempt(timeout))


def deadline_of(timeout: Optional[float]) -> Optional[float]:
    """The time at which so many seconds are up."""
    return None if timeout is None else time.monotonic() + timeout
