"""GetNnsStream: requests sent ahead of their answers."""

# mypy: disable-error-code="import"

import collections
import queue
import time
from typing import Any, Deque, Optional

import grpc

from annod import errors
from annod.connection import Connection
from annod.wire import neighbor_codec
from annod.wire.neighbor_lists import unwrapped


class Stream:
    """Requests on one stream and their answers, in order. If the stream breaks
    because a worker died or the connection is old, what is not answered is sent
    again on a new one. Not thread-safe.

    len() of it is how many requests are not answered. Who sends more than a
    server takes ahead must take answers.

    Args:
      timeout: seconds for all of it; None: no limit.
    """

    def __init__(self, connection: Connection, timeout: Optional[float] = None):
        self._connection = connection
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._waiting: Deque[bytes] = collections.deque()
        # What the stream has yet to send; None ends it.
        self._outbox: "queue.SimpleQueue[Optional[bytes]]" = queue.SimpleQueue()
        self._call: Any = None

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, request: bytes) -> None:
        """Sends a GetNnsRequest, without waiting."""
        self._waiting.append(neighbor_codec.streamed(request))
        if self._call is None:
            self._begin()
        else:
            self._outbox.put(self._waiting[-1])

    def next_answer(self) -> bytes:
        """Waits for the GetNnsResponse to the first request that has none.

        Raises:
          errors.AnnodError: that request was refused, or the call failed.
        """
        answer = self._connection.repeat(lambda _: self._read(), self._seconds_left())
        self._waiting.popleft()
        return unwrapped(answer)

    def close(self) -> None:
        """Gives up what is not answered."""
        if self._call is not None:
            self._outbox.put(None)
            if self._waiting:
                self._call.cancel()
            self._call = None

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def _begin(self) -> None:
        self._outbox = queue.SimpleQueue()
        for request in self._waiting:
            self._outbox.put(request)
        self._call = self._connection.stubs.get_nns_stream_bytes(
            iter(self._outbox.get, None), timeout=self._seconds_left()
        )

    def _read(self) -> Any:
        if self._call is None:
            self._begin()
        try:
            call: Any = self._call
            return next(call)
        except StopIteration:
            raise errors.CallFailed("the stream ended before its answers") from None
        except grpc.RpcError:
            self.close()
            raise

    def _seconds_left(self) -> Optional[float]:
        if self._deadline is None:
            return None
        return max(self._deadline - time.monotonic(), 0.001)
