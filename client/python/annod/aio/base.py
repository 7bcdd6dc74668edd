"""Running operations on a connection of an event loop."""

# mypy: disable-error-code="import"

import asyncio
import time
from typing import Any, AsyncIterator, List, NoReturn, Optional, TypeVar

import grpc
import grpc.aio

from annod import errors
from annod.aio.coalescing import Coalescer
from annod.calls import indexes
from annod.calls.queries import QueryCall
from annod.calls.steps import Call, Steps
from annod.wire import forks
from annod.wire.backoff import CONNECTED_PAUSE, Backoff, Retry, wants_connection
from annod.wire.channels import Link, Stubs

Answer = TypeVar("Answer")


class Caller:
    """What every part of Client is: a channel, and the running of calls on it."""

    _link: Link
    _retry: Retry
    _stubs: Optional[Stubs] = None
    _coalescer: Optional[Coalescer] = None
    _closed = False
    _answered = False
    timeout: float

    def _open(self) -> Stubs:
        forks.check()
        if self._closed:
            raise errors.Closed(f"the client of {self._link.address} is closed")
        if self._stubs is None:
            self._stubs = Stubs(self._link.asyncio_channel(), self._link)
        return self._stubs

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Client holds a connection and cannot be pickled or copied: make one"
            " where it is needed"
        )

    async def _run(
        self, steps: Steps[Answer], timeout: Optional[float] = None
    ) -> Answer:
        """As of the blocking client."""
        try:
            call = next(steps)
            while True:
                try:
                    answer = await self._make(call, timeout)
                except errors.AnnodError as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(answer)
        except StopIteration as done:
            made: Answer = done.value
            return made

    async def _run_on(
        self, name: str, steps: Steps[Answer], timeout: Optional[float] = None
    ) -> Answer:
        """As of the blocking client."""
        made: Answer = await self._run(indexes.explained(steps, name), timeout)
        return made

    async def _make(self, call: Call, timeout: Optional[float]) -> Any:
        if timeout is None and call.limited:
            timeout = self.timeout
        backoff = Backoff(self._retry, timeout)
        repeated = False
        while True:
            try:
                answer = await self._shared(call, backoff.seconds_left())
                if answer is not None:
                    return answer
                return await self._attempt(call, backoff.seconds_left())
            except errors.AnnodError as error:
                error.repeated = repeated
                pause = backoff.next_pause(error, self._answered)
                if pause is None or not call.repeat:
                    raise
                wanted = wants_connection(error)
            repeated = True
            await self._pause(pause, wanted)

    async def _pause(self, seconds: float, for_server: bool) -> None:
        """Waits for so long, or only until a server is there."""
        end = time.monotonic() + seconds
        if for_server:
            # A sleep would not see one that is back and gone again by its end.
            try:
                await self._open().health(b"", timeout=seconds, wait_for_ready=True)
                seconds = CONNECTED_PAUSE
            except (grpc.RpcError, grpc.aio.UsageError):
                pass
        await asyncio.sleep(min(seconds, max(0, end - time.monotonic())))

    async def _shared(self, call: Call, left: Optional[float]) -> Any:
        """The answer of a call that shares a message; None: it is to be made."""
        if self._coalescer is None or not isinstance(call, QueryCall):
            return None
        return await self._coalescer.ask(call, left)

    async def _attempt(self, call: Call, left: Optional[float]) -> Any:
        try:
            answer = call.bound(self._open())(call.argument(), timeout=left)
            if call.on_message is None:
                made = await answer
                self._answered = True
                return made
            last = None
            async for message in answer:
                self._answered = True
                call.on_message(message)
                last = message
            return last
        except grpc.RpcError as error:
            link = self._link
            raise errors.from_rpc(error, link.address, link.by_tls) from None
        except grpc.aio.UsageError as error:
            raise errors.Closed(
                f"the client of {self._link.address} is closed"
            ) from error


async def batches(source: Any, size: int) -> AsyncIterator[Any]:
    """Blocks of what an asynchronous iterable gives: rows, or blocks of them."""
    block: List[Any] = []
    async for row in source:
        if getattr(row, "ndim", 1) == 2 or hasattr(row, "columns"):
            if block:
                yield block
                block = []
            yield row
            continue
        block.append(row)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block
