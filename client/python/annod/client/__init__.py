"""Everything an annod server does, in Python's terms."""

from typing import Any, Optional, Sequence, Tuple

from annod.calls.queries import Shapes
from annod.client.builds import BuildCalls
from annod.client.indexes import IndexCalls
from annod.client.items import ItemCalls
from annod.client.queries import QueryCalls
from annod.connection import Connection, connect
from annod.wire.backoff import Retry
from annod.wire.tokens import Token


class Client(IndexCalls, ItemCalls, BuildCalls, QueryCalls):
    """A client of an annod server. Safe for use by several threads.

        with annod.Client("localhost:7077") as client:
            client.create("points", 3, "euclidean")
            client.add("points", np.eye(3), labels=["x", "y", "z"])
            client.build("points")
            found = client.query("points", [[1, 0, 0]], 2, include_labels=True)
            found.ids, found.distances, found.labels

    Arrays go in and come out. Errors are errors.AnnodError, which carry code, reason
    and metadata. No call is made before one is needed.

    Args:
      server: "host:port"; a Connection; None: the environment variable ANNOD_SERVER,
        else localhost:7077.
      timeout: seconds that a call may take, retries included, where the call itself
        is not given another. Calls that take as long as they take (build, rebuild,
        fit, export, restore, streams) have none; a server that vanished is noticed
        within 70 seconds in them, and given up as `retry` says.
      retry: how calls are repeated while the server is not there or overloaded;
        annod.NO_RETRY: never.
      tls: an annod.Tls; True: Tls(); the path or bytes of PEM root certificates:
        Tls(ca=); grpc.ChannelCredentials; False: plain text; None: what the
        environment says (Tls.from_environment), else plain text.
      token: sent as "authorization: Bearer TOKEN": text; the path (not text) of a
        file that holds it, read again when it changes; or a function that returns it.
        None: ANNOD_TOKEN or ANNOD_TOKEN_FILE of the environment.
      allow_plaintext_token: without tls a token goes to this machine only, unless
        this says that the network encrypts.
      options: gRPC channel options, ("grpc.name", value).
      metadata: (key, value) pairs sent with every call.
      attempt_timeout: a call that only reads and has had no answer for so many
        seconds is sent again, to another server if `server` is a name of several,
        which are then called in turn: for one that has frozen. None: never.

    Attributes:
      connection: what the calls go through.

    Raises (all calls):
      errors.NotAnswering: (a ConnectionError) the server is not there: after 2
        seconds if it never was, else 15, and within the timeout.
      errors.TooSlow: (a TimeoutError) it did not answer within the timeout.
      errors.NoSuchIndex: (a RuntimeError) with the names most like the one given.
      errors.Closed: after close().
      errors.Forked: in a child of a process that had called a server.
    """

    def __init__(
        self,
        server: Any = None,
        *,
        timeout: float = 60.0,
        retry: Retry = Retry(),
        tls: Any = None,
        token: Optional[Token] = None,
        options: Sequence[Tuple[str, Any]] = (),
        metadata: Sequence[Tuple[str, str]] = (),
        allow_plaintext_token: bool = False,
        attempt_timeout: Optional[float] = None,
    ):
        self._shapes = Shapes()
        self._owns = not isinstance(server, Connection)
        if isinstance(server, Connection):
            self._connection = server
        else:
            self._connection = connect(
                server,
                timeout=timeout,
                retry=retry,
                tls=tls,
                token=token,
                options=options,
                metadata=metadata,
                allow_plaintext_token=allow_plaintext_token,
                attempt_timeout=attempt_timeout,
            )

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def server(self) -> str:
        """The address, "host:port"."""
        return self._connection.address

    @property
    def timeout(self) -> float:
        """Seconds that a call may take."""
        return self._connection.timeout

    def close(self) -> None:
        """Ends the client; later calls raise errors.Closed. A Connection that was
        given stays."""
        if self._owns:
            self._connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.server!r})"


__all__ = ["Client"]
