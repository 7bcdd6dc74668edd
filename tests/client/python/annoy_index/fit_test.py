"""d.7: fit, labels and feature names of the estimator, row by row."""

import unittest

import numpy as np

from annod import Annoy
from annod_server import ServerTest
from behaviour import Raises, Row, Warns, added, after, built, points, run_table

NAMES = ["red", "green", "blue"]


def fitted(n=10, **options):
    """An estimator fitted to n rows."""
    return Annoy(metric="l2").fit(points(n), **options)


class FitTest(ServerTest):
    def test_what_it_takes(self):
        run_table(
            self,
            [
                Row("returns self", lambda: (lambda a: a.fit(points(9)) is a)(Annoy()), True),
                Row("neither X nor y builds", lambda: added().fit(n_trees=3).get_n_trees(), 3),
                Row("nothing to build", lambda: Annoy().fit(), Raises(RuntimeError)),
                Row("built already", lambda: built().fit(), Raises(RuntimeError)),
                Row("y without X", lambda: added().fit(y=[1]), Raises(TypeError)),
                Row("y_map without X", lambda: added().fit(y_map={0: 1}), Raises(TypeError)),
                Row("y and y_map", lambda: Annoy().fit(points(1), [1], y_map={0: 1}), Raises(TypeError)),
                Row("unknown keyword", lambda: Annoy().fit(points(9), trees=3), Raises(TypeError)),
                Row("three positional", lambda: Annoy().fit(points(1), [1], 3), Raises(TypeError)),
                Row("reset no bool", lambda: Annoy().fit(points(9), reset=1), Raises(TypeError)),
                Row("reset None", lambda: Annoy().fit(points(9), reset=None), Raises(TypeError)),
                Row("n_trees 0", lambda: Annoy().fit(points(9), n_trees=0), Raises(ValueError)),
                Row("n_jobs 0", lambda: Annoy().fit(points(9), n_jobs=0), Raises(ValueError)),
                Row("n_trees", lambda: fitted(n_trees=4).get_n_trees(), 4),
                Row("X empty", lambda: Annoy().fit([]), Raises(ValueError)),
                Row("X an empty array", lambda: Annoy().fit(np.zeros((0, 3))), Raises(ValueError)),
                Row("X of empty rows", lambda: Annoy().fit([[], []]), Raises(ValueError)),
                Row("X one-dimensional", lambda: Annoy().fit(np.zeros(3)), Raises(ValueError)),
                Row("X a list of numbers", lambda: Annoy().fit([1, 2, 3]), Raises(TypeError)),
                Row("X text", lambda: Annoy().fit("abc"), Raises(TypeError)),
                Row("y too short", lambda: Annoy().fit(points(3), [1, 2]), Raises(ValueError)),
                Row("y too long", lambda: Annoy().fit(points(3), [1, 2, 3, 4]), Raises(ValueError)),
                Row("y two-dimensional", lambda: Annoy().fit(points(2), np.zeros((2, 1))), Raises(ValueError)),
                Row("negative start_index", lambda: Annoy().fit(points(3), start_index=-1), Raises(ValueError)),
                Row("start_index no integer", lambda: Annoy().fit(points(3), start_index="1"), Raises(TypeError)),
                Row("ragged rows", lambda: Annoy().fit([[1, 2], [1]]), Raises(ValueError)),
                Row("other columns than f", lambda: Annoy(4, "l2").fit(points(3)), Raises(ValueError)),
                Row("text in a row", lambda: Annoy().fit([[1, "2"]]), Raises(TypeError)),
                Row("NaN", lambda: Annoy().fit([[1, 2], [1, float("nan")]]), Raises(ValueError, "X[1][1]")),
                Row("infinity", lambda: Annoy().fit(np.array([[np.inf]])), Raises(ValueError)),
                Row("integers", lambda: Annoy(metric="l2").fit([[1, 2], [3, 4]]).get_item_vector(1), [3.0, 4.0]),
                Row("an array of float64", lambda: Annoy(metric="l2").fit(np.eye(3)).get_item_vector(2), [0.0, 0.0, 1.0]),
                Row("a column-major array", lambda: Annoy(metric="l2").fit(np.asfortranarray([[1.0, 2], [3, 4]])).get_item_vector(1), [3.0, 4.0]),
                Row("a list of arrays", lambda: Annoy(metric="l2").fit(list(points(4))).get_item_vector(2), points(4)[2].tolist()),
            ],
        )

    def test_reset_and_append(self):
        run_table(
            self,
            [
                Row("reset drops everything", lambda: len(fitted(10).fit(points(4))), 4),
                Row("reset drops labels", lambda: fitted(4, y=[1, 2, 3, 4]).fit(points(4)).y, None),
                Row("reset drops what was only added", lambda: len(added(20).fit(points(4))), 4),
                Row("reset of a loaded index", lambda: len(Annoy().deserialize(built().serialize("portable")).fit(points(4))), 4),
                Row("append to a built index", lambda: fitted(4).fit(points(3), reset=False).get_n_items(), Warns(UserWarning, 7)),
                Row(
                    "append keeps what was there",
                    lambda: fitted(4).fit(points(3, seed=2), reset=False).get_item_vector(1),
                    Warns(UserWarning, points(4)[1].tolist()),
                ),
                Row(
                    "append gives the next ids",
                    lambda: fitted(4).fit(points(3, seed=2), reset=False).get_item_vector(4),
                    Warns(UserWarning, points(3, seed=2)[0].tolist()),
                ),
                Row(
                    "append answers from both",
                    lambda: fitted(4).fit(points(3, seed=2), reset=False).get_nns_by_vector(points(3, seed=2)[2], 1, 1000),
                    Warns(UserWarning, [6]),
                ),
                Row("append to what was only added", lambda: added(5).fit(points(3), reset=False).get_n_items(), 8),
                Row("append to nothing", lambda: Annoy().fit(points(3), reset=False).get_n_items(), 3),
                Row(
                    "append to a loaded index",
                    lambda: Annoy().deserialize(built().serialize("portable")).fit(points(3), reset=False),
                    Raises(RuntimeError),
                ),
                Row("append other columns", lambda: fitted(4).fit(points(3, f=2), reset=False), Raises(ValueError)),
                Row("start_index", lambda: fitted(4, start_index=6).get_n_items(), 10),
                Row("start_index leaves holes", lambda: fitted(4, start_index=6).get_item_vector(2), [0.0] * 3),
                Row("holes are not found", lambda: sorted(fitted(4, start_index=6).get_nns_by_vector([0, 0, 0], 10, 1000)), [6, 7, 8, 9]),
                Row("append with start_index", lambda: fitted(4).fit(points(2), reset=False, start_index=8).get_n_items(), Warns(UserWarning, 10)),
                Row(
                    "append over ids",
                    lambda: fitted(4).fit(points(2, seed=2), reset=False, start_index=1).get_item_vector(1),
                    Warns(UserWarning, points(2, seed=2)[0].tolist()),
                ),
                Row(
                    "append over ids leaves n_items",
                    lambda: fitted(4).fit(points(2), reset=False, start_index=1).get_n_items(),
                    Warns(UserWarning, 4),
                ),
            ],
        )

    def test_on_a_path_built_to_disk(self):
        path = self.new_path("fitted.ann")
        index = added(on_disk_path=path).build(2)
        run_table(
            self,
            [
                Row("reset keeps the path", lambda: index.fit(points(12)).on_disk_path, path),
                Row("and its file is the finished forest", lambda: Annoy(3, "l2").load(path).get_nns_by_item(11, 1), [11]),
                Row("appended rows are in it", lambda: index.fit(points(1), reset=False).get_n_items(), Warns(UserWarning, 13)),
                Row("when it is loaded", lambda: len(Annoy(3, "l2").load(path)), 13),
            ],
        )

    def test_a_bad_row_changes_nothing(self):
        index = fitted(10, y=list(range(10)))

        def state():
            return (len(index), index.get_nns_by_item(3, 1), index.y)

        before = state()
        bad = points(5).tolist()
        bad[4] = [1.0, 2.0, float("nan")]
        run_table(
            self,
            [
                Row("bad last row", lambda: index.fit(bad), Raises(ValueError)),
                Row("as before", state, before),
                Row("bad label count", lambda: index.fit(points(5), [1]), Raises(ValueError)),
                Row("as before that", state, before),
                Row("label too long for the server", lambda: index.fit(points(1), ["x" * 2000]), Raises(ValueError)),
                Row("still as before", state, before),
                Row("append of a bad row", lambda: index.fit([[1, 2]], reset=False), Raises(ValueError)),
                Row("and still", state, before),
            ],
        )

    def test_missing_values(self):
        fit = lambda X, **options: Annoy(3, "l2").fit(X, **options)
        row = lambda X, **options: fit(X, **options).get_item_vector(0)
        run_table(
            self,
            [
                Row("None takes missing_value", lambda: row([[1, None, 3]], missing_value=9), [1.0, 9.0, 3.0]),
                Row("None refused without", lambda: fit([[1, None, 3]]), Raises(ValueError)),
                Row("dict", lambda: row([{0: 1, 1: 2, 2: 3}]), [1.0, 2.0, 3.0]),
                Row("dict with absent keys", lambda: row([{2: 3}], missing_value=0.5), [0.5, 0.5, 3.0]),
                Row("dict with None", lambda: row([{0: None, 1: 2, 2: 3}], missing_value=7), [7.0, 2.0, 3.0]),
                Row("absent keys refused without", lambda: fit([{2: 3}]), Raises(ValueError)),
                Row("None in a dict refused without", lambda: fit([{0: None, 1: 2, 2: 3}]), Raises(ValueError)),
                Row("column out of range", lambda: fit([{3: 1}], missing_value=0), Raises(ValueError)),
                Row("negative column", lambda: fit([{-1: 1}], missing_value=0), Raises(ValueError)),
                Row("text in a dict", lambda: fit([{0: "1"}], missing_value=0), Raises(TypeError)),
                Row("dicts and lists mixed", lambda: fit([{0: 1}, [1, 2, 3]], missing_value=0).get_n_items(), 2),
                Row("empty dict", lambda: row([{}], missing_value=4), [4.0, 4.0, 4.0]),
                Row("NaN is not missing", lambda: fit([[1, float("nan"), 3]], missing_value=0), Raises(ValueError)),
                Row("short rows are not missing", lambda: fit([[1, 2]], missing_value=0), Raises(ValueError)),
                Row("columns by name", lambda: row([{"green": 2}], missing_value=0, feature_names=NAMES), [0.0, 2.0, 0.0]),
                Row("unknown name", lambda: fit([{"pink": 2}], missing_value=0, feature_names=NAMES), Raises(ValueError)),
                Row("an array of objects", lambda: row(np.array([[1, None, 3]], dtype=object), missing_value=2), [1.0, 2.0, 3.0]),
            ],
        )


