"""gRPC channels to a server, blocking and of asyncio, and their stubs."""

# mypy: disable-error-code="import"

import os
from typing import Any, List, Optional, Sequence, Tuple

import grpc

from annod.v1 import admin_service_pb2_grpc, index_service_pb2_grpc
from annod.wire import attempts, forks, tls as tls_of_clients
from annod.wire.tokens import TokenSource, check_plaintext

DEFAULT_SERVER = "localhost:7077"

_OPTIONS: Tuple[Tuple[str, Any], ...] = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
    # A server that vanished without a word ends calls that have no deadline: after
    # 70 seconds at most. Not more often than servers bear.
    ("grpc.keepalive_time_ms", 60000),
    ("grpc.keepalive_timeout_ms", 10000),
)


def default_server() -> str:
    """The server that the environment names, else localhost:7077."""
    return os.environ.get("ANNOD_SERVER") or DEFAULT_SERVER


def check_address(server: Any) -> str:
    """A server's address as gRPC takes it: "host:port", a unix: path or a dns: name.

    Raises:
      TypeError: not text.
      ValueError: empty, with a scheme of the web, or without a port.
    """
    if not isinstance(server, str):
        raise TypeError(f"server is {server!r}; it must be 'host:port'")
    bare = server.split(":///", 1)[-1]
    if server.startswith(("unix:", "unix-abstract:")):
        return server
    if "://" in server and ":///" not in server:
        raise ValueError(
            f"server is {server!r}; it must be 'host:port', without a scheme"
        )
    host, _, port = bare.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(
            f"server is {server!r}; it must be 'host:port', such as {DEFAULT_SERVER}"
        )
    return server


class Link:
    """How to reach a server: everything a channel is made with.

    Attributes:
      address: "host:port".
      options: gRPC channel options that replace or add to this package's.
      credentials: grpc.ChannelCredentials for TLS; None: plain text.
      by_tls: whether there are.
    """

    def __init__(
        self,
        address: str,
        tls: Any = None,
        token: Any = None,
        options: Sequence[Tuple[str, Any]] = (),
        metadata: Sequence[Tuple[str, str]] = (),
        allow_plaintext_token: bool = False,
        attempt_timeout: Optional[float] = None,
    ):
        self.address = check_address(address)
        self.credentials, tls_options = tls_of_clients.of_argument(tls)
        self.options: List[Tuple[str, Any]] = list(
            {
                **dict(_OPTIONS),
                **attempts.channel_options(attempt_timeout),
                **dict(tls_options),
                **dict(options),
            }.items()
        )
        self.by_tls = self.credentials is not None
        self._metadata = tuple(metadata)
        self._token = TokenSource(token)
        if self._token and self.credentials is None and not allow_plaintext_token:
            check_plaintext(self.address)

    @property
    def has_metadata(self) -> bool:
        """Whether anything goes along with calls."""
        return bool(self._metadata or self._token)

    def metadata(self) -> Tuple[Tuple[str, str], ...]:
        """What goes along with a call that is made now."""
        return self._metadata + self._token.metadata()

    def blocking_channel(self) -> Any:
        """A channel whose calls block."""
        forks.note_channel()
        if self.credentials is None:
            return grpc.insecure_channel(self.address, options=self.options)
        return grpc.secure_channel(self.address, self.credentials, options=self.options)

    def asyncio_channel(self) -> Any:
        """A channel of the running event loop."""
        import grpc.aio

        forks.note_channel()
        if self.credentials is None:
            return grpc.aio.insecure_channel(self.address, options=self.options)
        return grpc.aio.secure_channel(
            self.address, self.credentials, options=self.options
        )


class Stubs:
    """The calls of a server on one channel, with the link's metadata."""

    def __init__(self, channel: Any, link: Link):
        self.channel = channel
        self.index_service = _with_metadata(
            index_service_pb2_grpc.IndexServiceStub(channel), link
        )
        self.admin_service = _with_metadata(
            admin_service_pb2_grpc.AdminServiceStub(channel), link
        )
        # Query rows and answers in bulk: numpy writes and reads the messages.
        self.get_nns_bytes = _bound(
            channel.unary_unary("/annod.v1.IndexService/GetNns"), link
        )
        self.get_nns_stream_bytes = _bound(
            channel.stream_stream("/annod.v1.IndexService/GetNnsStream"), link
        )
        self.health = _bound(channel.unary_unary("/grpc.health.v1.Health/Check"), link)


def _bound(call: Any, link: Link) -> Any:
    if not link.has_metadata:
        return call

    def make(*arguments: Any, **settings: Any) -> Any:
        # The token may be another one by now.
        settings.setdefault("metadata", link.metadata())
        return call(*arguments, **settings)

    return make


def _with_metadata(stub: Any, link: Link) -> Any:
    for name, call in list(vars(stub).items()):
        setattr(stub, name, _bound(call, link))
    return stub
