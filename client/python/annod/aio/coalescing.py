"""Queries of calls that wait at the same time, in one message."""

import asyncio
import copy
from typing import Any, Awaitable, Callable, Dict, List, Optional

from annod import errors
from annod.calls.queries import QueryCall
from annod.results import Neighbors

# One that is answered while the next one is on its way.
_MESSAGES_UNDER_WAY = 2

# Sends a request; seconds that the answer may take, None: any.
Send = Callable[[bytes, Optional[float]], Awaitable[bytes]]


class _Waiting:
    """One call in a message."""

    def __init__(self, call: QueryCall, until: Optional[float], answer: Any):
        self.call = call
        self.until = until
        self.answer = answer


class _Message:
    """Calls that are sent together, all with the same head."""

    def __init__(self, head: bytes):
        self.head = head
        self.calls: List[_Waiting] = []
        self.count = 0
        self.task: Any = None

    def live(self) -> List[_Waiting]:
        """The calls that have not given up."""
        return [one for one in self.calls if not one.answer.done()]


class Coalescer:
    """Gathers the GetNns calls of an event loop into messages of many queries, for a
    message costs client and server more than the search of a query does.

    While none is under way a call goes out at once, as it is. After it those that ask
    alike share a message, if they are made without a pause between them; while two
    messages are under way they wait, until one has ended or `window` seconds are
    over. So a lone caller never waits, and messages grow with the load.

    Args:
      most: queries of a message. One that has so many waits for nothing.
      send: sends a request and gives the answer's bytes.
    """

    def __init__(self, most: int, window: float, send: Send):
        self._most = most
        self._window = window
        self._send = send
        self._under_way = 0
        self._due = False
        # By their heads, in the order of their arrival.
        self._waiting: Dict[bytes, _Message] = {}

    async def ask(self, call: QueryCall, left: Optional[float]) -> Optional[Neighbors]:
        """The call's answer within `left` seconds. None: it is to be made alone; it
        cannot be shared, or an error of its message may be of another's query."""
        if not call.alike or call.count > self._room(call):
            return None
        if self._under_way == 0 and not self._due:
            self._under_way = 1
            try:
                data = await self._send(call.request, left)
            finally:
                self._ended()
            found: Neighbors = call.asking.neighbors([data])
            return found
        loop = asyncio.get_running_loop()
        until = None if left is None else loop.time() + left
        answer = loop.create_future()
        message = self._message(call)
        message.calls.append(_Waiting(call, until, answer))
        message.count += call.count
        timer = None
        if left is not None:
            timer = loop.call_later(left, _give_up, answer)
        try:
            made: Optional[Neighbors] = await answer
            return made
        finally:
            if timer is not None:
                timer.cancel()
            if message.task is not None and not message.live():
                message.task.cancel()

    def _room(self, call: QueryCall) -> int:
        room: int = min(self._most, call.asking.step())
        return room

    def _message(self, call: QueryCall) -> _Message:
        """The message that waits for such calls, perhaps a new one."""
        message = self._waiting.get(call.head)
        if message is not None and message.count + call.count <= self._room(call):
            return message
        if message is not None:
            self._begin(message)
        message = self._waiting[call.head] = _Message(call.head)
        loop = asyncio.get_running_loop()
        if self._under_way >= _MESSAGES_UNDER_WAY:
            loop.call_later(self._window, self._begin, message)
        elif not self._due:
            self._due = True
            loop.call_soon(self._begin_due)
        return message

    def _begin_due(self) -> None:
        self._due = False
        while self._waiting and self._under_way < _MESSAGES_UNDER_WAY:
            self._begin(next(iter(self._waiting.values())))

    def _begin(self, message: _Message) -> None:
        """Sends a message, if that has not been done."""
        if self._waiting.get(message.head) is not message:
            return
        del self._waiting[message.head]
        calls = message.live()
        if not calls:
            return
        self._under_way += 1
        message.task = asyncio.ensure_future(self._pass_on(message.head, calls))
        message.task.add_done_callback(self._ended)

    def _ended(self, unused: Any = None) -> None:
        self._under_way -= 1
        self._begin_due()

    async def _pass_on(self, head: bytes, calls: List[_Waiting]) -> None:
        """Sends a message and gives each call its part of the answer."""
        untils = [one.until for one in calls if one.until is not None]
        left = None
        if len(untils) == len(calls):
            left = max(max(untils) - asyncio.get_running_loop().time(), 0.001)
        try:
            queries = b"".join(one.call.queries for one in calls)
            data = await self._send(head + queries, left)
            found = calls[0].call.asking.neighbors([data])
            if len(found) != sum(one.call.count for one in calls):
                raise errors.CallFailed("there are not as many answers as queries")
            begin = 0
            for one in calls:
                end = begin + one.call.count
                _end(one, found.part(begin, end))
                begin = end
        except Exception as error:
            # To ask again one by one would make matters worse.
            everybodys = len(calls) == 1 or isinstance(error, _NO_QUERYS)
            for one in calls:
                _end(one, error=copy.copy(error) if everybodys else None)
        finally:
            for one in calls:  # the client was closed
                one.answer.cancel()


# What no query is to blame for.
_NO_QUERYS = (errors.Overloaded, errors.NotAnswering, errors.TooSlow, errors.Closed)


def _end(
    one: _Waiting, found: Optional[Neighbors] = None, error: Optional[Exception] = None
) -> None:
    if one.answer.done():
        return
    if error is not None:
        one.answer.set_exception(error)
    else:
        one.answer.set_result(found)


def _give_up(answer: Any) -> None:
    if not answer.done():
        answer.set_exception(
            errors.TooSlow("no answer within the call's timeout", "DEADLINE_EXCEEDED")
        )
