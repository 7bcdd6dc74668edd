"""Temporary indexes: renewed while their objects live, dropped by the server when
their process is gone, however it went, and no wait for a server that is."""

import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from annod import Annoy, AnnoyIndex, Client, Connection, errors
from annod_server import AnnodServer, ServerTest
from behaviour import points

_SECONDS = 60

_CHILD = """
import sys, time
from annod import Annoy, AnnoyIndex, Connection
server = Connection(sys.argv[1], lease_seconds=2)
added = AnnoyIndex(3, "l2", server=server)
added.add_item(0, [1, 2, 3])
added.get_n_items()
fitted = Annoy(3, "l2", server=server).fit([[1, 2, 3], [4, 5, 6]])
rebuilt = fitted.rebuild("l1")
restored = Annoy(3, "l2", server=server).deserialize(fitted.serialize())
print("made", flush=True)
time.sleep(60)
"""


def eventually(test, condition):
    deadline = time.monotonic() + _SECONDS
    while not condition():
        test.assertLess(time.monotonic(), deadline)
        time.sleep(0.05)


class LeaseTest(ServerTest):
    def setUp(self):
        self.client = Client(self.server.address)

    def temporary(self):
        return [index for index in self.client.indexes() if index.lease_seconds]

    def test_a_killed_process_leaves_nothing(self):
        for how in (signal.SIGKILL, signal.SIGTERM):
            child = subprocess.Popen(
                [sys.executable, "-c", _CHILD, self.server.address],
                stdout=subprocess.PIPE,
            )
            try:
                self.assertEqual(child.stdout.readline(), b"made\n")
                self.assertEqual(len(self.temporary()), 4)
                self.assertEqual({index.lease_seconds for index in self.temporary()}, {2})
                expiry = {index.name: index.lease_expire_time for index in self.temporary()}
                # As long as it lives they are renewed: beyond their first time.
                eventually(self, lambda: all(index.lease_expire_time > expiry[index.name] for index in self.temporary()))
            finally:
                os.kill(child.pid, how)
                child.wait()
                child.stdout.close()
            eventually(self, lambda: not self.temporary())
            self.assertEqual(self.client.indexes(), [])

    def test_an_object_that_goes_takes_its_index_along(self):
        def make():
            index = AnnoyIndex(3, "l2", server=self.server.address)
            index.add_item(0, [1, 2, 3])
            index.build(1)
            return index

        index = make()
        self.assertEqual([found.lease_seconds for found in self.temporary()], [60])
        del index
        self.assertEqual(self.temporary(), [])
        make().close()
        self.assertEqual(self.temporary(), [])
        unloaded = make()
        unloaded.unload()
        self.assertEqual(self.temporary(), [])
        unloaded.add_item(0, [4, 5, 6])
        unloaded.build(1)
        self.assertEqual(len(self.temporary()), 1)

    def test_an_index_with_a_name_stays(self):
        AnnoyIndex(3, "l2", server=self.server.address, index="named").add_item(0, [1, 2, 3])
        self.assertEqual(self.client.info("named").lease_seconds, 0)
        self.client.drop("named")

    def test_leases_have_limits(self):
        for seconds in (0, -1, 31622401):
            with self.assertRaises(ValueError):
                Connection(self.server.address, lease_seconds=seconds)
        for wrong in ("5", 1.5, True, None):
            with self.assertRaisesRegex(TypeError, "lease_seconds"):
                Connection(self.server.address, lease_seconds=wrong)


class GoneServerTest(unittest.TestCase):
    def test_nobody_waits_for_a_server_that_is_gone(self):
        server = AnnodServer()
        index = AnnoyIndex(3, "l2", server=server.address)
        other = Annoy(3, "l2", server=server.address).fit(points(5))
        index.add_item(0, [1, 2, 3])
        index.get_n_items()
        ended = subprocess.Popen(
            [sys.executable, "-c", _CHILD.replace("time.sleep(60)", "input()"), server.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.assertEqual(ended.stdout.readline(), b"made\n")
        server.stop()
        start = time.monotonic()
        ended.communicate(b"\n")
        index.close()
        other.close()
        self.assertLess(time.monotonic() - start, 8)
        self.assertEqual(ended.returncode, 0)
        with self.assertRaises(errors.Closed):
            index.add_item(1, [1, 2, 3])

    def test_a_child_leaves_the_parents_leases_alone(self):
        server = AnnodServer()
        self.addCleanup(server.stop)
        index = AnnoyIndex(3, "l2", server=Connection(server.address, lease_seconds=1))
        index.add_item(0, [1, 2, 3])
        index.build(1)
        client = Client(server.address)
        expiry = client.indexes()[0].lease_expire_time
        child = os.fork()
        if child == 0:
            alive = [thread.name for thread in threading.enumerate()]
            index.close()
            os._exit("annod-leases" in alive)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        eventually(self, lambda: client.indexes()[0].lease_expire_time > expiry)
        self.assertEqual(index.get_nns_by_item(0, 1), [0])
        index.close()


if __name__ == "__main__":
    unittest.main()
