"""Files that Annoy wrote, through load(), with the answers it gave."""

import json
import os
import pathlib
import unittest

import numpy as np

from annod import AnnoyIndex
from annod_server import ServerTest

_GOLDEN = pathlib.Path(os.environ.get("ANNOD_GOLDEN", "tests/testdata/golden"))


def tolerance(metric):
    # Angular distances near 0 are the root of a cancellation.
    return {"atol": 1e-3} if metric == "angular" else {"rtol": 1e-5, "atol": 1e-6}


class GoldenFilesTest(ServerTest):
    def each(self, folder, wanted, check):
        """check(index, description) for every file of a folder, loaded."""
        paths = sorted((_GOLDEN / folder).glob("*.json"))
        self.assertEqual(len(paths), wanted)
        for path in paths:
            description = json.loads(path.read_text())
            with self.subTest(f"{folder}/{path.stem}"):
                with AnnoyIndex(description["f"], description["metric"]) as index:
                    check(index, path.parent / description["file"], description)

    def check_answers(self, index, path, description):
        metric = description["metric"]
        self.assertTrue(index.load(path))
        self.assertEqual(index.get_n_items(), description["n_items"])
        for query in description["queries"]:
            ask = (query["n"], query["search_k"], True)
            if query["by"] == "item":
                ids, distances = index.get_nns_by_item(query["item"], *ask)
            else:
                ids, distances = index.get_nns_by_vector(query["vector"], *ask)
            self.assertEqual(ids, query["ids"])
            np.testing.assert_allclose(distances, query["distances"], **tolerance(metric))
        for i, j, distance in description.get("pairs", ()):
            np.testing.assert_allclose(index.get_distance(i, j), distance, **tolerance(metric))

    def check_trees(self, index, description):
        # Each tree once, whatever the library counted after its load.
        self.assertEqual(index.get_n_trees(), description["n_trees_built"])

    def test_files_of_every_producer_answer_as_they_did(self):
        def check(index, path, description):
            self.check_answers(index, path, description)
            self.check_trees(index, description)

        for folder, wanted in (("main", 14), ("dot-16", 2), ("annoy-1.16", 4), ("simd", 3), ("raw-scratch", 2)):
            self.each(folder, wanted, check)

    def test_special_cases(self):
        def check(index, path, description):
            # On purpose: what no search can answer from is not taken.
            refused = {"nonfinite-euclidean": OSError, "empty-euclidean": RuntimeError}
            if path.stem in refused:
                self.assertRaises(refused[path.stem], index.load, path)
                return
            self.check_answers(index, path, description)
            self.check_trees(index, description)

        self.each("special", 42, check)

    def test_saved_again_they_answer_alike(self):
        def check(index, path, description):
            index.load(path)
            copy = self.new_path("copy.ann")
            index.save(copy)
            again = AnnoyIndex(description["f"], description["metric"])
            self.addCleanup(again.close)
            self.check_answers(again, pathlib.Path(copy), description)

        self.each("main", 14, check)


if __name__ == "__main__":
    unittest.main()
