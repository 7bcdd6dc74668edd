"""annod.aio.Client: the same calls, awaited, on a real server."""

import asyncio
import inspect
import itertools
import os
import time
import unittest

import numpy as np

import annod
from annod import aio, errors
from annod_server import AnnodServer, ServerTest
from behaviour import points


class AioTest(ServerTest):
    def run_with(self, steps, *args):
        """Runs `steps(client)` with a client of its own."""

        async def whole():
            async with aio.Client(self.server.address) as client:
                return await steps(client, *args)

        return asyncio.run(whole())

    def test_has_every_call_of_the_blocking_client_with_its_arguments(self):
        for name, call in inspect.getmembers(annod.Client, inspect.isfunction):
            if name.startswith("_"):
                continue
            other = getattr(aio.Client, name)
            self.assertEqual(list(inspect.signature(call).parameters), list(inspect.signature(other).parameters), name)
            if name != "stream":
                self.assertTrue(inspect.iscoroutinefunction(other), name)

    def test_a_whole_life(self):
        rows = points(300)
        path = self.new_path("out.ann")

        async def steps(client):
            await client.create("life", 3, "l2")
            await client.upsert("life", range(300), rows, labels=range(300))
            seen = []
            self.assertEqual((await client.build("life", 5, on_progress=seen.append)).item_count, 300)
            self.assertEqual(seen[-1].phase, "done")
            found = await client.query("life", rows[:4], 1, include_labels=True)
            self.assertEqual((found.ids.ravel().tolist(), found.labels), ([0, 1, 2, 3], [[0], [1], [2], [3]]))
            self.assertEqual((await client.query("life", rows[:4], 2, allow_items=[])).counts.tolist(), [0] * 4)
            nothing = [block async for block in client.stream("life", rows[:4], 2, allow_items=[])]
            self.assertEqual([(block.counts.tolist(), block.version) for block in nothing], [([0] * 4, 1)])
            self.assertEqual((await client.get("life", [7])).labels, [7])
            self.assertEqual(await client.distance("life", 1, 1), 0.0)
            self.assertEqual((await client.remove("life", [1])).count, 1)
            await client.build("life")
            self.assertEqual((await client.versions("life")).kept, (1, 2))
            self.assertEqual((await client.rollback("life")).version, 1)
            self.assertEqual(await client.export("life", path), os.path.getsize(path))
            self.assertEqual((await client.restore("life2", path, metric="l2", dimension=3)).item_count, 300)
            self.assertEqual(len(await client.serialize("life", format="native")), os.path.getsize(path))
            self.assertEqual((await client.fit("life", rows[:9], append=True)).first_id, 300)
            self.assertEqual((await client.rebuild("life", "life3", metric="dot")).item_count, 308)
            self.assertEqual(await client.health("life"), "serving")
            self.assertTrue(await client.exists("life3"))
            for name in ("life", "life2", "life3"):
                await client.drop(name)
            with self.assertRaisesRegex(errors.NoSuchIndex, "no index 'life'"):
                await client.info("life")

        self.run_with(steps)

    def test_asynchronous_iterables(self):
        rows = points(5000)

        async def source():
            for row in rows:
                yield row

        async def steps(client):
            await client.create("source", 3, "l2")
            stored = await client.add("source", source(), ids=itertools.count(7), labels=map(str, range(5000)))
            self.assertEqual(stored.tolist(), list(range(7, 5007)))
            await client.build("source", 1, no_graph=True)
            found = [block.ids.ravel() async for block in client.stream("source", source(), 1, engine="exact", batch=64)]
            self.assertEqual(np.concatenate(found).tolist(), stored.tolist())

            async def last():
                for row in [*rows[:4999], [1, 2, float("nan")]]:
                    yield row

            with self.assertRaisesRegex(ValueError, r"X\[4096:\]\[903\]\[2\] is nan.*4096 rows are stored"):
                await client.add("source", last())
            await client.drop("source")

        self.run_with(steps)

    def test_streams(self):
        rows = points(300)

        async def steps(client):
            await client.fit("streams", rows, metric="l2", trees=3)
            for count in (0, 1, 31, 32, 33, 300):
                found = [block async for block in client.stream("streams", rows[:count], 1, engine="exact")]
                self.assertEqual([i for block in found for i in block.ids.ravel().tolist()], list(range(count)))
            async for _ in client.stream("streams", itertools.repeat(rows[0]), 1):
                break
            with self.assertRaises(errors.WrongState):
                async for _ in client.stream("streams", rows, 1, version=9):
                    pass
            with self.assertRaises(errors.TooSlow):
                async for _ in client.stream("streams", itertools.repeat(rows[0]), 1, timeout=0.3):
                    pass
            answered = []
            async for block in client.stream("streams", np.tile(rows, (20, 1)), 1, engine="exact"):
                answered.extend(block.ids.ravel().tolist())
                if len(answered) in (1600, 3200):
                    for pid in self.server.worker_pids():
                        self.server.kill_worker(pid)
            self.assertEqual(answered, list(range(300)) * 20)
            await client.drop("streams")

        self.run_with(steps)

    def test_a_thousand_calls_at_once(self):
        rows = points(300)

        async def steps(client):
            await client.fit("many", rows, metric="l2", trees=3)
            found = await asyncio.gather(*(client.query("many", rows[k % 300], 1, engine="exact") for k in range(1000)))
            self.assertEqual([int(answer.ids[0, 0]) for answer in found], [k % 300 for k in range(1000)])
            await client.drop("many")

        self.run_with(steps)

    def test_errors(self):
        async def steps(client):
            with self.assertRaises(errors.AnnodError) as caught:
                await client.create("none", 3, "l2", default_n=-1)
            self.assertEqual((caught.exception.reason, caught.exception.metadata["field"]), ("INVALID_FIELD", "default_n"))
            await client.close()
            for call in (client.indexes(), client.query("x", [1])):
                with self.assertRaises(errors.Closed):
                    await call

        self.run_with(steps)


class GoneTest(unittest.TestCase):
    def test_is_told_in_time(self):
        async def steps(address):
            async with aio.Client(address, timeout=1.0) as client:
                with self.assertRaises(errors.NotAnswering):
                    await client.indexes()

        start = time.monotonic()
        asyncio.run(steps("127.0.0.1:1"))
        self.assertLess(time.monotonic() - start, 8)

    def test_a_server_that_comes_back_is_waited_for(self):
        server = AnnodServer()
        self.addCleanup(server.stop)

        async def steps():
            async with aio.Client(server.address) as client:
                await client.indexes()
                for pid in server.worker_pids():
                    server.kill_worker(pid)
                await client.indexes()

        asyncio.run(steps())


if __name__ == "__main__":
    unittest.main()