class LabelsTest(ServerTest):
    def test_labels(self):
        labelled = lambda: fitted(4, y=["a", "b", "c", "d"])
        assign = lambda name, value: lambda a: setattr(a, name, value)
        run_table(
            self,
            [
                Row("y", lambda: labelled().y, ["a", "b", "c", "d"]),
                Row("y_map", lambda: labelled().y_map, {0: "a", 1: "b", 2: "c", 3: "d"}),
                Row("none", lambda: (fitted().y, fitted().y_map), (None, None)),
                Row("from an array", lambda: fitted(3, y=np.array([1, 2, 3])).y, [1, 2, 3]),
                Row("of any kind", lambda: fitted(4, y=[None, 1.5, ("t",), True]).y, [None, 1.5, ("t",), True]),
                Row("several alike", lambda: fitted(3, y=["a", "a", "a"]).y, ["a", "a", "a"]),
                Row("by y_map", lambda: fitted(3, y_map={1: "b"}).y, [None, "b", None]),
                Row("y_map beyond n_items", lambda: fitted(3, y_map={3: "b"}), Raises(ValueError)),
                Row("y_map no dict", lambda: fitted(3, y_map=["b"]), Raises(TypeError)),
                Row("y_map with text keys", lambda: fitted(3, y_map={"1": "b"}), Raises(TypeError)),
                Row("with start_index", lambda: fitted(2, y=["a", "b"], start_index=1).y, [None, "a", "b"]),
                Row("appended", lambda: labelled().fit(points(2), ["e", "f"], reset=False).y, Warns(UserWarning, list("abcdef"))),
                Row("appended without", lambda: labelled().fit(points(1), reset=False).y, Warns(UserWarning, ["a", "b", "c", "d", None])),
                Row("not stored by a failed fit", lambda: after(Annoy(), lambda a: self.assertRaises(ValueError, a.fit, [[1], []], [1, 2])).y, None),
                Row("assigned", lambda: after(fitted(2), assign("y", [8, 9])).y_map, {0: 8, 1: 9}),
                Row("assigned None", lambda: after(labelled(), assign("y", None)).y_map, None),
                Row("assigned too few", lambda: after(fitted(2), assign("y", [8])), Raises(ValueError)),
                Row("assigned a dict", lambda: after(fitted(2), assign("y", {0: 1})), Raises(TypeError)),
                Row("assigned a matrix", lambda: after(fitted(2), assign("y", np.zeros((2, 1)))), Raises(ValueError)),
                Row("y_map assigned", lambda: after(fitted(2), assign("y_map", {1: 9})).y, [None, 9]),
                Row("y_map assigned beyond", lambda: after(fitted(2), assign("y_map", {2: 9})), Raises(ValueError)),
                Row("y_map assigned a list", lambda: after(fitted(2), assign("y_map", [1, 2])), Raises(TypeError)),
            ],
        )

    def test_feature_names(self):
        named = lambda: fitted(4, feature_names=NAMES)
        run_table(
            self,
            [
                Row("kept", lambda: list(named().feature_names_in_), NAMES),
                Row("only if given", lambda: fitted().feature_names_in_, Raises(AttributeError)),
                Row("too few", lambda: fitted(4, feature_names=["a", "b"]), Raises(ValueError)),
                Row("two alike", lambda: fitted(4, feature_names=["a", "b", "a"]), Raises(ValueError)),
                Row("no text", lambda: fitted(4, feature_names=[1, 2, 3]), Raises(TypeError)),
                Row("one text", lambda: fitted(4, feature_names="abc"), Raises(TypeError)),
                Row(
                    "append the same",
                    lambda: list(named().fit(points(2), reset=False, feature_names=NAMES).feature_names_in_),
                    Warns(UserWarning, NAMES),
                ),
                Row("append without", lambda: list(named().fit(points(2), reset=False).feature_names_in_), Warns(UserWarning, NAMES)),
                Row("append others", lambda: named().fit(points(2), reset=False, feature_names=["a", "b", "c"]), Raises(ValueError)),
                Row("append names to none", lambda: fitted(4).fit(points(2), reset=False, feature_names=NAMES), Raises(ValueError)),
                Row("reset replaces them", lambda: list(named().fit(points(2), feature_names=["a", "b", "c"]).feature_names_in_), ["a", "b", "c"]),
                Row("reset without forgets them", lambda: named().fit(points(2)).feature_names_in_, Raises(AttributeError)),
            ],
        )

    def test_labels_come_back_typed(self):
        labels = ["text", 7, 2.5, None, True, [1, "a"], {"k": 1}]
        Annoy(3, "euclidean", index="labelled").fit(points(7), y=labels)
        again = Annoy(index="labelled", n_neighbors=1)
        self.assertEqual(again.y, labels)
        found = again.transform(points(7)[5:6], return_labels=True, search_k=1000)[1]
        self.assertEqual(found, [[[1, "a"]]])


if __name__ == "__main__":
    unittest.main()
