"""d.8: transform, fit_transform and kneighbors of the estimator, row by row."""

import unittest

import numpy as np

from annod import Annoy
from annod_server import ServerTest
from behaviour import Fits, Raises, Row, added, built, points, run_table

ALL = 10**6  # a search_k that inspects everything


def brute_force(X, queries, n):
    """The true neighbours, euclidean: ids and distances, shape (m, n)."""
    squares = ((queries[:, None, :].astype(np.float64) - X[None, :, :]) ** 2).sum(axis=2)
    ids = np.argsort(squares, axis=1, kind="stable")[:, :n]
    return ids, np.sqrt(np.take_along_axis(squares, ids, axis=1))


class TransformTest(ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.X = points(60)
        cls.index = Annoy(metric="l2", n_neighbors=4)
        cls.index.fit(cls.X, y=[f"label {i}" for i in range(60)], n_trees=5)

    def test_results(self):
        X, index = self.X, self.index
        ids, distances = brute_force(X, X[:3], 4)
        one = lambda **options: index.transform(X[:3], search_k=ALL, **options)
        near = lambda wanted: Fits(lambda got: np.allclose(got, wanted, atol=1e-5))
        run_table(
            self,
            [
                Row("vectors by default", lambda: one(), X[ids].tolist()),
                Row("ids", lambda: one(output_type="item"), ids.tolist()),
                Row("types in any case", lambda: one(output_type=" ITEM "), ids.tolist()),
                Row("and distances", lambda: one(output_type="item", include_distances=True)[1], near(distances)),
                Row("a pair", lambda: len(one(include_distances=True)), 2),
                Row("and labels", lambda: one(output_type="item", return_labels=True)[1], [[f"label {i}" for i in row] for row in ids]),
                Row("a triple", lambda: len(one(include_distances=True, return_labels=True)), 3),
                Row("labels last", lambda: one(include_distances=True, return_labels=True)[2][0][0], "label 0"),
                Row("items in", lambda: index.transform([0, 1, 2], input_type="item", output_type="item", search_k=ALL), ids.tolist()),
                Row("items in, vectors out", lambda: index.transform([0, 1, 2], input_type="item", search_k=ALL), X[ids].tolist()),
                Row("array of ids in", lambda: index.transform(np.arange(3), input_type="item", output_type="item", search_k=ALL), ids.tolist()),
                Row("input type in any case", lambda: len(index.transform([0], input_type="Item")), 1),
                Row("n_neighbors, the same", lambda: len(one(n_neighbors=4)[0]), 4),
                Row("n_neighbors None", lambda: len(one(n_neighbors=None)[0]), 4),
                Row("lists in", lambda: index.transform(X[:3].tolist(), output_type="item", search_k=ALL), ids.tolist()),
                Row("dict rows in", lambda: index.transform([dict(enumerate(X[0].tolist()))], output_type="item", search_k=ALL), ids[:1].tolist()),
                Row(
                    "missing entries",
                    lambda: index.transform([[None, 0, 0]], missing_value=0, output_type="item", search_k=ALL)
                    == index.transform([[0, 0, 0]], output_type="item", search_k=ALL),
                    True,
                ),
                Row("more rows than one call takes", lambda: len(index.transform(np.tile(X, (50, 1)))), 3000),
            ],
        )

    def test_misuse(self):
        X, index = self.X, self.index
        run_table(
            self,
            [
                Row("not initialized", lambda: Annoy().transform([[1, 2]]), Raises(RuntimeError, "not initialized")),
                Row("not built", lambda: added().transform(points(1)), Raises(RuntimeError, "not built")),
                Row("another n_neighbors", lambda: index.transform(X, n_neighbors=3), Raises(ValueError)),
                Row("n_neighbors 0", lambda: index.transform(X, n_neighbors=0), Raises(ValueError)),
                Row("n_neighbors text", lambda: index.transform(X, n_neighbors="4"), Raises(TypeError)),
                Row("search_k below -1", lambda: index.transform(X, search_k=-2), Raises(ValueError)),
                Row("unknown input_type", lambda: index.transform(X, input_type="row"), Raises(ValueError)),
                Row("unknown output_type", lambda: index.transform(X, output_type="id"), Raises(ValueError)),
                Row("input_type no text", lambda: index.transform(X, input_type=1), Raises(TypeError)),
                Row("empty X", lambda: index.transform([]), Raises(ValueError)),
                Row("empty X of items", lambda: index.transform([], input_type="item"), Raises(ValueError)),
                Row("wrong columns", lambda: index.transform([[1, 2]]), Raises(ValueError)),
                Row("NaN", lambda: index.transform([[1, 2, float("nan")]]), Raises(ValueError)),
                Row("missing without missing_value", lambda: index.transform([[1, 2, None]]), Raises(ValueError)),
                Row("dict without missing_value", lambda: index.transform([{0: 1}]), Raises(ValueError)),
                Row("text", lambda: index.transform([["a", "b", "c"]]), Raises(TypeError)),
                Row("items no integers", lambda: index.transform([0.5], input_type="item"), Raises(TypeError)),
                Row("items text", lambda: index.transform("0", input_type="item"), Raises(TypeError)),
                Row("items rows", lambda: index.transform([[0]], input_type="item"), Raises(TypeError)),
                Row("item at n_items", lambda: index.transform([60], input_type="item"), Raises(IndexError)),
                Row("item negative", lambda: index.transform([-1], input_type="item"), Raises(IndexError)),
                Row("exclude_self with vectors", lambda: index.transform(X, exclude_self=True), Raises(ValueError)),
                Row("exclude_items no integers", lambda: index.transform(X, exclude_items=["1"]), Raises(TypeError)),
                Row("exclude_items a number", lambda: index.transform(X, exclude_items=1), Raises(TypeError)),
                Row("unknown keyword", lambda: index.transform(X, k=3), Raises(TypeError)),
                Row("two positional", lambda: index.transform(X, 4), Raises(TypeError)),
                Row("search_k too small", lambda: index.transform(X, search_k=0), Raises(ValueError, "row 0")),
                Row("fewer items than n_neighbors", lambda: Annoy(metric="l2").fit(X[:3]).transform(X[:1]), Raises(ValueError, "row 0")),
                Row(
                    "holes do not count",
                    lambda: Annoy(metric="l2").fit(X[:3], start_index=40).transform(X[:1], search_k=ALL),
                    Raises(ValueError, "row 0 finds 3 neighbours of 5"),
                ),
                Row("too many excluded", lambda: index.transform(X, exclude_items=range(57), search_k=ALL), Raises(ValueError)),
            ],
        )

    def test_exclusions(self):
        X, index = self.X, self.index
        ids, _ = brute_force(X, X, 8)
        items = lambda **options: index.transform([5, 6], input_type="item", output_type="item", search_k=ALL, **options)
        without = lambda row, out: [i for i in ids[row].tolist() if i not in out][:4]
        same = Annoy(metric="l2", n_neighbors=2).fit([[1, 1], [1, 1], [5, 5]], n_trees=2)
        far = ids[5][1:3].tolist()
        run_table(
            self,
            [
                Row("self", lambda: items(exclude_self=True), [without(5, {5}), without(6, {6})]),
                Row("self by id, not by distance", lambda: same.transform([0], input_type="item", output_type="item", exclude_self=True), [[1, 2]]),
                Row("items", lambda: items(exclude_items=far), [without(5, far), without(6, far)]),
                Row("items as an array", lambda: items(exclude_items=np.array(far)), [without(5, far), without(6, far)]),
                Row("the same for all rows", lambda: items(exclude_items=[5, 6]), [without(5, {5, 6}), without(6, {5, 6})]),
                Row("both", lambda: items(exclude_items=far, exclude_self=True), [without(5, {5, *far}), without(6, {6, *far})]),
                Row("for vectors", lambda: index.transform(X[5:6], output_type="item", exclude_items=[5], search_k=ALL), [without(5, {5})]),
                Row("ids that are not there", lambda: items(exclude_items=[1000, -3]), [without(5, {}), without(6, {})]),
                Row("none", lambda: items(exclude_items=[]), [without(5, {}), without(6, {})]),
                Row(
                    "vectors of the rest",
                    lambda: index.transform([5], input_type="item", exclude_self=True, search_k=ALL),
                    [X[without(5, {5})].tolist()],
                ),
                Row(
                    "with the default search_k",
                    lambda: len(index.transform([5], input_type="item", output_type="item", exclude_self=True, exclude_items=far)[0]),
                    4,
                ),
            ],
        )

    def test_label_fill(self):
        index = Annoy(metric="l2", n_neighbors=3).fit([[0, 0], [1, 0], [2, 0]], y_map={1: "one"})
        labels = lambda **options: index.transform([[0, 0]], return_labels=True, output_type="item", search_k=ALL, **options)[1]
        run_table(
            self,
            [
                Row("None", lambda: labels(), [[None, "one", None]]),
                Row("a value", lambda: labels(y_fill_value=-1), [[-1, "one", -1]]),
                Row(
                    "no labels at all",
                    lambda: Annoy(metric="l2", n_neighbors=1).fit([[0, 0]]).transform([[0, 0]], return_labels=True, y_fill_value="?")[1],
                    [["?"]],
                ),
            ],
        )

    def test_fit_transform(self):
        X = points(30)
        wanted = Annoy(metric="l2").fit(X, n_trees=3).transform(X)
        index = Annoy(metric="l2")
        run_table(
            self,
            [
                Row("is fit, then transform", lambda: index.fit_transform(X, n_trees=3), wanted),
                Row("the point itself first", lambda: np.array(wanted)[:, 0].tolist(), X.tolist()),
                Row("fitted then", lambda: index.get_n_trees(), 3),
                Row(
                    "with labels",
                    lambda: Annoy(metric="l2").fit_transform(X, list(range(30)), include_distances=True, return_labels=True)[2][7][0],
                    7,
                ),
                Row("missing values in both", lambda: len(Annoy(2, "l2", n_neighbors=1).fit_transform([{0: 1}, [None, 2]], missing_value=0)), 2),
                Row("no input types", lambda: index.fit_transform(X, input_type="item"), Raises(TypeError)),
                Row("bad n_neighbors", lambda: index.fit_transform(X, n_neighbors=9), Raises(ValueError)),
            ],
        )

    def test_feature_names_out(self):
        named = Annoy(metric="l2", n_neighbors=2).fit(points(9), feature_names=["a", "b", "c"])
        run_table(
            self,
            [
                Row("before build", lambda: added().get_feature_names_out(), Raises(AttributeError)),
                Row("names", lambda: self.index.get_feature_names_out(), tuple(f"neighbor_{k}" for k in range(4))),
                Row("the fitted names", lambda: named.get_feature_names_out(["a", "b", "c"]), ("neighbor_0", "neighbor_1")),
                Row("other names", lambda: named.get_feature_names_out(["a", "b", "x"]), Raises(ValueError)),
                Row("too few names", lambda: self.index.get_feature_names_out(["a"]), Raises(ValueError)),
                Row("any f names if none were fitted", lambda: len(self.index.get_feature_names_out(["x", "y", "z"])), 4),
            ],
        )


class KNeighborsTest(ServerTest):
    def test_kneighbors(self):
        X = points(40)
        index = Annoy(metric="l2", n_neighbors=3).fit(X, n_trees=5)
        ids, distances = brute_force(X, X[:6], 5)
        got_distances, got_ids = index.kneighbors(X[:6], 5, search_k=ALL)
        self.assertEqual(got_ids.tolist(), ids.tolist())
        np.testing.assert_allclose(got_distances, distances, atol=1e-5)
        self.assertEqual((got_ids.dtype, got_distances.dtype), (np.int32, np.float32))
        self.assertEqual(index.kneighbors(X[:6], return_distance=False).shape, (6, 3))
        own = index.kneighbors(n_neighbors=2, return_distance=False, search_k=ALL)
        self.assertEqual(own.tolist(), brute_force(X, X, 3)[0][:, 1:].tolist())
        self.assertRaises(RuntimeError, added().kneighbors, X)
        self.assertRaises(ValueError, index.kneighbors, X, 41)
        self.assertRaises(ValueError, index.kneighbors, X, 0)

    def test_kneighbors_graph(self):
        X = points(12)
        index = Annoy(metric="l2").fit(X, n_trees=5)
        graph = index.kneighbors_graph(X[:4], 3, search_k=ALL)
        self.assertEqual(graph.shape, (4, 12))
        dense = np.zeros(graph.shape)
        for row in range(4):
            for at in range(graph.indptr[row], graph.indptr[row + 1]):
                dense[row, graph.indices[at]] = graph.data[at]
        wanted = np.zeros(graph.shape)
        np.put_along_axis(wanted, brute_force(X, X[:4], 3)[0], 1, axis=1)
        np.testing.assert_array_equal(dense, wanted)
        weighted = index.kneighbors_graph(X[:4], 3, mode="distance", search_k=ALL)
        self.assertAlmostEqual(float(weighted.data.sum()), float(brute_force(X, X[:4], 3)[1].sum()), places=4)
        self.assertRaises(ValueError, index.kneighbors_graph, X, 3, mode="other")

    def test_add_items(self):
        X = points(30)
        index = Annoy(metric="l2").add_items(X[:10]).add_items(X[10:])
        np.testing.assert_array_equal(index.to_numpy(), X)
        index = Annoy(metric="l2").add_items(X[:2], ids=[5, 3])
        self.assertEqual(index.get_item_vector(3), X[1].tolist())
        for ids in ([1], [1, 1], [-1, 2]):
            self.assertRaises(ValueError, index.add_items, X[:2], ids)
        self.assertRaises(TypeError, index.add_items, X[:2], ["a", "b"])
        self.assertRaises(ValueError, index.add_items, [[1, 2, 3], [1, 2, float("nan")]])
        self.assertEqual(len(index), 6)
        self.assertRaises(RuntimeError, index.build(2).add_items, X)

    def test_stored_vectors_as_an_array(self):
        index = built(30)
        np.testing.assert_array_equal(index.to_numpy(), points(30))
        np.testing.assert_array_equal(index.get_item_vectors([3, 1]), points(30)[[3, 1]])
        self.assertRaises(IndexError, index.get_item_vectors, [30])
        self.assertRaises(RuntimeError, Annoy().to_numpy)


if __name__ == "__main__":
    unittest.main()
