"""Servers that are started again under load: no call of the clients fails.

ANNOD_RESTARTS=1000 in the environment makes it a thousand times (docs/operations.md).
"""

import asyncio
import os
import tempfile
import threading
import time
import unittest

from annod import Client, aio, errors
from annod_server import AnnodServer, lasting_port
from behaviour import points

_RESTARTS = int(os.environ.get("ANNOD_RESTARTS", 3))
_CLIENTS = ("annod.Client", "annod.aio.Client")


class RestartTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="annod_python_")
        self.addCleanup(directory.cleanup)
        self.flags = [f"--data_dir={directory.name}/data", f"--listen=127.0.0.1:{lasting_port()}"]
        self.server = AnnodServer(*self.flags)
        self.addCleanup(lambda: self.server.stop())
        self.address = self.server.address
        self.stop = threading.Event()
        self.answers = [0, 0]
        self.longest = [0.0, 0.0]
        self.failures = []

    def count(self, client, begun):
        self.answers[client] += 1
        self.longest[client] = max(self.longest[client], time.monotonic() - begun)

    def ask(self):
        with Client(self.address) as client:
            while not self.stop.is_set():
                begun = time.monotonic()
                try:
                    client.query("here", points(1))
                    self.count(0, begun)
                except errors.AnnodError as error:
                    self.failures.append(error)

    async def ask_concurrently(self):
        async with aio.Client(self.address) as client:

            async def ask():
                while not self.stop.is_set():
                    begun = time.monotonic()
                    try:
                        await client.query("here", points(1))
                        self.count(1, begun)
                    except errors.AnnodError as error:
                        self.failures.append(error)

            await asyncio.gather(*[ask() for _ in range(4)])

    def test_no_call_fails(self):
        with Client(self.address) as client:
            client.fit("here", points(20), metric="l2")
        callers = [threading.Thread(target=self.ask) for _ in range(2)]
        callers.append(
            threading.Thread(target=lambda: asyncio.run(self.ask_concurrently()))
        )
        for caller in callers:
            caller.start()
        try:
            for _ in range(_RESTARTS):
                self.await_answers()
                self.server.stop()
                self.server = AnnodServer(*self.flags)
            self.await_answers()
        finally:
            self.stop.set()
            for caller in callers:
                caller.join()
        for name, answers, longest in zip(_CLIENTS, self.answers, self.longest):
            print(f"{name}: {answers} answers over {_RESTARTS} restarts, the longest took {longest:.3f} s")
        self.assertEqual(self.failures, [])

    def await_answers(self):
        """Returns when both clients have had some more."""
        before = list(self.answers)
        waited = threading.Event()
        for _ in range(3000):
            if all(now > old + 10 for now, old in zip(self.answers, before)):
                return
            waited.wait(0.01)
        self.fail(f"{before} answers before, {self.answers} now: {self.failures}")


if __name__ == "__main__":
    unittest.main()
