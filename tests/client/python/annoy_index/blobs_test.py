"""Blobs and files that scikit-plots wrote, with the answers it gave."""

import json
import os
import pathlib
import unittest

import numpy as np

from annod import Annoy
from annod_server import ServerTest

_GOLDEN = pathlib.Path(os.environ.get("ANNOD_GOLDEN", "tests/testdata/golden"))
_PRODUCERS = ("scikitplots-0.4.0", "scikitplots-main")
_FORESTS = ("native", "portable")


def descriptions():
    """Every description with its folder."""
    for producer in _PRODUCERS:
        for path in sorted((_GOLDEN / producer).glob("*.json")):
            yield path, json.loads(path.read_text())


def read(path, description, kind):
    """An estimator with a blob, or a file, in it."""
    name = description["blobs"][kind]["file"]
    index = Annoy(description["f"], description["metric"])
    if name.endswith(".ann"):
        return index.load(path.parent / name)
    return index.deserialize((path.parent / name).read_bytes())


def tolerance(metric):
    # Angular distances near 0 are the root of a cancellation.
    return {"atol": 1e-3} if metric == "angular" else {"rtol": 1e-5, "atol": 1e-6}


class GoldenBlobsTest(ServerTest):
    def each(self, kinds, wanted, check):
        """check(path, description, kind) for every blob of the kinds."""
        count = 0
        for path, description in descriptions():
            for kind in description.get("blobs", ()):
                if kind in kinds:
                    count += 1
                    with self.subTest(f"{path.parent.name}/{path.stem} {kind}"):
                        check(path, description, kind)
        self.assertEqual(count, wanted)

    def check_answers(self, index, description):
        for query in description.get("queries", ()):
            ask = {"search_k": query["search_k"], "include_distances": True}
            if query["by"] == "item":
                got = index.get_nns_by_item(query["item"], query["n"], **ask)
            else:
                got = index.get_nns_by_vector(query["vector"], query["n"], **ask)
            if description["id_bytes"] == 4 or query["search_k"] >= 1000:
                self.assertEqual(got[0], query["ids"])
                np.testing.assert_allclose(got[1], query["distances"], **tolerance(description["metric"]))
            else:
                # Lists of the 32-bit layout are longer than those of the 64-bit
                # one: a limited search sees other items.
                self.assertGreater(len(got[0]), 0)
                self.check_distances(index, query, *got)

    def check_distances(self, index, query, ids, distances):
        """Each is what a search of everything says about that item."""
        ask = {"search_k": 100000, "include_distances": True}
        if query["by"] == "item":
            everything = index.get_nns_by_item(query["item"], len(index), **ask)
        else:
            everything = index.get_nns_by_vector(query["vector"], len(index), **ask)
        known = dict(zip(*everything))
        self.assertEqual([known[i] for i in ids], distances)
        self.assertEqual(ids, [i for i in everything[0] if i in set(ids)])

    def test_forests_answer_as_they_did(self):
        def check(path, description, kind):
            index = read(path, description, kind)
            self.assertEqual(index.get_n_items(), description["n_items"])
            self.assertEqual(index.get_n_trees(), description["n_trees"])
            self.check_answers(index, description)

        self.each(_FORESTS, 20, check)

    def test_canonical_blobs_are_built_again(self):
        def check(path, description, kind):
            index = read(path, description, kind)
            self.assertEqual(index.get_n_items(), description["n_items"])
            self.assertEqual(index.get_n_trees(), description["n_trees"])
            self.assertEqual((index.seed, index.verbose), (description["seed"], description["verbose"]))
            self.check_answers(index, description)
            # It can be changed, as one that was built here.
            index.unbuild().add_item(description["n_items"], [1] * description["f"])
            self.assertEqual(index.build(2).get_n_items(), description["n_items"] + 1)

        self.each(("canonical",), 10, check)

    def test_canonical_blobs_of_what_was_not_built(self):
        def check(path, description, kind):
            index = read(path, description, kind)
            self.assertEqual(index.get_n_items(), description["n_items"])
            self.assertEqual(index.get_n_trees(), 0)
            self.assertRaises(RuntimeError, index.get_nns_by_item, 0, 1)
            stored = index.get_item_vectors()
            built = read(path, description, "canonical").get_item_vectors()
            np.testing.assert_array_equal(stored, built)

        self.each(("canonical-unbuilt",), 10, check)

    def test_holes_stay_where_the_format_says_them(self):
        count = 0
        for path, description in descriptions():
            if "query_vector" not in description:
                continue
            for kind in ("portable", "canonical"):
                count += 1
                with self.subTest(f"{path.parent.name}/{path.stem} {kind}"):
                    blob = (path.parent / f"{path.stem}.{kind}.bin").read_bytes()
                    index = Annoy().deserialize(blob)
                    ids, distances = index.get_nns_by_vector(description["query_vector"], description["n"], 1000, True)
                    wanted = description[f"result_from_{kind}"]
                    self.assertEqual(ids, wanted[0])
                    np.testing.assert_allclose(distances, wanted[1], rtol=1e-5)
        self.assertEqual(count, 4)

    def test_files(self):
        def check(path, description, kind):
            index = read(path, description, kind)
            self.assertEqual(index.get_n_items(), description["n_items"])
            self.check_answers(index, description)

        self.each(("saved", "ondisk"), 9, check)

    def test_what_is_written_is_read_by_their_rules(self):
        def check(path, description, kind):
            if description["id_bytes"] != 4:
                return
            index = read(path, description, kind)
            original = (path.parent / description["blobs"][kind]["file"]).read_bytes()
            written = index.serialize(kind)
            # Theirs has slack behind the nodes; heads and roots agree but for counts.
            again = Annoy(description["f"], description["metric"]).deserialize(written)
            self.check_answers(again, description)
            if kind == "portable":
                self.assertEqual(written[:20], original[:20])

        self.each(_FORESTS, 20, check)

    def test_canonical_bytes_are_theirs(self):
        def check(path, description, kind):
            if description["id_bytes"] != 4:
                return
            original = (path.parent / description["blobs"][kind]["file"]).read_bytes()
            head = 56
            written = read(path, description, kind).serialize("canonical")
            self.assertEqual(written[head:], original[head:])

        self.each(("canonical",), 10, check)


if __name__ == "__main__":
    unittest.main()
