"""Pickles and copies of the estimator, by schema_version."""

import copy
import pickle
import unittest
import warnings

import numpy as np

from annod import Annoy
from annod_server import ServerTest
from behaviour import added, built, points

LABELS = ["a", 2, None, ("tuple",), 4.5, True, [1], {"k": 1}, b"bytes", "z"]


def fitted(version, **options):
    index = Annoy(metric="l2", n_neighbors=3, schema_version=version, verbose=0, **options)
    return index.fit(points(10), y=LABELS, n_trees=4, feature_names=["a", "b", "c"])


def answers(index):
    # Of a search of everything: a canonical blob's trees are built again.
    return [index.get_nns_by_item(i, 4, 1000, include_distances=True) for i in range(len(index))]


class PickleTest(ServerTest):
    def test_every_schema_version_restores_everything(self):
        for version in (0, 1, 2, 3, 7):
            with self.subTest(schema_version=version):
                index = fitted(version, seed=5)
                again = pickle.loads(pickle.dumps(index))
                self.assertEqual(again.get_params(), index.get_params())
                self.assertEqual(answers(again), answers(index))
                self.assertEqual(again.y, LABELS)
                self.assertEqual(list(again.feature_names_in_), ["a", "b", "c"])
                self.assertEqual(again.get_n_trees(), 4)

    def test_the_copy_is_its_own_index(self):
        index = fitted(2)
        again = pickle.loads(pickle.dumps(index))
        index.unload()
        again.fit(points(12))
        self.assertEqual((len(index), len(again)), (0, 12))

    def test_what_each_version_holds(self):
        for version, data, canonical in ((0, 1, 0), (1, 1, 0), (2, 0, 1), (3, 1, 1)):
            state = fitted(version).__getstate__()
            self.assertEqual((state["data"] is not None, state["data_canonical"] is not None), (bool(data), bool(canonical)), version)
            if data:
                self.assertEqual(state["data"][:8], b"ANNOYSP1")
            if canonical:
                self.assertEqual(state["data_canonical"][:8], b"ANNOYCN1")

    def test_canonical_is_the_fallback(self):
        index = fitted(3)
        state = index.__getstate__()
        # A header of a machine with other integers.
        state["data"] = state["data"][:12] + b"\x10" + state["data"][13:]
        again = Annoy.__new__(Annoy)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            again.__setstate__(state)
        self.assertEqual([w.category for w in caught], [UserWarning])
        self.assertEqual(again.get_nns_by_item(3, 1), [3])
        self.assertEqual(again.y, LABELS)

    def test_another_byte_order_only_warns(self):
        state = fitted(1).__getstate__()
        state["endian"] = {"little": "big", "big": "little"}[state["endian"]]
        again = Annoy.__new__(Annoy)
        with self.assertWarnsRegex(UserWarning, "endian"):
            again.__setstate__(state)
        self.assertEqual(again.get_nns_by_item(3, 1), [3])

    def test_without_a_fallback_a_bad_blob_is_refused(self):
        state = fitted(1).__getstate__()
        state["data"] = state["data"][:-1]
        self.assertRaises(OSError, Annoy.__new__(Annoy).__setstate__, state)

    def test_unbuilt_items_are_kept(self):
        again = pickle.loads(pickle.dumps(added(7)))
        self.assertEqual((again.get_n_items(), again.get_n_trees()), (7, 0))
        np.testing.assert_array_equal(again.to_numpy(), points(7))
        self.assertEqual(again.build(3).get_nns_by_item(6, 1), [6])

    def test_holes_stay_holes(self):
        for version in (1, 2):
            with self.subTest(schema_version=version):
                index = Annoy(2, "l2", schema_version=version)
                index.add_item(1, [3, 4]).add_item(4, [0, 1]).build(2)
                again = pickle.loads(pickle.dumps(index))
                self.assertEqual(again.get_n_items(), 5)
                self.assertEqual(again.get_nns_by_vector([0, 0], 5, 1000), [4, 1])

    def test_empty_ones(self):
        for index in (Annoy(), Annoy(3, "l1", seed=4), Annoy(3, "l1").build(6)):
            again = pickle.loads(pickle.dumps(index))
            self.assertEqual(again.get_params(), index.get_params())
            self.assertEqual(again.info(), index.info())

    def test_a_clone_is_not_fitted(self):
        index = fitted(2, seed=9)
        clone = index.__sklearn_clone__()
        self.assertEqual(clone.get_params(), index.get_params())
        self.assertEqual(len(clone), 0)
        self.assertRaises(AttributeError, lambda: clone.feature_names_in_)

    def test_copy(self):
        again = copy.deepcopy(built(8))
        self.assertEqual(again.get_nns_by_item(7, 1), [7])


if __name__ == "__main__":
    unittest.main()
