"""A channel to a server, shared by the indexes of a process."""

# mypy: disable-error-code="import"

import threading
import time
import weakref
from typing import Any, Callable, Iterator, Optional, Sequence, Tuple

import grpc

from annod import errors
from annod.wire import forks
from annod.wire.backoff import CONNECTED_PAUSE, Backoff, Retry, wants_connection
from annod.wire.channels import DEFAULT_SERVER, Link, Stubs, default_server
from annod.wire.tokens import Token

__all__ = ["Connection", "DEFAULT_SERVER", "Retry", "connect"]


_LONGEST_LEASE = 31622400  # a year, as servers have it


class Connection:
    """A connection to an annod server. Safe for use by several threads; made when
    first used, closed by close() or the end of a with block.

    Args:
      address: "host:port".
      timeout: seconds that a call may take, retries included.
      retry: how calls that may be repeated are.
      attempt_timeout: a call that only reads and has had no answer for so many
        seconds is sent again, to another server if `address` has several, which are
        then called in turn: for one that has frozen or cannot be reached. At most
        five attempts. To be longer than any call takes. None: waited for until the
        timeout.
      tls: an annod.Tls; True: Tls(); the path or bytes of PEM root certificates:
        Tls(ca=); grpc.ChannelCredentials; False: plain text; None: what the
        environment says (Tls.from_environment), else plain text.
      token: sent with every call as "authorization: Bearer TOKEN": text; the path
        (not text) of a file that holds it, read again when it changes; or a function
        that returns it. None: ANNOD_TOKEN or ANNOD_TOKEN_FILE of the environment.
      allow_plaintext_token: without tls a token goes to this machine only, unless
        this says that the network encrypts.
      options: gRPC channel options, ("grpc.name", value).
      metadata: (key, value) pairs sent with every call.
      lease_seconds: temporary indexes (of AnnoyIndex and Annoy without a name)
        made through it are dropped by the server when this process has not
        renewed them for so long, which it does in the background as long as their
        objects live: so long may it be suspended, or the server be away.

    Attributes:
      address, timeout, lease_seconds: as given; may be set at any time, but the
        address.
      index_service, admin_service: generated stubs, for calls that this
        package does not wrap.
    """

    def __init__(
        self,
        address: str,
        *,
        timeout: float = 60.0,
        retry: Retry = Retry(),
        tls: Any = None,
        token: Optional[Token] = None,
        options: Sequence[Tuple[str, Any]] = (),
        metadata: Sequence[Tuple[str, str]] = (),
        allow_plaintext_token: bool = False,
        lease_seconds: int = 60,
        attempt_timeout: Optional[float] = None,
    ):
        if isinstance(lease_seconds, bool) or not isinstance(lease_seconds, int):
            raise TypeError(f"lease_seconds is {lease_seconds!r}; it must be an integer")
        if not 1 <= lease_seconds <= _LONGEST_LEASE:
            raise ValueError(
                f"lease_seconds is {lease_seconds}; it must be 1 to {_LONGEST_LEASE}"
            )
        self._link = Link(
            address,
            tls,
            token,
            options,
            metadata,
            allow_plaintext_token,
            attempt_timeout,
        )
        self.address = address
        self.timeout = timeout
        self.retry = retry
        self.lease_seconds = lease_seconds
        self._lock = threading.Lock()
        self._stubs: Optional[Stubs] = None
        self._closed = False
        self._answered = False

    @property
    def stubs(self) -> Stubs:
        """The calls on the channel.

        Raises:
          errors.Closed: after close().
          errors.Forked: in a child of a process that had called a server.
        """
        forks.check()
        stubs = self._stubs
        if stubs is not None:
            return stubs
        with self._lock:
            if self._closed:
                raise errors.Closed(f"the connection to {self.address} is closed")
            if self._stubs is None:
                self._stubs = Stubs(self._link.blocking_channel(), self._link)
            return self._stubs

    @property
    def index_service(self) -> Any:
        return self.stubs.index_service

    @property
    def admin_service(self) -> Any:
        return self.stubs.admin_service

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
            raise errors.from_rpc(error, self.address, self._link.by_tls) from None
        except ValueError as error:
            if self._closed and not isinstance(error, errors.AnnodError):
                raise errors.Closed(
                    f"the connection to {self.address} is closed"
                ) from error
            raise
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
        server never answered yet); `retry` says others.

        Raises:
          errors.AnnodError: the last failure.
        """
        backoff = Backoff(self.retry, timeout)
        repeated = False
        while True:
            try:
                return self.once(lambda: attempt(backoff.seconds_left()))
            except errors.AnnodError as error:
                error.repeated = repeated
                pause = backoff.next_pause(error, self._answered)
                if pause is None:
                    raise
                wanted = wants_connection(error)
            repeated = True
            if wanted:
                self._wait_for_server(pause)
            else:
                time.sleep(pause)

    def stream(self, call: Iterator[Any]) -> Iterator[Any]:
        """The messages of a streamed answer; its failure translated."""
        try:
            for message in call:
                self._answered = True
                yield message
        except grpc.RpcError as error:
            raise errors.from_rpc(error, self.address, self._link.by_tls) from None

    def usable(self) -> bool:
        """False after close(), and in a child that was forked."""
        return not self._closed and not forks.is_inherited()

    def close(self) -> None:
        """Ends the connection; later calls raise errors.Closed. Not needed before
        exit. In a forked child it leaves the parent's connection alone."""
        if forks.is_inherited():
            return
        with self._lock:
            self._closed = True
            stubs, self._stubs = self._stubs, None
        if stubs is not None:
            stubs.channel.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Connection({self.address!r})"

    def _wait_for_server(self, seconds: float) -> None:
        # gRPC only goes on connecting while somebody waits for it: after a plain
        # sleep the next attempt would find the channel where it was.
        end = time.monotonic() + seconds
        try:
            self.stubs.health(b"", timeout=seconds, wait_for_ready=True)
            seconds = CONNECTED_PAUSE
        except grpc.RpcError:
            pass
        time.sleep(min(seconds, max(0, end - time.monotonic())))


_connections: "weakref.WeakValueDictionary[str, Connection]" = (
    weakref.WeakValueDictionary()
)
_lock = threading.Lock()


def _renew_lock() -> None:
    # Another thread of the parent may have held it.
    global _lock
    _lock = threading.Lock()


forks.on_child(_renew_lock)


def connect(server: Optional[object] = None, **settings: Any) -> Connection:
    """The connection of this process to a server. No call is made.

    Args:
      server: "host:port"; a Connection, which is returned; or a Client, whose
        connection is. If None, the environment variable ANNOD_SERVER, else
        "localhost:7077".
      settings: those of Connection. With any, the connection is a new one; without,
        all callers that name one server share one, until it is closed.

    Raises:
      TypeError: `server` is something else.
      ValueError: it is not "host:port".
    """
    given = getattr(server, "connection", server)
    if isinstance(given, Connection):
        if settings:
            raise TypeError("a Connection has its settings already")
        return given
    address = default_server() if server is None else server
    if not isinstance(address, str):
        raise TypeError(f"server is {server!r}; it must be 'host:port' or a Connection")
    if settings:
        return Connection(address, **settings)
    with _lock:
        connection = _connections.get(address)
        if connection is None or connection._closed:
            connection = _connections[address] = Connection(address)
        return connection
