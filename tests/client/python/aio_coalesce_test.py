"""annod.aio.Client(coalesce=): calls that wait at the same time share messages."""

import asyncio
import time
import unittest

import numpy as np

from annod import aio, errors
from annod.aio.coalescing import Coalescer
from annod.calls.queries import QueryCall
from annod.results import Neighbors
from annod_server import ServerTest
from behaviour import points


class Asking:
    """How queries of one byte ask whose answers are themselves."""

    def __init__(self, head=b"h"):
        self.head = head

    def step(self):
        return 100

    def neighbors(self, responses):
        ids = np.frombuffer(responses[0], dtype=np.uint8).astype(np.int32)
        return Neighbors(ids=ids[:, None], counts=np.ones(len(ids), dtype=np.int32))


async def until(condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it does not come")
        await asyncio.sleep(0)


class Wire:
    """Messages under way, answered when a test says so."""

    def __init__(self):
        self.sent = []
        self.lefts = []

    async def send(self, request, left):
        answer = asyncio.get_running_loop().create_future()
        self.sent.append((request, answer))
        self.lefts.append(left)
        return await answer

    def requests(self):
        return [request for request, _ in self.sent]

    def answer(self, number):
        request, answer = self.sent[number]
        answer.set_result(request[1:])

    def fail(self, number, error):
        self.sent[number][1].set_exception(error)

    async def await_sent(self, count):
        await until(lambda: len(self.sent) >= count)


class CoalescerTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.wire = Wire()
        # A window that no test waits for.
        self.coalescer = Coalescer(4, 1000, self.wire.send)
        self.asking = Asking()

    def ask(self, queries, left=None, asking=None, alike=True):
        asking = asking or self.asking
        call = QueryCall("", "", asking.head + queries, asking=asking, queries=queries, count=len(queries), alike=alike)
        return asyncio.ensure_future(self.coalescer.ask(call, left))

    async def asked(self, calls):
        return [(await call).ids.ravel().tolist() for call in calls]

    async def test_a_lone_call_goes_out_as_it_is(self):
        call = self.ask(b"a")
        await self.wire.await_sent(1)
        self.assertEqual(self.wire.requests(), [b"ha"])
        self.wire.answer(0)
        self.assertEqual(await self.asked([call]), [[97]])

    async def test_calls_at_once_share_messages(self):
        calls = [self.ask(bytes([k])) for k in range(7)]
        await self.wire.await_sent(2)
        self.wire.answer(0)
        await self.wire.await_sent(3)
        self.assertEqual(self.wire.requests(), [b"h\x00", b"h\x01\x02\x03\x04", b"h\x05\x06"])
        self.wire.answer(2)
        self.wire.answer(1)
        self.assertEqual(await self.asked(calls), [[k] for k in range(7)])

    async def test_a_full_message_waits_for_nobody(self):
        calls = [self.ask(queries) for queries in (b"a", b"b", b"cd", b"efgh", b"i")]
        await self.wire.await_sent(3)
        self.assertEqual(self.wire.requests(), [b"ha", b"hbcd", b"hefgh"])
        for number in range(3):
            self.wire.answer(number)
        await self.wire.await_sent(4)
        self.wire.answer(3)
        await self.asked(calls)

    async def test_while_two_are_under_way_others_wait(self):
        first = [self.ask(b"a")]
        await self.wire.await_sent(1)
        second = [self.ask(b"b")]
        await self.wire.await_sent(2)
        others = [self.ask(b"cd"), self.ask(b"e"), self.ask(b"f", asking=Asking(b"H"))]
        await asyncio.sleep(0.01)
        self.assertEqual(self.wire.requests(), [b"ha", b"hb"])
        self.wire.answer(1)
        await self.wire.await_sent(3)
        self.assertEqual(self.wire.requests()[2:], [b"hcde"])
        self.wire.answer(0)
        await self.wire.await_sent(4)
        self.assertEqual(self.wire.requests()[3:], [b"Hf"])
        self.wire.answer(2)
        self.wire.answer(3)
        self.assertEqual(await self.asked(first + second + others), [[97], [98], [99, 100], [101], [102]])

    async def test_no_call_waits_longer_than_the_window(self):
        self.coalescer = Coalescer(4, 0.01, self.wire.send)
        calls = [self.ask(b"a")]
        await self.wire.await_sent(1)
        for count, queries in ((2, b"b"), (3, b"c")):
            calls.append(self.ask(queries))
            await self.wire.await_sent(count)
        for number in range(3):
            self.wire.answer(number)
        self.assertEqual(await self.asked(calls), [[97], [98], [99]])

    async def test_what_cannot_be_shared_is_left_to_the_caller(self):
        self.assertIsNone(await self.ask(b"a", alike=False))
        self.assertIsNone(await self.ask(b"abcde"))
        self.assertEqual(self.wire.requests(), [])

    async def test_each_call_has_its_own_deadline(self):
        calls = [self.ask(b"a"), self.ask(b"b", left=0.01), self.ask(b"c", left=1000)]
        await self.wire.await_sent(2)
        with self.assertRaises(errors.TooSlow):
            await calls[1]
        self.assertGreater(self.wire.lefts[1], 900)
        self.wire.answer(0)
        self.wire.answer(1)
        self.assertEqual(await self.asked([calls[0], calls[2]]), [[97], [99]])

    async def test_an_error_of_others_is_nobodys(self):
        calls = [self.ask(queries) for queries in (b"a", b"b", b"c")]
        await self.wire.await_sent(2)
        self.wire.fail(0, errors.NoSuchItem("alone"))
        self.wire.fail(1, errors.NoSuchItem("together"))
        with self.assertRaisesRegex(errors.NoSuchItem, "alone"):
            await calls[0]
        self.assertEqual([await call for call in calls[1:]], [None, None])

    async def test_a_server_with_too_much_to_do_is_everybodys(self):
        calls = [self.ask(queries) for queries in (b"a", b"b", b"c")]
        await self.wire.await_sent(2)
        self.wire.answer(0)
        self.wire.fail(1, errors.Overloaded("busy"))
        caught = []
        for call in calls[1:]:
            with self.assertRaises(errors.Overloaded) as raised:
                await call
            caught.append(raised.exception)
        self.assertIsNot(caught[0], caught[1])
        await calls[0]

    async def test_who_gives_up_disturbs_nobody(self):
        calls = [self.ask(queries) for queries in (b"a", b"b", b"c")]
        await self.wire.await_sent(2)
        calls[1].cancel()
        self.wire.answer(0)
        self.wire.answer(1)
        self.assertEqual(await self.asked([calls[0], calls[2]]), [[97], [99]])

    async def test_a_message_that_nobody_waits_for_is_given_up(self):
        first = self.ask(b"a")
        calls = [self.ask(b"b"), self.ask(b"c")]
        await self.wire.await_sent(2)
        for call in calls:
            call.cancel()
        await until(self.wire.sent[1][1].cancelled)
        self.wire.answer(0)
        await first

    async def test_an_answer_that_is_too_short_is_an_error(self):
        calls = [self.ask(queries) for queries in (b"a", b"b", b"c")]
        await self.wire.await_sent(2)
        self.wire.answer(0)
        self.wire.sent[1][1].set_result(b"b")
        self.assertEqual([await call for call in calls[1:]], [None, None])


class CoalesceTest(ServerTest):
    def run_with(self, steps):
        async def whole():
            async with aio.Client(self.server.address, coalesce=8) as client:
                await steps(client)

        asyncio.run(whole())

    def test_a_thousand_calls_at_once(self):
        rows = points(300)

        async def steps(client):
            await client.fit("many", rows, metric="l2", trees=3)
            for options in ({}, {"include_labels": True}, {"include_vectors": True}, {"n": 7}):
                asked = {"n": 1, "engine": "exact", **options}
                found = await asyncio.gather(*(client.query("many", rows[k % 300], **asked) for k in range(250)))
                self.assertEqual([int(answer.ids[0, 0]) for answer in found], list(range(250)))
                self.assertEqual({answer.ids.shape for answer in found}, {(1, asked["n"])})
                if "include_vectors" in options:
                    self.assertEqual([answer.vectors[0, 0].tolist() for answer in found], rows[:250].tolist())
            await client.drop("many")

        self.run_with(steps)

    def test_errors_and_deadlines_are_each_calls_own(self):
        rows = points(300)

        async def steps(client):
            await client.fit("own", rows, metric="l2", trees=3)
            calls = [client.query("own", items=[300 if k % 5 == 2 else k], n=1) for k in range(40)]
            for k, answer in enumerate(await asyncio.gather(*calls, return_exceptions=True)):
                if k % 5 == 2:
                    self.assertIsInstance(answer, errors.NoSuchItem)
                else:
                    self.assertEqual(answer.ids.tolist(), [[k]])
            await client.drop("own")
            for answer in await asyncio.gather(*(client.query("own", rows[k]) for k in range(9)), return_exceptions=True):
                self.assertIsInstance(answer, errors.NoSuchIndex)

        self.run_with(steps)

    def test_a_worker_that_dies_loses_no_call(self):
        rows = points(300)

        async def steps(client):
            await client.fit("killed", rows, metric="l2", trees=3)

            async def caller(first):
                for k in range(first, 300, 10):
                    self.assertEqual((await client.query("killed", rows[k], 1, engine="exact")).ids.tolist(), [[k]])
                    if k in (100, 200):
                        for pid in self.server.worker_pids():
                            self.server.kill_worker(pid)

            await asyncio.gather(*(caller(first) for first in range(10)))
            await client.drop("killed")

        self.run_with(steps)

    def test_closing_ends_calls(self):
        rows = points(300)

        async def steps(client):
            await client.fit("closing", rows, metric="l2", trees=3)
            await client.query("closing", rows[0], 1)
            calls = [asyncio.ensure_future(client.query("closing", rows[k], 1)) for k in range(40)]
            await asyncio.sleep(0)
            await client.close()
            for answer in await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 60):
                self.assertIsInstance(answer, (Neighbors, errors.AnnodError, asyncio.CancelledError))

        self.run_with(steps)


if __name__ == "__main__":
    unittest.main()
