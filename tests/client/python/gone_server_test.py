"""Servers that go, hang or refuse: told within the timeout of the call."""

import asyncio
import concurrent.futures
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

import annod
from annod import Annoy, AnnoyIndex, Client, Retry, aio, errors
from annod.v1 import index_service_pb2, index_service_pb2_grpc
from annod_server import AnnodServer, lasting_port, stop_process
from behaviour import points


# Less than what calls wait for by themselves, more than a busy machine takes.
_SOON = 8


def seconds_of(test, call, *kinds):
    """How long a call takes to fail, with one of these."""
    start = time.monotonic()
    with test.assertRaises(kinds):
        call()
    return time.monotonic() - start


class GoneTest(unittest.TestCase):
    def setUp(self):
        self.server = AnnodServer()
        self.stopped = False
        self.addCleanup(lambda: self.stopped or self.server.stop())

    def stop(self):
        self.server.stop()
        self.stopped = True

    def test_one_that_ends_is_told_within_the_timeout(self):
        with Client(self.server.address, timeout=0.5) as client:
            client.fit("here", points(20), metric="l2")
            index = AnnoyIndex(index="here", server=client)
            estimator = Annoy(index="here", server=client)
            self.stop()
            for call in (client.indexes, lambda: client.query("here", points(1)), lambda: index.get_nns_by_item(0, 1), lambda: estimator.get_nns_by_item(0, 1), lambda: client.add("here", points(1), ids=[1])):
                self.assertLess(seconds_of(self, call, errors.NotAnswering), _SOON)
            self.assertLess(seconds_of(self, lambda: client.info("here", timeout=0.2), errors.NotAnswering), _SOON)

    def test_one_that_hangs_is_told_within_the_timeout(self):
        with Client(self.server.address, timeout=0.5) as client:
            client.fit("here", points(20), metric="l2")
            index = AnnoyIndex(index="here", server=client)
            workers = self.server.worker_pids()
            try:
                for pid in workers:
                    stop_process(pid)
                for call in (client.indexes, lambda: client.query("here", points(1)), lambda: index.get_nns_by_item(0, 1), lambda: index.get_n_items(), lambda: list(client.stream("here", points(1), timeout=0.5))):
                    self.assertLess(seconds_of(self, call, errors.TooSlow, errors.NotAnswering), _SOON)
            finally:
                for pid in workers:
                    os.kill(pid, signal.SIGCONT)
            self.assertEqual(client.query("here", points(3), 1, timeout=30).ids.ravel().tolist(), [0, 1, 2])

    def test_retries_are_as_told(self):
        with Client(self.server.address) as client:
            client.indexes()
            self.stop()
        once = Client(self.server.address, retry=annod.NO_RETRY)
        patient = Client(self.server.address, retry=Retry(first_window=3.0))
        waited = seconds_of(self, patient.indexes, errors.NotAnswering)
        self.assertGreater(waited, 1.5)
        self.assertLess(seconds_of(self, once.indexes, errors.NotAnswering), waited)

    def test_options_metadata_and_tokens_go_along(self):
        seen = []

        class Refusing(index_service_pb2_grpc.IndexServiceServicer):
            def ListIndexes(self, request, context):
                seen.append(dict(context.invocation_metadata()))
                if len(seen) < 3:
                    context.set_trailing_metadata((("grpc-retry-pushback-ms", "10"),))
                    context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")

        fake = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        index_service_pb2_grpc.add_IndexServiceServicer_to_server(Refusing(), fake)
        port = fake.add_insecure_port("127.0.0.1:0")
        fake.start()
        self.addCleanup(fake.stop, None)
        with Client(f"127.0.0.1:{port}", token="secret", metadata=[("tenant", "me")], options=[("grpc.primary_user_agent", "mine")]) as client:
            with self.assertRaises(errors.NotAllowed) as caught:
                client.indexes()
        self.assertEqual(caught.exception.code, "UNAUTHENTICATED")
        self.assertEqual(len(seen), 3)
        self.assertEqual((seen[0]["authorization"], seen[0]["tenant"]), ("Bearer secret", "me"))
        self.assertTrue(seen[0]["user-agent"].startswith("mine"))


class BackTest(unittest.TestCase):
    """A server that comes back is asked at once, whatever pause is under way."""

    PAUSE = 120.0  # seconds, less a half at random
    SETTINGS = {"timeout": 600.0, "retry": Retry(window=600, first_window=600, first_pause=PAUSE, longest_pause=PAUSE)}

    def expect_at_once(self, ask):
        port = lasting_port()
        tried = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            begun = time.monotonic()
            answer = pool.submit(ask, f"127.0.0.1:{port}", lambda: tried.set() or "token")
            tried.wait(60)
            server = AnnodServer(f"--listen=127.0.0.1:{port}")
            self.addCleanup(server.stop)
            self.assertEqual(answer.result(timeout=300), [])
        self.assertLess(time.monotonic() - begun, self.PAUSE / 2)

    def test_blocking(self):
        def ask(address, token):
            with Client(address, token=token, **self.SETTINGS) as client:
                return client.indexes()

        self.expect_at_once(ask)

    def test_for_asyncio(self):
        async def ask(address, token):
            async with aio.Client(address, token=token, **self.SETTINGS) as client:
                return await client.indexes()

        self.expect_at_once(lambda *arguments: asyncio.run(ask(*arguments)))


