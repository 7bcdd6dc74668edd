"""Recall curves as bench/plot and bench/scaling read them."""

import importlib.machinery
import importlib.util
import math
import pathlib
import tempfile
import unittest

import curves


def line(recall, qps, engine="graph", **params):
    return {"engine": engine, "params": params, "recall": recall, "qps": qps,
            "build_s": 2.0, "index_bytes": 1000}


class QpsAtTest(unittest.TestCase):
    LINES = [line(0.99, 100), line(0.8, 1000), line(0.9, 400)]

    def test_lies_between_the_neighbouring_points(self):
        self.assertAlmostEqual(curves.qps_at(self.LINES, 0.9), 400)
        self.assertAlmostEqual(curves.qps_at(self.LINES, 0.85), math.sqrt(1000 * 400))

    def test_is_none_where_no_point_has_the_recall(self):
        self.assertIsNone(curves.qps_at(self.LINES, 0.995))
        self.assertIsNone(curves.qps_at([], 0.5))

    def test_is_the_fastest_if_every_point_has_the_recall(self):
        self.assertEqual(curves.qps_at(self.LINES, 0.7), 1000)

    def test_leaves_out_points_that_others_beat(self):
        self.assertAlmostEqual(
            curves.qps_at(self.LINES + [line(0.84, 50), line(0.87, 60)], 0.85),
            math.sqrt(1000 * 400))


class LabelTest(unittest.TestCase):
    def test_tells_variants_apart_whatever_their_settings(self):
        lines = [
            line(0.9, 1, "faiss", index="HNSW32", efSearch=10),
            line(0.9, 1, "faiss", index="HNSW32", efSearch=16),
            line(0.9, 1, "faiss", index="IVF4000,PQ64x4fs,RFlat", nprobe=1, k_factor=4),
            line(0.9, 1, "graph", trees=12, beam=10),
        ]
        groups = curves.by_label(lines)
        self.assertEqual(list(groups), ["faiss HNSW", "faiss IVF-PQ", "graph"])
        self.assertEqual(len(groups["faiss HNSW"]), 2)


class ReadLinesTest(unittest.TestCase):
    def test_skips_empty_lines(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write('{"a": 1}\n\n{"a": 2}\n')
            file.flush()
            self.assertEqual(curves.read_lines(file.name), [{"a": 1}, {"a": 2}])


class ScalingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        path = pathlib.Path(curves.__file__).with_name("scaling")
        loader = importlib.machinery.SourceFileLoader("scaling", str(path))
        cls.scaling = importlib.util.module_from_spec(
            importlib.util.spec_from_loader("scaling", loader))
        loader.exec_module(cls.scaling)

    def test_sums_up_each_variant_without_its_settings(self):
        lines = [line(0.92, 1000, trees=12, beam=10), line(0.96, 800, trees=12, beam=20)]
        [row] = self.scaling.summarize(10000, lines, 5_000_000)
        self.assertEqual(row["params"], {"trees": 12})
        self.assertEqual(row["items"], 10000)
        self.assertEqual(row["peak_memory_bytes"], 5_000_000)
        self.assertEqual(row["qps"]["0.90"], 1000)
        self.assertIsNone(row["qps"]["0.99"])
        self.assertIn("graph", self.scaling.table([row]))

    def test_counts_sizes(self):
        self.assertEqual(self.scaling.item_count("10k"), 10_000)
        self.assertEqual(self.scaling.item_count("4m"), 4_000_000)

    def test_gives_what_follows_the_dashes_to_recall_qps(self):
        self.assertEqual(self.scaling.split(["a", "--", "--k", "5"], "--")[::2],
                         (["a"], ["--k", "5"]))
        self.assertEqual(self.scaling.split(["a"], "--")[::2], (["a"], []))


if __name__ == "__main__":
    unittest.main()
