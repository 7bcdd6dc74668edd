"""GetNnsStream for asyncio: requests sent ahead of their answers."""

# mypy: disable-error-code="import"

import asyncio
import collections
from typing import Any, Deque, Optional

import grpc
import grpc.aio

from annod import errors
from annod.aio.base import Caller
from annod.wire import neighbor_codec
from annod.wire.backoff import Backoff, wants_connection
from annod.wire.neighbor_lists import unwrapped


class Stream:
    """As the blocking one: if the stream breaks because a worker died, what is not
    answered is sent again on a new one. len() of it is how many requests are not
    answered.

    Args:
      timeout: seconds for all of it; None: no limit.
    """

    def __init__(self, caller: Caller, timeout: Optional[float] = None):
        self._caller = caller
        self._whole = Backoff(caller._retry, timeout)
        self._waiting: Deque[bytes] = collections.deque()
        self._call: Any = None

    def __len__(self) -> int:
        return len(self._waiting)

    async def send(self, request: bytes) -> None:
        """Sends a GetNnsRequest."""
        self._waiting.append(neighbor_codec.streamed(request))
        if self._call is None:
            return
        try:
            await self._call.write(self._waiting[-1])
        except (grpc.RpcError, asyncio.InvalidStateError):
            # Its error comes with the next answer.
            pass

    async def next_answer(self) -> bytes:
        """Waits for the GetNnsResponse to the first request that has none.

        Raises:
          errors.AnnodError: that request was refused, or the call failed.
        """
        backoff = Backoff(self._caller._retry, self._whole.seconds_left())
        while True:
            try:
                answer = await self._read()
                break
            except errors.AnnodError as error:
                pause = backoff.next_pause(error, self._caller._answered)
                if pause is None:
                    raise
                wanted = wants_connection(error)
            await self._caller._pause(pause, wanted)
        self._caller._answered = True
        self._waiting.popleft()
        return unwrapped(answer)

    async def _read(self) -> bytes:
        link = self._caller._link
        try:
            if self._call is None:
                self._call = self._caller._open().get_nns_stream_bytes(
                    timeout=self._whole.seconds_left()
                )
                for request in list(self._waiting):
                    await self._call.write(request)
            answer = await self._call.read()
            if answer is not grpc.aio.EOF:
                made: bytes = answer
                return made
            # The stream is over: with an error, or too early.
            code = await self._call.code()
            if code == grpc.StatusCode.OK:
                raise errors.CallFailed("the stream ended before its answers")
            raise grpc.aio.AioRpcError(
                code,
                await self._call.initial_metadata(),
                await self._call.trailing_metadata(),
                details=await self._call.details(),
            )
        except grpc.RpcError as error:
            self._end()
            raise errors.from_rpc(error, link.address, link.by_tls) from None
        except asyncio.InvalidStateError:
            self._end()
            raise errors.NotAnswering(
                f"the stream of {link.address} broke", "UNAVAILABLE"
            ) from None

    def _end(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None

    async def __aenter__(self) -> "Stream":
        return self

    async def __aexit__(self, kind: Any, *unused: Any) -> None:
        if self._call is not None and not self._waiting and kind is None:
            await self._call.done_writing()
        self._end()
