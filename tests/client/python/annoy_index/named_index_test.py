"""Named indexes that take items while built, misspelt names, use after close."""

import unittest

import numpy as np

from annod import Annoy, AnnoyIndex, Client, errors
from annod_server import ServerTest
from behaviour import points


def filled(kind, **how):
    index = kind(3, "euclidean", **how)
    for item, row in enumerate(points(30)):
        index.add_item(item, row)
    index.build(3)
    return index


class BuiltNamedIndexTest(ServerTest):
    def test_takes_items_without_being_unbuilt(self):
        for kind in (AnnoyIndex, Annoy):
            index = filled(kind, index=kind.__name__ + "-grows")
            far = [100.0, 100, 100]
            index.add_item(30, far)
            self.assertEqual(index.get_n_items(), 31)
            self.assertEqual(index.get_item_vector(30), far)
            self.assertNotEqual(index.get_nns_by_vector(far, 1, 10000), [30])
            index.build(3)
            self.assertEqual(index.get_nns_by_vector(far, 1, 10000), [30])
            again = kind(index=kind.__name__ + "-grows")
            again.add_item(31, [200.0, 200, 200])
            again.build(3)
            self.assertEqual(again.get_nns_by_item(31, 1, 10000), [31])

    def test_the_estimator_takes_many(self):
        index = filled(Annoy, index="many")
        index.add_items(np.eye(3) * 50)
        index.build()
        self.assertEqual(len(index), 33)

    def test_a_temporary_one_does_not(self):
        self.assertRaisesRegex(Exception, "unbuild", filled(AnnoyIndex).add_item, 30, [1, 2, 3])
        self.assertRaisesRegex(RuntimeError, "unbuild", filled(Annoy).add_item, 30, [1, 2, 3])

    def test_sits_on_the_client(self):
        index = filled(AnnoyIndex, index="shared")
        with Client(self.server.address) as client:
            self.assertEqual(client.query("shared", points(30)[:4], 1).ids.ravel().tolist(), [0, 1, 2, 3])
            self.assertEqual(AnnoyIndex(index="shared", server=client).get_nns_by_item(2, 1), [2])
        self.assertEqual(index.get_n_items(), 30)


class MisspeltNameTest(ServerTest):
    def test_is_told(self):
        filled(AnnoyIndex, index="points")
        for kind in (AnnoyIndex, Annoy):
            with self.assertRaisesRegex(errors.NoSuchIndex, "no index 'pionts'; did you mean 'points'"):
                kind(index="pionts")
            meant_anew = kind(3, "euclidean", index="pionts")
            for ask in (lambda: meant_anew.get_nns_by_item(0, 1), lambda: meant_anew.get_nns_by_vector([1, 2, 3], 1), lambda: meant_anew.stream_nns_by_vector([[1, 2, 3]], 1)):
                self.assertRaisesRegex(errors.NoSuchIndex, "did you mean 'points'", ask)
            self.assertEqual(meant_anew.get_n_items(), 0)
        self.assertRaisesRegex(errors.NoSuchIndex, "there is 'points' ", AnnoyIndex, index="zzz")


class ClosedTest(ServerTest):
    def test_use_after_close_says_so(self):
        vector = [1, 2, 3]
        both = [
            lambda index: len(index),
            lambda index: index.add_item(0, vector),
            lambda index: index.build(1),
            lambda index: index.unbuild(),
            lambda index: index.unload(),
            lambda index: index.get_nns_by_item(0, 1),
            lambda index: index.get_nns_by_vector(vector, 1),
            lambda index: index.stream_nns_by_vector([vector], 1),
            lambda index: index.get_item_vector(0),
            lambda index: index.get_distance(0, 1),
            lambda index: index.get_n_items(),
            lambda index: index.get_n_trees(),
            lambda index: index.save(self.new_path("x")),
        ]
        estimator = [
            lambda index: index.fit([vector]),
            lambda index: index.transform([vector]),
            lambda index: index.kneighbors([vector]),
            lambda index: index.add_items([vector]),
            lambda index: index.serialize(),
            lambda index: index.rebuild(),
            lambda index: index.to_numpy(),
        ]
        for kind, calls in ((AnnoyIndex, both), (Annoy, both + estimator)):
            for name in (None, "closed-" + kind.__name__):
                index = filled(kind, index=name)
                index.close()
                index.close()
                for number, call in enumerate(calls):
                    with self.subTest(kind=kind, call=number), self.assertRaisesRegex(errors.Closed, "is closed"):
                        call(index)
                self.assertEqual(index.f, 3)


if __name__ == "__main__":
    unittest.main()