class Frozen(index_service_pb2_grpc.IndexServiceServicer):
    """Takes ListIndexes and answers when it is told to."""

    def __init__(self):
        self.asked = 0
        self.go_on = threading.Event()

    def ListIndexes(self, request, context):
        self.asked += 1
        self.go_on.wait()
        return index_service_pb2.ListIndexesResponse()


class AttemptTest(unittest.TestCase):
    def setUp(self):
        self.frozen, self.well = Frozen(), Frozen()
        self.well.go_on.set()
        self.ports = [self.serve(self.frozen), self.serve(self.well)]
        self.both = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def serve(self, servicer):
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(32))
        index_service_pb2_grpc.add_IndexServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(server.stop, None)
        self.addCleanup(servicer.go_on.set)
        return port

    def test_a_server_that_has_frozen_costs_an_attempt(self):
        with Client(self.both, attempt_timeout=2.0) as client:
            give_up = time.monotonic() + 60
            while not self.frozen.asked and time.monotonic() < give_up:
                self.assertEqual(client.indexes(), [])
        self.assertGreater(self.frozen.asked, 0)

    def test_for_asyncio(self):
        async def ask():
            async with aio.Client(self.both, attempt_timeout=2.0) as client:
                give_up = time.monotonic() + 60
                while not self.frozen.asked and time.monotonic() < give_up:
                    self.assertEqual(await client.indexes(), [])

        asyncio.run(ask())
        self.assertGreater(self.frozen.asked, 0)

    def test_five_attempts_are_the_most(self):
        with Client(f"127.0.0.1:{self.ports[0]}", attempt_timeout=0.05) as client:
            self.assertRaises(errors.TooSlow, client.indexes)
        self.assertLessEqual(self.frozen.asked, 5)

    def test_what_it_may_be(self):
        for seconds, kind in ((0, ValueError), (-1.0, ValueError), (float("inf"), ValueError), ("1s", TypeError), (True, TypeError)):
            with self.subTest(seconds):
                self.assertRaises(kind, Client, "localhost:1", attempt_timeout=seconds)


class Listing(index_service_pb2_grpc.IndexServiceServicer):
    """Answers ListIndexes, and keeps who asked."""

    def __init__(self):
        self.seen = []

    def ListIndexes(self, request, context):
        self.seen.append(dict(context.invocation_metadata()).get("authorization"))
        return index_service_pb2.ListIndexesResponse()


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="annod_python_")
        cls.addClassCleanup(directory.cleanup)
        cls.roots, key = pathlib.Path(directory.name, "roots.pem"), pathlib.Path(directory.name, "key.pem")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run([*command, "-keyout", str(key), "-out", str(cls.roots)], check=True, capture_output=True, timeout=60)
        cls.listing = Listing()
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        index_service_pb2_grpc.add_IndexServiceServicer_to_server(cls.listing, server)
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key.read_bytes(), cls.roots.read_bytes())]))
        server.start()
        cls.addClassCleanup(server.stop, None)
        cls.address = f"127.0.0.1:{port}"

    def test_roots_as_a_path_as_bytes_and_as_credentials(self):
        roots = self.roots.read_bytes()
        for tls in (str(self.roots), self.roots, roots, grpc.ssl_channel_credentials(roots)):
            with Client(self.address, tls=tls, token="secret") as client:
                self.assertEqual(client.indexes(), [])
            self.assertEqual(self.listing.seen[-1], "Bearer secret")

    def test_for_asyncio(self):
        async def ask():
            async with aio.Client(self.address, tls=self.roots, token="other") as client:
                return await client.indexes()

        self.assertEqual(asyncio.run(ask()), [])
        self.assertEqual(self.listing.seen[-1], "Bearer other")

    def test_without_it_there_is_no_server(self):
        for tls in (None, True):
            with Client(self.address, tls=tls, retry=annod.NO_RETRY) as client:
                self.assertRaises(errors.NotAnswering, client.indexes)

    def test_what_tls_may_not_be(self):
        self.assertRaises(TypeError, Client, self.address, tls=7)
        self.assertRaises(OSError, Client, self.address, tls="/nowhere/roots.pem")


if __name__ == "__main__":
    unittest.main()
