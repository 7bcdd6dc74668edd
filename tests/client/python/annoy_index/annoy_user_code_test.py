"""Programs written for Annoy, unchanged but for the import: the server is named
by the environment variable ANNOD_SERVER."""

import os
import random
import unittest

from annod import AnnoyIndex
from annod_server import ServerTest


class UserCodeTest(ServerTest):
    def setUp(self):
        # Such programs write to the working directory.
        directory = os.path.dirname(self.new_path("x"))
        before = os.getcwd()
        os.chdir(directory)
        self.addCleanup(os.chdir, before)

    def test_build_save_load_query(self):
        f = 40
        t = AnnoyIndex(f, "angular")
        random.seed(0)
        for i in range(1000):
            v = [random.gauss(0, 1) for z in range(f)]
            t.add_item(i, v)
        t.build(10)
        t.save("test.ann")

        u = AnnoyIndex(f, "angular")
        u.load("test.ann")
        found = u.get_nns_by_item(0, 1000)
        self.assertEqual(found[0], 0)
        self.assertGreater(len(found), 900)
        self.assertEqual(found, t.get_nns_by_item(0, 1000))

    def test_build_on_disk(self):
        f = 40
        random.seed(0)
        a = AnnoyIndex(f, "angular")
        a.on_disk_build("big.ann")
        for i in range(1000):
            a.add_item(i, [random.gauss(0, 1) for _ in range(f)])
        a.build(10)

        b = AnnoyIndex(f, "angular")
        b.load("big.ann")
        self.assertEqual(b.get_nns_by_item(0, 10), a.get_nns_by_item(0, 10))

    def test_precision(self):
        """How often a true neighbour is among those found, for growing limits."""
        n, f, wanted, queries = 10000, 40, 10, 50
        random.seed(1)
        t = AnnoyIndex(f, "angular")
        for i in range(n):
            t.add_item(i, [random.gauss(0, 1) for z in range(f)])
        t.build(2 * f)
        t.save("precision.ann")

        t = AnnoyIndex(f, "angular")
        t.load("precision.ann")
        limits = [10, 100, 1000, 10000]
        hits = dict.fromkeys(limits, 0)
        for _ in range(queries):
            j = random.randrange(n)
            closest = set(t.get_nns_by_item(j, wanted, n * 80))
            self.assertEqual(len(closest), wanted)
            for limit in limits:
                toplist = t.get_nns_by_item(j, limit)
                hits[limit] += len(closest.intersection(toplist))
        precision = [hits[limit] / (wanted * queries) for limit in limits]
        print("precision", dict(zip(limits, precision)))
        self.assertEqual(precision, sorted(precision))
        self.assertGreater(precision[0], 0.3)
        self.assertGreater(precision[2], 0.95)
        self.assertGreater(precision[3], 0.99)

    def test_precision_rises_with_search_k(self):
        n, f, wanted, queries = 3000, 20, 10, 50
        random.seed(2)
        t = AnnoyIndex(f, "euclidean")
        for i in range(n):
            t.add_item(i, [random.gauss(0, 1) for z in range(f)])
        t.build(10)
        hits = []
        for search_k in (20, 100, 500, 2500, 30000):
            found = 0
            for j in range(queries):
                closest = set(t.get_nns_by_item(j, wanted, n * 10))
                found += len(closest.intersection(t.get_nns_by_item(j, wanted, search_k=search_k)))
            hits.append(found / (wanted * queries))
        print("precision", hits)
        self.assertEqual(hits, sorted(set(hits)))
        self.assertLess(hits[0], 0.5)
        self.assertEqual(hits[-1], 1.0)

    def test_distances(self):
        a = AnnoyIndex(3, "angular")
        a.add_item(0, [1, 0, 0])
        a.add_item(1, [0, 1, 0])
        a.add_item(2, [0, 0, 1])
        a.build(-1)
        self.assertEqual(a.get_nns_by_item(0, 100), [0, 1, 2])
        self.assertEqual(a.get_nns_by_vector([1.0, 0.5, 0.5], 100), [0, 1, 2])
        self.assertAlmostEqual(a.get_distance(0, 1), 2**0.5, places=6)
        ids, distances = a.get_nns_by_vector([2, 0, 0], 3, include_distances=True)
        self.assertEqual(ids, [0, 1, 2])
        self.assertAlmostEqual(distances[0], 0.0, places=3)

        e = AnnoyIndex(2, "euclidean")
        e.add_item(0, [2, 2])
        e.add_item(1, [3, 2])
        e.add_item(2, [3, 3])
        e.build(10)
        self.assertEqual(e.get_nns_by_vector([4, 4], 3), [2, 1, 0])
        self.assertAlmostEqual(e.get_distance(0, 2), 2**0.5, places=6)
        self.assertEqual(e.get_item_vector(1), [3.0, 2.0])
        self.assertEqual(e.get_n_items(), 3)
        self.assertEqual(e.get_n_trees(), 10)

        m = AnnoyIndex(2, "manhattan")
        m.add_item(0, [0, 0])
        m.add_item(1, [1, 3])
        m.build(5)
        self.assertAlmostEqual(m.get_distance(0, 1), 4.0)

        d = AnnoyIndex(2, "dot")
        d.add_item(0, [2, 2])
        d.add_item(1, [3, 2])
        d.add_item(2, [3, 3])
        d.build(10)
        self.assertEqual(d.get_nns_by_vector([4, 4], 3), [2, 1, 0])
        self.assertAlmostEqual(d.get_distance(0, 1), 10.0)

        h = AnnoyIndex(4, "hamming")
        h.add_item(0, [0, 0, 1, 1])
        h.add_item(1, [1, 1, 1, 1])
        h.build(5)
        self.assertEqual(h.get_distance(0, 1), 2.0)

    def test_seed_makes_builds_repeatable(self):
        def build():
            random.seed(3)
            t = AnnoyIndex(10, "euclidean")
            t.set_seed(42)
            for i in range(500):
                t.add_item(i, [random.gauss(0, 1) for _ in range(10)])
            t.build(5)
            return [t.get_nns_by_item(i, 20) for i in range(20)]

        self.assertEqual(build(), build())


if __name__ == "__main__":
    unittest.main()
