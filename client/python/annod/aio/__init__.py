"""Everything an annod server does, for asyncio."""

from typing import Any, Optional, Sequence, Tuple

from annod.aio.base import Caller
from annod.aio.builds import BuildCalls
from annod.aio.coalescing import Coalescer
from annod.aio.indexes import IndexCalls
from annod.aio.items import ItemCalls
from annod.aio.queries import QueryCalls
from annod.calls.queries import Shapes
from annod.calls.steps import Call
from annod.wire.backoff import Retry
from annod.wire.channels import Link, default_server
from annod.wire.tokens import Token


class Client(IndexCalls, ItemCalls, BuildCalls, QueryCalls):
    """annod.Client for asyncio: the same calls with the same arguments, answers and
    errors, to be awaited; stream() is an asynchronous iterator.

        async with annod.aio.Client("localhost:7077") as client:
            found = await client.query("points", [[1, 0, 0]], 2)
            async for block in client.stream("points", vectors, 10):
                ...

    Belongs to the event loop that makes its first call. Any number of its calls may
    be under way at once; what checks and packs arrays runs between them. Files are
    read and written by the thread of the loop.

    Args, Attributes, Raises: as of annod.Client; `server` is text or None. And
      coalesce: queries that calls of query() under way at the same time send as one
        message, at most; 0: none do. Each call keeps its deadline and its errors.
      coalesce_window: seconds that such a call waits for others at most.
    """

    def __init__(
        self,
        server: Optional[str] = None,
        *,
        timeout: float = 60.0,
        retry: Retry = Retry(),
        tls: Any = None,
        token: Optional[Token] = None,
        options: Sequence[Tuple[str, Any]] = (),
        metadata: Sequence[Tuple[str, str]] = (),
        allow_plaintext_token: bool = False,
        attempt_timeout: Optional[float] = None,
        coalesce: int = 0,
        coalesce_window: float = 0.001,
    ):
        self._link = Link(
            default_server() if server is None else server,
            tls,
            token,
            options,
            metadata,
            allow_plaintext_token,
            attempt_timeout,
        )
        self._retry = retry
        self.timeout = timeout
        self._shapes = Shapes()
        if coalesce > 0:
            self._coalescer = Coalescer(coalesce, coalesce_window, self._send_queries)

    async def _send_queries(self, request: bytes, left: Optional[float]) -> bytes:
        answer: bytes = await self._attempt(Call("", "get_nns_bytes", request), left)
        return answer

    @property
    def server(self) -> str:
        """The address, "host:port"."""
        return self._link.address

    async def close(self) -> None:
        """Ends the client; later calls raise errors.Closed."""
        self._closed = True
        stubs, self._stubs = self._stubs, None
        if stubs is not None:
            await stubs.channel.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *unused: Any) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"aio.Client({self.server!r})"


__all__ = ["Client"]
