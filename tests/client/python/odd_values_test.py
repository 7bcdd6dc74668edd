"""Values that no call can take are named, by all of the package's classes."""

import copy
import os
import pickle
import tempfile
import unittest

import numpy as np

import annod
from annod import aio
from annod_server import ServerTest

_HUGE = 2**40


class OddValuesTest(ServerTest):
    """One index of three points."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = annod.Client(cls.server.address)
        cls.client.fit("points", np.eye(3), metric="euclidean")

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        super().tearDownClass()

    def test_numbers_too_large_are_named(self):
        client = self.client
        for name, call in (
            ("dimension", lambda: client.create("large", _HUGE, "l2")),
            ("lease_seconds", lambda: client.create("large", 3, "l2", lease_seconds=_HUGE)),
            ("default_n", lambda: client.update("points", default_n=_HUGE)),
            ("tree_count", lambda: client.build("points", trees=_HUGE)),
            ("thread_count", lambda: client.build("points", threads=_HUGE)),
            ("seed", lambda: client.build("points", seed=-1)),
            ("version", lambda: client.activate("points", 2**70)),
            ("search_k", lambda: client.query("points", [1, 0, 0], 2, search_k=_HUGE)),
            ("beam", lambda: client.query("points", [1, 0, 0], 2, beam=_HUGE)),
            ("j", lambda: client.distance("points", 0, _HUGE)),
        ):
            with self.assertRaisesRegex(ValueError, f"^{name} is -?[0-9]+; it must be in "):
                call()
        self.assertFalse(client.exists("large"))

    def test_annoy_index_has_no_such_ids(self):
        with annod.AnnoyIndex(3, "euclidean", server=self.server.address) as index:
            for item, vector in enumerate(np.eye(3)):
                index.add_item(item, vector)
            index.build(2)
            for call in (
                lambda: index.get_nns_by_item(_HUGE, 1),
                lambda: index.get_item_vector(_HUGE),
                lambda: index.get_distance(0, _HUGE),
                lambda: index.add_item(_HUGE, [1, 2, 3]) if index.unbuild() else None,
            ):
                with self.assertRaisesRegex(IndexError, "item id is 1099511627776; it must be at most"):
                    call()

    def test_sets_are_no_rows_and_memoryviews_are(self):
        for row in ({1.0, 2.0, 3.0}, frozenset([1.0, 2.0, 3.0])):
            with self.assertRaisesRegex(TypeError, "no order"):
                self.client.query("points", [row], 1)
            with self.assertRaisesRegex(TypeError, "no order"):
                self.client.fit("sets", [row], metric="euclidean")
        with self.assertRaisesRegex(TypeError, "X is a set, which has no order"):
            self.client.fit("sets", {(1.0, 2.0, 3.0)}, metric="euclidean")
        rows = np.eye(3, dtype=np.float32)[::-1].copy()
        self.client.fit("views", memoryview(rows), metric="euclidean")
        self.assertEqual(self.client.query("views", memoryview(rows), 1).ids.tolist(), [[0], [1], [2]])
        self.client.upsert("views", [7], memoryview(rows[:1]))

    def test_what_has_an_array_is_one(self):
        class Tensor:
            def __init__(self, values):
                self.values = np.asarray(values, dtype=np.float64)

            def __array__(self, dtype=None):
                return self.values.astype(dtype or self.values.dtype)

            def __iter__(self):
                return iter([Tensor(value) for value in self.values])

        rows = np.eye(3)[::-1]
        self.client.fit("tensors", [Tensor(row) for row in rows], metric="euclidean")
        found = self.client.query("tensors", [Tensor(row) for row in rows], 1)
        self.assertEqual(found.ids.tolist(), [[0], [1], [2]])
        with annod.AnnoyIndex(3, "euclidean", server=self.server.address) as index:
            index.add_item(0, Tensor([1, 2, 3]))
            self.assertEqual(index.get_item_vector(0), [1.0, 2.0, 3.0])

        class Sparse:  # as scipy.sparse has it
            def toarray(self):
                return rows

            def __iter__(self):
                raise AssertionError("row by row it is no numbers")

        self.client.fit("sparse", Sparse(), metric="euclidean")
        self.assertEqual(self.client.query("sparse", Sparse(), 1).ids.tolist(), [[0], [1], [2]])
        with self.assertRaisesRegex(TypeError, "X is NoneType; it must be rows"):
            self.client.fit("none", None, metric="euclidean")

    def test_what_no_float_holds_is_told_the_limit(self):
        with self.assertRaisesRegex(ValueError, r"X\[0\]\[1\] is inf; it must be a finite 32-bit float, at most 3.4e38"):
            self.client.query("points", [1, 1e39, 0], 1)

    def test_one_label_is_no_list_of_letters(self):
        with self.assertRaisesRegex(ValueError, "there are 2 rows and 1 labels"):
            self.client.fit("letters", np.eye(2), metric="euclidean", labels="ab")

    def test_keywords_are_annoys(self):
        with annod.AnnoyIndex(f=3, metric="euclidean", server=self.server.address) as index:
            index.add_item(i=0, vector=[1, 2, 3])
            index.build(n_trees=1, n_jobs=1)
            self.assertEqual(index.get_nns_by_vector(vector=[1, 2, 3], n=1, search_k=-1, include_distances=True), ([0], [0.0]))
            self.assertEqual(index.get_nns_by_item(i=0, n=1, search_k=-1, include_distances=False), [0])
            self.assertEqual(index.get_distance(i=0, j=0), 0.0)

    def test_a_file_that_cannot_be_written_is_named(self):
        with tempfile.TemporaryDirectory() as directory:
            with annod.AnnoyIndex(3, "euclidean", server=self.server.address) as index:
                index.add_item(0, [1, 2, 3])
                index.build(1)
                nowhere = os.path.join(directory, "none", "x.ann")
                for path, error in ((nowhere, FileNotFoundError), (directory, IsADirectoryError)):
                    with self.assertRaises(error) as raised:
                        index.save(path)
                    self.assertEqual(raised.exception.filename, path)

    def test_a_directory_is_no_file(self):
        with tempfile.TemporaryDirectory() as directory:
            with annod.AnnoyIndex(3, "euclidean", server=self.server.address) as index:
                self.assertRaises(IsADirectoryError, index.load, directory)
                self.assertRaises(FileNotFoundError, index.load, os.path.join(directory, "none"))
            with annod.Annoy(3, "euclidean", server=self.server.address) as index:
                self.assertRaises(IsADirectoryError, index.load, directory)

    def test_what_is_connected_is_not_pickled(self):
        with annod.AnnoyIndex(3, "euclidean", server=self.server.address) as index:
            for made in (index, self.client, aio.Client(self.server.address)):
                self.assertRaisesRegex(TypeError, "cannot be pickled", pickle.dumps, made)
                self.assertRaisesRegex(TypeError, "cannot be pickled", copy.deepcopy, made)


if __name__ == "__main__":
    unittest.main()
