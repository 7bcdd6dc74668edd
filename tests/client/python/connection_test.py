"""Servers that are missing, workers that die, indexes that come and go."""

import gc
import os
import subprocess
import sys
import threading
import time
import unittest

from annod import Annoy, AnnoyIndex, connect, errors
from annod.v1 import index_service_pb2
from annod_server import AnnodServer, ServerTest
from behaviour import points

_NO_SERVER = "127.0.0.1:1"


def names():
    """Names of the server's indexes."""
    connection = connect()
    request = index_service_pb2.ListIndexesRequest()
    answer = connection.read(connection.index_service.ListIndexes, request)
    return {info.index for info in answer.indexes}


def filled(index):
    for item, row in enumerate(points(30)):
        index.add_item(item, row)
    index.build(3)
    return index


class NoServerTest(unittest.TestCase):
    def test_says_which_server_and_how_it_was_chosen(self):
        for index in (AnnoyIndex(2, "dot", server=_NO_SERVER), Annoy(2, "dot", server=_NO_SERVER)):
            start = time.monotonic()
            with self.assertRaises(ConnectionError) as caught:
                index.add_item(0, [1, 2])
            self.assertLess(time.monotonic() - start, 10)
            self.assertIsInstance(caught.exception, errors.AnnodError)
            for text in (_NO_SERVER, "server=", "ANNOD_SERVER"):
                self.assertIn(text, str(caught.exception))

    def test_a_first_item_that_was_not_taken_fixes_nothing(self):
        for index in (AnnoyIndex(0, "dot", server=_NO_SERVER), Annoy(server=_NO_SERVER)):
            self.assertRaises(ConnectionError, index.add_item, 0, [1, 2])
            self.assertEqual(index.f, 0)

    def test_construction_needs_no_server(self):
        self.assertEqual(AnnoyIndex(2, "dot", server=_NO_SERVER).f, 2)
        self.assertEqual(Annoy(2, "dot", server=_NO_SERVER).get_params()["f"], 2)

    def test_server_must_be_text(self):
        self.assertRaises(TypeError, AnnoyIndex, 2, "dot", server=7077)


class TemporaryIndexTest(ServerTest):
    def test_goes_with_its_object(self):
        index = filled(AnnoyIndex(3, "euclidean"))
        self.assertEqual(len(names()), 1)
        del index
        gc.collect()
        self.assertEqual(names(), set())

    def test_goes_with_close_unload_and_the_end_of_a_with_block(self):
        index = filled(AnnoyIndex(3, "euclidean"))
        index.unload()
        self.assertEqual(names(), set())
        filled(index).close()
        self.assertEqual(names(), set())
        with filled(Annoy(3, "euclidean")):
            self.assertEqual(len(names()), 1)
        self.assertEqual(names(), set())

    def test_goes_with_the_program(self):
        program = "from annod import AnnoyIndex\n" "t = AnnoyIndex(2, 'dot')\n" "t.add_item(0, [1, 2])\n" "print(t.get_n_items())\n"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("1\n", ""))
        self.assertEqual(names(), set())

    def test_is_not_made_by_construction(self):
        index = Annoy(3, "euclidean")
        self.assertEqual((index.get_n_items(), names()), (0, set()))

    def test_two_objects_share_nothing(self):
        first, second = filled(AnnoyIndex(3, "dot")), AnnoyIndex(3, "dot")
        second.add_item(0, [1, 2, 3])
        self.assertEqual((first.get_n_items(), second.get_n_items()), (30, 1))


class NamedIndexTest(ServerTest):
    def test_stays_and_can_be_opened_again(self):
        filled(AnnoyIndex(3, "euclidean", index="kept")).close()
        self.assertIn("kept", names())
        again = AnnoyIndex(index="kept")
        self.assertEqual((again.f, again.metric, again.get_n_items()), (3, "euclidean", 30))
        self.assertEqual(again.get_nns_by_item(4, 1), [4])
        self.assertEqual(Annoy(index="kept").get_nns_by_item(4, 1), [4])

    def test_refuses_another_dimension_or_metric(self):
        filled(AnnoyIndex(3, "euclidean", index="strict"))
        for kind in (AnnoyIndex, Annoy):
            self.assertRaises(ValueError, kind, 4, "euclidean", index="strict")
            self.assertRaises(ValueError, kind, 3, "dot", index="strict")


class KilledWorkerTest(ServerTest):
    def test_calls_go_on_when_workers_are_killed(self):
        index = filled(AnnoyIndex(3, "euclidean"))
        wanted = [index.get_nns_by_item(i, 3) for i in range(30)]
        stop = threading.Event()

        def kill():
            for pid in self.server.worker_pids():
                self.server.kill_worker(pid)
                # The next one dies when the first is back.
                deadline = time.monotonic() + 20
                while len(self.server.worker_pids()) < 2 and time.monotonic() < deadline:
                    time.sleep(0.01)
            stop.set()

        killer = threading.Thread(target=kill)
        killer.start()
        asked = 0
        while not stop.is_set() or asked < 100:
            self.assertEqual(index.get_nns_by_item(asked % 30, 3), wanted[asked % 30])
            asked += 1
        killer.join()

    def test_items_added_around_a_kill_are_all_there(self):
        index = AnnoyIndex(3, "euclidean")
        rows = points(300)
        for item, row in enumerate(rows):
            index.add_item(item, row)
            if item % 100 == 50:
                for pid in self.server.worker_pids():
                    self.server.kill_worker(pid)
                index.get_n_items()
        index.build(3)
        self.assertEqual(index.get_n_items(), 300)
        self.assertEqual(index.get_nns_by_vector(rows[299], 1, 100000), [299])


class AddressTest(unittest.TestCase):
    def test_one_connection_for_each_server(self):
        first, second = AnnodServer(), AnnodServer()
        self.addCleanup(first.stop)
        self.addCleanup(second.stop)
        os.environ["ANNOD_SERVER"] = first.address
        here = filled(AnnoyIndex(3, "dot"))
        there = AnnoyIndex(3, "dot", server=second.address)
        self.assertIs(connect(), connect(first.address))
        self.assertIsNot(connect(), connect(second.address))
        self.assertEqual((here.get_n_items(), there.get_n_items()), (30, 0))
        here.close()


if __name__ == "__main__":
    unittest.main()
