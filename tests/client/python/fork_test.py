"""Forked children: a clear error at once, never a hang; the parent goes on."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from annod import Annoy, AnnoyIndex, Client, Connection, aio, connect, errors
from annod_server import ServerTest
from behaviour import points

# A child that has not ended by then hangs.
_CHILD_SECONDS = 60


def in_child(work):
    """Runs `work` in a forked child; what it returns as text."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            text = work()
        except BaseException as error:  # pylint: disable=broad-except
            text = f"{type(error).__name__}: {error}"
        os.write(writer, text.encode()[:4000])
        os._exit(0)
    os.close(writer)
    deadline = time.monotonic() + _CHILD_SECONDS
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(reader)
            return "hangs"
        time.sleep(0.002)
    with os.fdopen(reader, "rb") as pipe:
        return pipe.read().decode()


def refused(*calls):
    """How many of the calls are refused for the fork, each at once."""
    count = 0
    for call in calls:
        start = time.monotonic()
        try:
            call()
        except errors.Forked:
            count += time.monotonic() - start < 5
    return f"{count} of {len(calls)}"


def ask_elsewhere(address, answers):
    try:
        answers.put(len(Client(address).indexes()) >= 0)
    except errors.AnnodError as error:
        answers.put(type(error).__name__)


class ForkTest(ServerTest):
    def test_while_calls_are_in_flight(self):
        client = Client(self.server.address)
        self.addCleanup(client.close)
        client.fit("forks", points(300), metric="l2", trees=3)
        index = AnnoyIndex(3, "l2")
        index.add_item(0, [1, 2, 3])
        index.build(1)
        estimator = Annoy(metric="l2").fit(points(20))
        done = threading.Event()

        def ask():
            while not done.is_set():
                client.query("forks", points(5), 3)

        def stream():
            while not done.is_set():
                for _ in client.stream("forks", points(500), 3):
                    pass

        threads = [threading.Thread(target=work) for work in (ask, ask, stream)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(15):
                time.sleep(0.01)
                answer = in_child(
                    lambda: refused(
                        lambda: client.query("forks", points(1)),
                        lambda: list(client.stream("forks", points(1))),
                        Client(self.server.address).indexes,
                        lambda: asyncio.run(aio.Client(self.server.address).indexes()),
                        lambda: index.get_nns_by_item(0, 1),
                        lambda: estimator.transform(points(1)),
                        lambda: AnnoyIndex(3, "l2").add_item(0, [1, 2, 3]),
                        lambda: connect().index_service,
                        lambda: Connection(self.server.address).admin_service,
                    )
                )
                self.assertEqual(answer, "9 of 9")
        finally:
            done.set()
            for thread in threads:
                thread.join()
        self.assertEqual(index.get_nns_by_item(0, 1), [0])

    def test_the_error_says_what_to_do(self):
        connect().index_service
        self.assertIn("'spawn' or 'forkserver'", in_child(lambda: str(Client().indexes())))

    def test_a_child_may_close_what_it_inherited(self):
        index = AnnoyIndex(3, "l2")
        index.add_item(0, [1, 2, 3])
        index.build(1)
        client = Client(self.server.address)
        client.indexes()

        def close():
            index.close()
            client.close()
            connect().close()
            return "closed"

        self.assertEqual(in_child(close), "closed")
        self.assertEqual(index.get_nns_by_item(0, 1), [0])
        client.close()

    def test_a_child_that_ends_as_programs_do(self):
        program = """
import os, sys
from annod import AnnoyIndex
t = AnnoyIndex(2, "dot")
t.add_item(0, [1, 2])
t.get_n_items()
pid = os.fork()
if pid == 0:
    sys.exit(0)
print(os.waitpid(pid, 0)[1], t.get_n_items())
"""
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, text=True)
        self.assertEqual((ran.stdout, ran.stderr), ("0 1\n", ""))

    def test_processes_that_are_spawned_or_forked_early_ask_as_they_like(self):
        program = """
import os, sys
from annod import AnnoyIndex, Client
client, index = Client(), AnnoyIndex(2, "dot")
pid = os.fork()
index.add_item(0, [1, 2])
print(index.get_n_items(), flush=True)
index.close()
client.indexes()
if pid:
    sys.exit(os.waitpid(pid, 0)[1])
"""
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, text=True)
        self.assertEqual((ran.stdout, ran.stderr), ("1\n1\n", ""))
        connect().index_service
        spawning = multiprocessing.get_context("spawn")
        answers = spawning.Queue()
        process = spawning.Process(target=ask_elsewhere, args=(self.server.address, answers))
        process.start()
        self.assertIs(answers.get(timeout=60), True)
        process.join()


if __name__ == "__main__":
    unittest.main()
