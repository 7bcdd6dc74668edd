"""AnnoyIndex: Annoy's answers and Annoy's exceptions (the end of c.6), row by row."""

import os
import unittest

from annod import AnnoyIndex
from annod_server import ServerTest
from behaviour import Raises, Row, Warns, after, points, run_table


def filled(n=20, f=3, metric="euclidean"):
    index = AnnoyIndex(f, metric)
    for item, row in enumerate(points(n, f)):
        index.add_item(item, row)
    return index


def built(*args):
    return after(filled(*args), lambda index: index.build(5))


class AnnoyIndexTest(ServerTest):
    def test_construction(self):
        run_table(
            self,
            [
                Row("f and metric", lambda: (lambda a: (a.f, a.metric))(AnnoyIndex(3, "dot")), (3, "dot")),
                Row("by keyword", lambda: AnnoyIndex(f=3, metric="hamming").f, 3),
                Row("without metric", lambda: AnnoyIndex(3).metric, Warns(FutureWarning, "angular")),
                Row("unknown metric", lambda: AnnoyIndex(3, "l3"), Raises(ValueError)),
                Row("negative f", lambda: AnnoyIndex(-3, "dot"), Raises(ValueError)),
                Row("f text", lambda: AnnoyIndex("3", "dot"), Raises(TypeError)),
                Row("f inferred", lambda: after(AnnoyIndex(0, "dot"), lambda a: a.add_item(0, [1, 2])).f, 2),
            ],
        )

    def test_items_and_builds(self):
        run_table(
            self,
            [
                Row("add_item", lambda: AnnoyIndex(2, "dot").add_item(0, [1, 2]), None),
                Row("wrong length", lambda: AnnoyIndex(2, "dot").add_item(0, [1]), Raises(IndexError)),
                Row("negative id", lambda: AnnoyIndex(2, "dot").add_item(-1, [1, 2]), Raises(IndexError)),
                Row("id too large", lambda: AnnoyIndex(2, "dot").add_item(2**31 - 1, [1, 2]), Raises(IndexError)),
                Row("no numbers", lambda: AnnoyIndex(2, "dot").add_item(0, ["a", "b"]), Raises(TypeError)),
                Row("NaN", lambda: AnnoyIndex(2, "dot").add_item(0, [1, float("nan")]), Raises(ValueError)),
                Row("build", lambda: filled().build(3), True),
                Row("build with n_jobs", lambda: filled().build(3, n_jobs=1), True),
                Row("build twice", lambda: built().build(3), Raises(Exception, "unbuild")),
                Row("build 0 trees", lambda: filled().build(0), Raises(ValueError)),
                Row("add after build", lambda: built().add_item(0, [1, 2, 3]), Raises(Exception, "unbuild")),
                Row("unbuild", lambda: built().unbuild(), True),
                Row("unbuild, add, build", lambda: (lambda a: (a.unbuild(), a.add_item(20, [1, 2, 3]), a.build(2), a.get_n_items())[3])(built()), 21),
                Row(
                    "build nothing",
                    lambda: (lambda a: (a.build(3), a.get_n_trees(), a.get_nns_by_vector([1, 2], 3)))(AnnoyIndex(2, "dot")),
                    (True, 3, []),
                ),
                Row("set_seed", lambda: AnnoyIndex(2, "dot").set_seed(-1), None),
                Row("verbose", lambda: AnnoyIndex(2, "dot").verbose(True), True),
                Row("n_items of nothing", lambda: AnnoyIndex(2, "dot").get_n_items(), 0),
                Row("n_items with holes", lambda: after(AnnoyIndex(2, "dot"), lambda a: a.add_item(7, [1, 2])).get_n_items(), 8),
                Row("n_trees before build", lambda: filled().get_n_trees(), 0),
                Row("unload", lambda: built().unload(), True),
                Row("unload drops items", lambda: after(built(), lambda a: a.unload()).get_n_items(), 0),
                Row("fill again after unload", lambda: (lambda a: (a.unload(), a.add_item(0, [1, 2, 3]), a.build(1)))(built())[2], True),
            ],
        )

    def test_queries(self):
        index = built(50)
        vector = points(50)[9].tolist()
        run_table(
            self,
            [
                Row("by item", lambda: index.get_nns_by_item(9, 2)[0], 9),
                Row("by vector", lambda: index.get_nns_by_vector(vector, 2)[0], 9),
                Row("distances", lambda: index.get_nns_by_item(9, 1, include_distances=True), ([9], [0.0])),
                Row("positional", lambda: index.get_nns_by_vector(vector, 1, 100, True), ([9], [0.0])),
                Row("n 0", lambda: index.get_nns_by_item(9, 0), []),
                Row("n above n_items", lambda: len(index.get_nns_by_item(9, 100000)), 50),
                Row("n negative", lambda: index.get_nns_by_item(9, -1), Raises(ValueError)),
                Row("search_k 0", lambda: index.get_nns_by_item(9, 1, 0), []),
                Row("search_k -2 inspects everything", lambda: len(index.get_nns_by_item(9, 50, -2)), 50),
                Row("not built: nothing", lambda: filled().get_nns_by_item(0, 5), []),
                Row("not built, by vector", lambda: filled().get_nns_by_vector(vector, 5, include_distances=True), ([], [])),
                Row("i at n_items", lambda: index.get_nns_by_item(50, 1), Raises(IndexError)),
                Row("i at n_items, not built", lambda: filled().get_nns_by_item(20, 1), Raises(IndexError)),
                Row("i negative", lambda: index.get_nns_by_item(-1, 1), Raises(IndexError)),
                Row("wrong length", lambda: index.get_nns_by_vector([1, 2], 1), Raises(IndexError)),
                Row("get_item_vector", lambda: index.get_item_vector(9), vector),
                Row("get_item_vector before build", lambda: filled().get_item_vector(9), points(20)[9].tolist()),
                Row("get_item_vector at n_items", lambda: index.get_item_vector(50), Raises(IndexError)),
                Row("get_item_vector negative", lambda: index.get_item_vector(-1), Raises(IndexError)),
                Row("get_item_vector of nothing", lambda: AnnoyIndex(2, "dot").get_item_vector(0), Raises(IndexError)),
                Row("get_distance to itself", lambda: index.get_distance(3, 3), 0.0),
                Row("get_distance at n_items", lambda: index.get_distance(0, 50), Raises(IndexError)),
                Row("get_distance negative", lambda: index.get_distance(-1, 0), Raises(IndexError)),
            ],
        )

    def test_files(self):
        path = self.new_path("forest.ann")
        saved = built()
        run_table(
            self,
            [
                Row("save", lambda: saved.save(path), True),
                Row("read-only then", lambda: saved.unbuild(), Raises(Exception, "loaded")),
                Row("no build then", lambda: saved.build(2), Raises(Exception, "loaded")),
                Row("no item then", lambda: saved.add_item(0, [1, 2, 3]), Raises(Exception, "loaded")),
                Row("it still answers", lambda: saved.get_nns_by_item(3, 1), [3]),
                Row("save what is not built", lambda: filled().save(path), Raises(OSError)),
                Row("the file is still there", lambda: os.path.getsize(path) > 0, True),
                Row("save nowhere", lambda: built().save("/nowhere/x.ann"), Raises(OSError)),
                Row("save after unload", lambda: after(built(), lambda a: a.unload()).save(path), Raises(OSError)),
                Row("load", lambda: AnnoyIndex(3, "euclidean").load(path), True),
                Row("load with prefault", lambda: AnnoyIndex(3, "euclidean").load(path, True), True),
                Row("load, then ask", lambda: after(AnnoyIndex(3, "euclidean"), lambda a: a.load(path)).get_nns_by_item(5, 1), [5]),
                Row("trees", lambda: after(AnnoyIndex(3, "euclidean"), lambda a: a.load(path)).get_n_trees(), 5),
                Row("load no file", lambda: AnnoyIndex(3, "euclidean").load(path + "x"), Raises(OSError)),
                Row("load another dimension", lambda: AnnoyIndex(4, "euclidean").load(path), Raises(OSError)),
                Row("load without f", lambda: AnnoyIndex(0, "euclidean").load(path), Raises(OSError)),
                Row("on_disk_build", lambda: AnnoyIndex(3, "dot").on_disk_build(path + "2"), True),
                Row("on_disk_build nowhere", lambda: AnnoyIndex(3, "dot").on_disk_build("/nowhere/x"), Raises(OSError)),
            ],
        )


if __name__ == "__main__":
    unittest.main()
