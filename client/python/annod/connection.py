"""A channel to a server, shared by the indexes of a process."""

import os
import random
import threading
import time
import weakref
from typing import Any, Callable, Iterator, Optional

import grpc

from annod import errors
from annod.v1 import admin_service_pb2_grpc, index_service_pb2_grpc

DEFAULT_SERVER = "localhost:7077"

# A server that never answered is given up sooner than one that did and may be
# restarting a worker.
_FIRST_WINDOW_SECONDS = 2.0
_RETRY_WINDOW_SECONDS = 15.0
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5

_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
)


class Connection:
    """A connection to an annod server. Safe for use by several threads.

    Attributes:
      address: "host:port".
      timeout: seconds that a query may take, retries included; 60 unless set.
      index_service, admin_service: generated stubs, for calls that this
        package does not wrap.
    """

    def __init__(self, address: str):
        self.address = address
        self.timeout = 60.0
        self._pid = os.getpid()
        self._channel = grpc.insecure_channel(address, options=_CHANNEL_OPTIONS)
        self.index_service = index_service_pb2_grpc.IndexServiceStub(self._channel)
        self.admin_service = admin_service_pb2_grpc.AdminServiceStub(self._channel)
        self._answered = False

    def read(self, method: Any, request: Any) -> Any:
        """Makes a call that only reads, or that may be repeated. Repeats while
        the server is UNAVAILABLE, for a bounded time.

        Raises:
          errors.AnnodError: the call failed.
        """
        return self.repeat(lambda left: method(request, timeout=left), self.timeout)

    def write(self, method: Any, request: Any) -> Any:
        """Makes a call, once, without a deadline.

        Raises:
          errors.AnnodError: the call failed.
        """
        return self.once(lambda: method(request))

    def once(self, attempt: Callable[[], Any]) -> Any:
        """Runs `attempt`, which makes one call, and translates its failure."""
        try:
            answer = attempt()
        except grpc.RpcError as error:
            raise self._translate(error) from None
        self._answered = True
        return answer

    def repeat(
        self,
        attempt: Callable[[Optional[float]], Any],
        timeout: Optional[float] = None,
    ) -> Any:
        """Runs `attempt(seconds left)` until it does not fail with UNAVAILABLE.

        It gets None for the seconds left if `timeout` is None. Gives up when
        `timeout` seconds have passed, or 15 seconds of failures (2 if this
        server never answered yet).

        Raises:
          errors.AnnodError: the last failure.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        first_failure = None
        pause = _FIRST_PAUSE_SECONDS
        while True:
            left = None if deadline is None else max(deadline - time.monotonic(), 0.001)
            try:
                return self.once(lambda: attempt(left))
            except errors.NotAnswering:
                now = time.monotonic()
                first_failure = first_failure or now
                window = (
                    _RETRY_WINDOW_SECONDS if self._answered else _FIRST_WINDOW_SECONDS
                )
                give_up = first_failure + window
                if deadline is not None:
                    give_up = min(give_up, deadline)
                wait = pause * random.uniform(0.5, 1)
                if now + wait >= give_up:
                    raise
                self._wait_for_server(wait)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def stream(self, call: Iterator[Any]) -> Iterator[Any]:
        """The messages of a streamed answer; its failure translated."""
        try:
            for message in call:
                self._answered = True
                yield message
        except grpc.RpcError as error:
            raise self._translate(error) from None

    def usable(self) -> bool:
        """False in a child that was forked: gRPC channels do not survive that."""
        return os.getpid() == self._pid

    def close(self) -> None:
        """Ends the connection; later calls fail. Not needed before exit."""
        self._channel.close()

    def __repr__(self) -> str:
        return f"Connection({self.address!r})"

    def _wait_for_server(self, seconds: float) -> None:
        # gRPC only goes on connecting while somebody waits for it: after a plain
        # sleep the next attempt would find the channel where it was.
        start = time.monotonic()
        ready = grpc.channel_ready_future(self._channel)
        try:
            ready.result(timeout=seconds)
        except grpc.FutureTimeoutError:
            ready.cancel()
            return
        # It can be reached, and still said UNAVAILABLE.
        time.sleep(
            min(_FIRST_PAUSE_SECONDS, max(0, start + seconds - time.monotonic()))
        )

    def _translate(self, error: grpc.RpcError) -> errors.AnnodError:
        translated = errors.from_rpc(error)
        if isinstance(translated, errors.NotAnswering) and not translated.reason:
            translated.message = (
                f"no annod server answers at {self.address} (chosen by server=, else"
                f" ANNOD_SERVER, else {DEFAULT_SERVER}): {translated.message}"
            )
        return translated


_connections: "weakref.WeakValueDictionary" = weakref.WeakValueDictionary()
_lock = threading.Lock()


def connect(server: Optional[object] = None) -> Connection:
    """The connection of this process to a server.

    Args:
      server: "host:port", or a Connection, which is returned. If None, the
        environment variable ANNOD_SERVER, else "localhost:7077".

    Raises:
      TypeError: `server` is something else.
    """
    if isinstance(server, Connection):
        return server
    if server is None:
        server = os.environ.get("ANNOD_SERVER") or DEFAULT_SERVER
    if not isinstance(server, str):
        raise TypeError(f"server is {server!r}; it must be 'host:port' or a Connection")
    key = (server, os.getpid())
    with _lock:
        connection = _connections.get(key)
        if connection is None:
            connection = _connections[key] = Connection(server)
        return connection
