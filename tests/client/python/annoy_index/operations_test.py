"""d.6: the estimator's operations and their errors, row by row."""

import os
import unittest

import numpy as np

from annod import Annoy
from annod_server import ServerTest
from behaviour import Fits, Raises, Row, added, after, built, points, run_table

UNSET = "not initialized"


def same_ids(index, wanted):
    """Whether the index answers like the other, for each of its items."""
    return all(index.get_nns_by_item(i, 5, 10000) == wanted.get_nns_by_item(i, 5, 10000) for i in range(len(wanted)))


class ItemsAndBuildsTest(ServerTest):
    def test_add_item(self):
        index = Annoy(3, "l2")
        run_table(
            self,
            [
                Row("returns self", lambda: index.add_item(0, [1, 2, 3]) is index, True),
                Row("numpy row", lambda: index.add_item(1, points(1)[0]) is index, True),
                Row("a generator", lambda: len(index.add_item(2, (k for k in (1, 2, 3)))), 3),
                Row("again replaces", lambda: len(index.add_item(0, [3, 2, 1])), 3),
                Row("the new vector", lambda: index.get_item_vector(0), [3.0, 2.0, 1.0]),
                Row("built", lambda: built().add_item(0, [1, 2, 3]), Raises(RuntimeError)),
                Row("too short", lambda: index.add_item(0, [1, 2]), Raises(ValueError)),
                Row("too long", lambda: index.add_item(0, [1, 2, 3, 4]), Raises(ValueError)),
                Row("text inside", lambda: index.add_item(0, [1, 2, "3"]), Raises(TypeError)),
                Row("None inside", lambda: index.add_item(0, [1, 2, None]), Raises(TypeError)),
                Row("text", lambda: index.add_item(0, "123"), Raises(TypeError)),
                Row("a number", lambda: index.add_item(0, 3), Raises(TypeError)),
                Row("matrix", lambda: index.add_item(0, points(3)), Raises(ValueError)),
                Row("negative id", lambda: index.add_item(-1, [1, 2, 3]), Raises(ValueError)),
                Row("id no integer", lambda: index.add_item("0", [1, 2, 3]), Raises(TypeError)),
                Row("id too large", lambda: index.add_item(2**31, [1, 2, 3]), Raises(ValueError)),
                Row("NaN", lambda: index.add_item(0, [1, 2, float("nan")]), Raises(ValueError)),
                Row("too large for float32", lambda: index.add_item(0, [1, 2, 1e39]), Raises(ValueError)),
                Row("length beyond angular", lambda: Annoy(2, "angular").add_item(0, [3e38, 0]), Raises(ValueError, "length")),
                Row("length beyond l1", lambda: Annoy(2, "l1").add_item(0, [1e19, 0]), Raises(ValueError, "length")),
                Row("length below l2", lambda: Annoy(2, "l2").add_item(0, [1e-19, 0]), Raises(ValueError, "length")),
                Row("no bit", lambda: Annoy(2, "hamming").add_item(0, [1, 0.5]), Raises(ValueError, "vector[1] is 0.5; it must be 0 or 1 for hamming")),
                Row("length, where others wait", lambda: index.add_item(0, [1e30, 0, 0]), Raises(ValueError, "length")),
                Row("after the refusals", lambda: len(index), 3),
                Row("reads see what was added", lambda: Annoy(3, "l2").add_item(5, [7, 8, 9]).get_item_vector(5), [7.0, 8.0, 9.0]),
            ],
        )

    def test_build(self):
        run_table(
            self,
            [
                Row("returns self", lambda: (lambda a: a.build(3) is a)(added()), True),
                Row("trees", lambda: added().build(7).get_n_trees(), 7),
                Row("automatic", lambda: added().build(-1).get_n_trees() > 0, True),
                Row("automatic by default", lambda: added().build().get_n_trees() > 0, True),
                Row("n_jobs", lambda: added().build(3, 2).get_n_trees(), 3),
                Row("n_jobs changes nothing", lambda: added(500).build(4, 1).serialize() == added(500).build(4, 2).serialize(), True),
                Row("no core", lambda: Annoy().build(3), Raises(RuntimeError, UNSET)),
                Row("0 trees", lambda: added().build(0), Raises(ValueError)),
                Row("-2 trees", lambda: added().build(-2), Raises(ValueError)),
                Row("trees no integer", lambda: added().build("3"), Raises(TypeError)),
                Row("0 jobs", lambda: added().build(3, 0), Raises(ValueError)),
                Row("-2 jobs", lambda: added().build(3, -2), Raises(ValueError)),
                Row("built", lambda: built().build(3), Raises(RuntimeError)),
                Row("without items", lambda: Annoy(3, "l2").build(4).get_n_trees(), 4),
                Row("and queries find nothing", lambda: Annoy(3, "l2").build(4).get_nns_by_vector([1, 2, 3], 2), []),
            ],
        )

    def test_unbuild_and_unload(self):
        run_table(
            self,
            [
                Row("unbuild returns self", lambda: (lambda a: a.unbuild() is a)(built()), True),
                Row("unbuild, no core", lambda: Annoy().unbuild(), Raises(RuntimeError, UNSET)),
                Row("unbuild, not built", lambda: len(added().unbuild()), 20),
                Row("unbuild keeps items", lambda: len(built().unbuild()), 20),
                Row("unbuild keeps vectors", lambda: built().unbuild().get_item_vector(3), points(20)[3].tolist()),
                Row("no trees then", lambda: built().unbuild().get_n_trees(), 0),
                Row("no queries then", lambda: built().unbuild().get_nns_by_item(0, 1), Raises(RuntimeError)),
                Row("add and build again", lambda: built().unbuild().add_item(25, [9, 9, 9]).build(3).get_nns_by_vector([9, 9, 9], 1), [25]),
                Row("unload returns self", lambda: (lambda a: a.unload() is a)(built()), True),
                Row("unload, no core", lambda: Annoy().unload(), Raises(RuntimeError, UNSET)),
                Row("unload drops items", lambda: built().unload().get_n_items(), 0),
                Row("unload, then fill and build", lambda: built().unload().add_item(0, [1, 2, 3]).build(2).get_n_items(), 1),
                Row("unload, then build nothing", lambda: built().unload().build(2).get_n_trees(), 2),
            ],
        )


class FilesTest(ServerTest):
    def test_save_and_load(self):
        path = self.new_path("forest.ann")
        saved = built()
        empty = self.new_path("empty.ann")
        open(empty, "wb").close()
        cut = self.new_path("cut.ann")
        other = self.new_path("other.ann")
        built(f=4).save(other)

        def cut_short():
            data = open(path, "rb").read()
            with open(cut, "wb") as file:
                file.write(data[: len(data) - len(data) // 3])
            return cut

        run_table(
            self,
            [
                Row("save returns self", lambda: saved.save(path) is saved, True),
                Row("read-only then: no unbuild", lambda: saved.unbuild(), Raises(RuntimeError)),
                Row("read-only then: no item", lambda: saved.add_item(0, [1, 2, 3]), Raises(RuntimeError)),
                Row("read-only then: no build", lambda: saved.build(2), Raises(RuntimeError)),
                Row("and still answers", lambda: saved.get_nns_by_item(0, 1), [0]),
                Row("save again", lambda: saved.save(path) is saved, True),
                Row("save, no core", lambda: Annoy().save(path), Raises(RuntimeError, UNSET)),
                Row("save, not built", lambda: added().save(path), Raises(OSError)),
                Row("what was there stays", lambda: os.path.getsize(path) > 0, True),
                Row("save, no such directory", lambda: built().save("/nowhere/x.ann"), Raises(OSError)),
                Row("save, a failure leaves no litter", lambda: os.listdir(os.path.dirname(path)), ["forest.ann"]),
                Row("load returns self", lambda: (lambda a: a.load(path) is a)(Annoy(3, "l2")), True),
                Row("load answers alike", lambda: same_ids(Annoy(3, "l2").load(path), saved), True),
                Row("load with prefault", lambda: len(Annoy(3, "l2").load(path, prefault=True)), 20),
                Row("load over items", lambda: len(added(5).load(path)), 20),
                Row("load over a load", lambda: len(Annoy(3, "l2").load(path).load(path)), 20),
                Row("loaded: no item", lambda: Annoy(3, "l2").load(path).add_item(0, [1, 2, 3]), Raises(RuntimeError)),
                Row("loaded: no build", lambda: Annoy(3, "l2").load(path).build(2), Raises(RuntimeError)),
                Row("loaded: no unbuild", lambda: Annoy(3, "l2").load(path).unbuild(), Raises(RuntimeError)),
                Row("load, no core", lambda: Annoy().load(path), Raises(RuntimeError, UNSET)),
                Row("load, no file", lambda: Annoy(3, "l2").load(path + "x"), Raises(FileNotFoundError)),
                Row("load, empty file", lambda: Annoy(3, "l2").load(empty), Raises(OSError)),
                Row("load, another dimension", lambda: Annoy(3, "l2").load(other), Raises(OSError)),
                Row("load, another metric", lambda: Annoy(3, "dot").load(path), Raises(OSError)),
                Row("load, cut short", lambda: Annoy(3, "l2").load(cut_short()), Raises(OSError)),
                Row(
                    "a failed load changes nothing",
                    lambda: after(built(), lambda a: self.assertRaises(OSError, a.load, cut)).get_nns_by_item(4, 1),
                    [4],
                ),
            ],
        )

    def test_on_disk_build(self):
        path = self.new_path("disk.ann")
        plain = self.new_path("plain.ann")
        with open(path, "w", encoding="ascii") as file:
            file.write("what was there")
        run_table(
            self,
            [
                Row("returns self", lambda: (lambda a: a.on_disk_build(path) is a)(Annoy(3, "l2")), True),
                Row("no core", lambda: Annoy().on_disk_build(path), Raises(RuntimeError, UNSET)),
                Row("no metric", lambda: after(Annoy(), lambda a: setattr(a, "f", 3)).on_disk_build(path), Raises(RuntimeError, UNSET)),
                Row("no such directory", lambda: Annoy(3, "l2").on_disk_build("/nowhere/x.ann"), Raises(OSError)),
                Row("a directory", lambda: Annoy(3, "l2").on_disk_build("/tmp"), Raises(OSError)),
                Row("nothing is truncated before a build ends", lambda: open(path, encoding="ascii").read(), "what was there"),
                Row("build writes it", lambda: built().unbuild().on_disk_build(path).build(5).get_n_items(), 20),
                Row("the same bytes as save", lambda: (built().save(plain), open(path, "rb").read() == open(plain, "rb").read())[1], True),
                Row("loads", lambda: Annoy(3, "l2").load(path).get_nns_by_item(7, 1), [7]),
            ],
        )


class QueriesTest(ServerTest):
    def test_get_nns(self):
        index = built(50, n_neighbors=4)
        vector = points(50)[8]
        run_table(
            self,
            [
                Row("by item", lambda: index.get_nns_by_item(8, 3)[0], 8),
                Row("by vector", lambda: index.get_nns_by_vector(vector, 3)[0], 8),
                Row("by a list", lambda: index.get_nns_by_vector(vector.tolist(), 3)[0], 8),
                Row("both agree", lambda: index.get_nns_by_vector(vector, 5) == index.get_nns_by_item(8, 5), True),
                Row("ids are a list of int", lambda: {type(i) for i in index.get_nns_by_item(8, 3)}, {int}),
                Row("distances", lambda: index.get_nns_by_item(8, 3, include_distances=True)[1][0], 0.0),
                Row("distances ascend", lambda: (lambda d: d == sorted(d))(index.get_nns_by_item(8, 30, -1, True)[1]), True),
                Row("n is n_neighbors", lambda: len(index.get_nns_by_item(8)), 4),
                Row("n is n_neighbors, by vector", lambda: len(index.get_nns_by_vector(vector)), 4),
                Row("n above n_items", lambda: len(index.get_nns_by_item(8, 999, 10**6)), 50),
                Row("n far above limits", lambda: len(index.get_nns_by_item(8, 10**8)), 50),
                Row("search_k 0 finds nothing", lambda: index.get_nns_by_item(8, 3, 0), []),
                Row("search_k 0 with distances", lambda: index.get_nns_by_item(8, 3, 0, True), ([], [])),
                Row("search_k huge", lambda: len(index.get_nns_by_item(8, 50, 2**40)), 50),
                Row("not built", lambda: added().get_nns_by_item(0, 1), Raises(RuntimeError)),
                Row("not built, by vector", lambda: added().get_nns_by_vector([1, 2, 3], 1), Raises(RuntimeError)),
                Row("no core", lambda: Annoy().get_nns_by_item(0, 1), Raises(RuntimeError, UNSET)),
                Row("n 0", lambda: index.get_nns_by_item(0, 0), Raises(ValueError)),
                Row("n negative", lambda: index.get_nns_by_vector(vector, -1), Raises(ValueError)),
                Row("search_k below -1", lambda: index.get_nns_by_item(0, 1, -2), Raises(ValueError)),
                Row("search_k below -1, by vector", lambda: index.get_nns_by_vector(vector, 1, -2), Raises(ValueError)),
                Row("i at n_items", lambda: index.get_nns_by_item(50, 1), Raises(IndexError)),
                Row("i huge", lambda: index.get_nns_by_item(2**40, 1), Raises(IndexError)),
                Row("i negative", lambda: index.get_nns_by_item(-1, 1), Raises(ValueError)),
                Row("i no integer", lambda: index.get_nns_by_item("0", 1), Raises(TypeError)),
                Row("wrong length", lambda: index.get_nns_by_vector([1, 2], 1), Raises(ValueError)),
                Row("vector of text", lambda: index.get_nns_by_vector(["a", "b", "c"], 1), Raises(TypeError)),
                Row("NaN", lambda: index.get_nns_by_vector([1, 2, float("nan")], 1), Raises(ValueError)),
            ],
        )

    def test_holes(self):
        index = Annoy(2, "l2").add_item(1, [3, 4]).add_item(5, [0, 1]).build(2)
        run_table(
            self,
            [
                Row("n_items counts them", lambda: index.get_n_items(), 6),
                Row("their vector is zero", lambda: index.get_item_vector(2), [0.0, 0.0]),
                Row("they query the zero vector", lambda: index.get_nns_by_item(2, 5, include_distances=True), ([5, 1], [1.0, 5.0])),
                Row("their distance is the zero vector's", lambda: index.get_distance(0, 1), 5.0),
                Row(
                    "angular: everything is sqrt(2) from them",
                    lambda: Annoy(2, "angular").add_item(1, [3, 4]).build(1).get_nns_by_item(0, 1, include_distances=True)[1],
                    Fits(lambda d: abs(d[0] - 2**0.5) < 1e-6),
                ),
                Row("they are never found", lambda: index.get_nns_by_vector([0, 0], 6, 1000), [5, 1]),
                Row("many at once", lambda: index.get_item_vectors([5, 0, 1]).tolist(), [[0.0, 1.0], [0.0, 0.0], [3.0, 4.0]]),
            ],
        )

    def test_stored_vectors_and_distances(self):
        index = built(metric="l2")
        wanted = float(np.float32(np.linalg.norm(points(20)[1] - points(20)[2])))
        near = Fits(lambda d: abs(d - wanted) < 1e-5)
        run_table(
            self,
            [
                Row("get_item_vector", lambda: index.get_item_vector(4), points(20)[4].tolist()),
                Row("get_item", lambda: index.get_item(4), points(20)[4].tolist()),
                Row("before build", lambda: added().get_item_vector(4), points(20)[4].tolist()),
                Row("hamming gives 0 and 1", lambda: built(metric="hamming").get_item_vector(0), (points(20)[0] > 0.5).astype(float).tolist()),
                Row("no core", lambda: Annoy().get_item_vector(0), Raises(RuntimeError, UNSET)),
                Row("at n_items", lambda: index.get_item_vector(20), Raises(IndexError)),
                Row("negative", lambda: index.get_item_vector(-1), Raises(IndexError)),
                Row("no items", lambda: Annoy(3, "l2").get_item_vector(0), Raises(IndexError)),
                Row("get_distance", lambda: index.get_distance(1, 2), near),
                Row("symmetric", lambda: index.get_distance(2, 1), near),
                Row("to itself", lambda: index.get_distance(1, 1), 0.0),
                Row("distance before build", lambda: added().get_distance(1, 2), near),
                Row("distance, no core", lambda: Annoy().get_distance(0, 1), Raises(RuntimeError, UNSET)),
                Row("distance, i at n_items", lambda: index.get_distance(20, 0), Raises(IndexError)),
                Row("distance, j at n_items", lambda: index.get_distance(0, 20), Raises(IndexError)),
                Row("distance, negative", lambda: index.get_distance(-1, 0), Raises(IndexError)),
                Row("dot is the inner product", lambda: Annoy(2, "dot").add_item(0, [1, 2]).add_item(1, [3, 4]).build(2).get_distance(0, 1), 11.0),
                Row("dot before build too", lambda: Annoy(2, "dot").add_item(0, [1, 2]).add_item(1, [3, 4]).get_distance(0, 1), 11.0),
                Row("get_n_items", lambda: index.get_n_items(), 20),
                Row("get_n_trees", lambda: index.get_n_trees(), 5),
                Row("get_n_items, no core", lambda: Annoy().get_n_items(), Raises(RuntimeError, UNSET)),
                Row("get_n_trees, no core", lambda: Annoy().get_n_trees(), Raises(RuntimeError, UNSET)),
                Row("get_n_trees before build", lambda: added().get_n_trees(), 0),
            ],
        )


class SerializeTest(ServerTest):
    def test_serialize_errors(self):
        index = built()
        canonical = index.serialize("canonical")
        portable = index.serialize("portable")
        native = index.serialize()
        with_hole = Annoy(2, "l2").add_item(0, [1, 2]).add_item(2, [3, 4]).build(2)
        run_table(
            self,
            [
                Row("unknown name", lambda: index.serialize("zip"), Raises(ValueError)),
                Row("no text", lambda: index.serialize(3), Raises(TypeError)),
                Row("native is the default", lambda: index.serialize("native") == native, True),
                Row("other names", lambda: [index.serialize(n) == native for n in ("legacy", "RAW ")], [True, True]),
                Row("portable's names", lambda: [index.serialize(n) == portable for n in ("portable_v1", "portable-v1")], [True, True]),
                Row("canonical's names", lambda: [index.serialize(n) == canonical for n in ("canonical_v1", "canonical-v1")], [True, True]),
                Row("native, not built", lambda: added().serialize(), Raises(RuntimeError)),
                Row("portable, not built", lambda: added().serialize("portable"), Raises(RuntimeError)),
                Row("canonical, not built", lambda: len(added().serialize("canonical")) == len(canonical), True),
                Row("no core", lambda: Annoy().serialize(), Raises(RuntimeError, UNSET)),
                Row("no core, canonical", lambda: Annoy().serialize("canonical"), Raises(RuntimeError, UNSET)),
                Row("canonical cannot say holes", lambda: with_hole.serialize("canonical"), Raises(ValueError)),
                Row(
                    "unless told to fill them",
                    lambda: Annoy().deserialize(with_hole.serialize("canonical", fill_holes=True)).get_nns_by_vector([0, 0], 3),
                    [1, 0, 2],
                ),
                Row("portable keeps them", lambda: Annoy().deserialize(with_hole.serialize("portable")).get_nns_by_vector([0, 0], 3, 1000), [0, 2]),
            ],
        )

    def test_deserialize_errors(self):
        index = built()
        canonical = index.serialize("canonical")
        portable = index.serialize("portable")
        native = index.serialize()
        run_table(
            self,
            [
                Row("returns self", lambda: (lambda a: a.deserialize(portable) is a)(Annoy()), True),
                Row("no bytes", lambda: Annoy(3, "l2").deserialize("x"), Raises(TypeError)),
                Row("bytearray", lambda: Annoy(3, "l2").deserialize(bytearray(native)), Raises(TypeError)),
                Row("empty", lambda: Annoy(3, "l2").deserialize(b""), Raises(OSError)),
                Row("native adopts nothing", lambda: Annoy().deserialize(native), Raises(RuntimeError, UNSET)),
                Row("native", lambda: Annoy(3, "l2").deserialize(native).get_nns_by_item(3, 1), [3]),
                Row("portable adopts", lambda: (lambda a: (a.f, a.metric))(Annoy().deserialize(portable)), (3, "euclidean")),
                Row("canonical adopts", lambda: (lambda a: (a.f, a.metric))(Annoy().deserialize(canonical)), (3, "euclidean")),
                Row("portable, another f", lambda: Annoy(4, "l2").deserialize(portable), Raises(ValueError)),
                Row("portable, another metric", lambda: Annoy(3, "l1").deserialize(portable), Raises(ValueError)),
                Row("canonical, another f", lambda: Annoy(4, "l2").deserialize(canonical), Raises(ValueError)),
                Row("canonical, another metric", lambda: Annoy(3, "l1").deserialize(canonical), Raises(ValueError)),
                Row("portable: loaded", lambda: Annoy().deserialize(portable).unbuild(), Raises(RuntimeError)),
                Row("native: loaded", lambda: Annoy(3, "l2").deserialize(native).add_item(0, [1, 2, 3]), Raises(RuntimeError)),
                Row("canonical: editable", lambda: Annoy().deserialize(canonical).unbuild().add_item(20, [9, 9, 9]).build(2).get_n_items(), 21),
                Row("canonical restores the seed", lambda: Annoy().deserialize(built(seed=42).serialize("canonical")).seed, 42),
                Row("canonical, not built, stays so", lambda: Annoy().deserialize(added().serialize("canonical")).get_n_trees(), 0),
                Row("and can be built", lambda: Annoy().deserialize(added().serialize("canonical")).build(4).get_n_trees(), 4),
                Row("prefault is taken", lambda: len(Annoy().deserialize(portable, prefault=True)), 20),
                *[
                    Row(f"{name} cut to {size} bytes", lambda blob=blob, size=size: Annoy(3, "l2").deserialize(blob[:size]), Raises(OSError))
                    for name, blob in (("portable", portable), ("canonical", canonical), ("native", native))
                    for size in (1, 9, 27, 55, 100, len(blob) - 1)
                ],
                Row("portable, bytes behind", lambda: Annoy().deserialize(portable + b"x"), Raises(OSError)),
                Row("canonical, bytes behind", lambda: Annoy().deserialize(canonical + b"x"), Raises(OSError)),
                Row("portable, metric 9", lambda: Annoy().deserialize(portable[:14] + b"\x09" + portable[15:]), Raises(OSError)),
                Row("portable, f 0", lambda: Annoy().deserialize(portable[:16] + bytes(4) + portable[20:]), Raises(OSError)),
                Row("portable, version 9", lambda: Annoy().deserialize(portable[:8] + b"\x09\0" + portable[10:]), Raises(OSError)),
                Row("portable, big-endian", lambda: Annoy().deserialize(portable[:10] + b"\x02" + portable[11:]), Raises(OSError)),
                Row(
                    "a failure changes nothing",
                    lambda: after(built(), lambda a: self.assertRaises(OSError, a.deserialize, portable[:-1])).get_nns_by_item(2, 1),
                    [2],
                ),
            ],
        )

    def test_rebuild(self):
        source = Annoy(3, "l2", n_neighbors=4, seed=9)
        source.fit(points(20), y=list("abcdefghijklmnopqrst"), n_trees=6)
        with_hole = Annoy(2, "l2").add_item(0, [1, 2]).add_item(2, [3, 4]).build(2)
        bits = Annoy(3, "l2").fit(points(20) > 0.5)
        path = self.new_path("rebuilt.ann")
        own = self.new_path("own.ann")
        run_table(
            self,
            [
                Row("a new object", lambda: source.rebuild() is source, False),
                Row("metric None: the same", lambda: source.rebuild().metric, "euclidean"),
                Row(
                    "another metric",
                    lambda: source.rebuild("l1").get_distance(0, 1),
                    Fits(lambda d: abs(d - np.abs(points(20)[0] - points(20)[1]).sum()) < 1e-5),
                ),
                Row("as many trees", lambda: source.rebuild("l1").get_n_trees(), 6),
                Row("n_trees", lambda: source.rebuild(n_trees=2).get_n_trees(), 2),
                Row("n_trees automatic", lambda: source.rebuild(n_trees=-1).get_n_trees() > 0, True),
                Row("not built: not built", lambda: added().rebuild("l1").get_n_trees(), 0),
                Row("not built: items", lambda: added().rebuild("l1").build(2).get_n_items(), 20),
                Row("not built, n_trees", lambda: added().rebuild("l1", n_trees=3).get_n_trees(), 3),
                Row("labels", lambda: source.rebuild("l1").y, list("abcdefghijklmnopqrst")),
                Row("parameters", lambda: (lambda a: (a.seed, a.n_neighbors))(source.rebuild("l1")), (9, 4)),
                Row("numbers make no bits", lambda: source.rebuild("hamming"), Raises(ValueError, "0 or 1 for hamming")),
                Row("bits stay bits", lambda: bits.rebuild("hamming").get_item_vector(0), (points(20)[0] > 0.5).astype(float).tolist()),
                Row("holes stay holes", lambda: with_hole.rebuild("l1").get_nns_by_vector([0, 0], 3, 100), [0, 2]),
                Row("source unchanged", lambda: (source.metric, source.get_n_trees(), source.get_nns_by_item(3, 1)), ("euclidean", 6, [3])),
                Row("editable", lambda: source.rebuild("l1").unbuild().add_item(20, [1, 1, 1]).build(2).get_n_items(), 21),
                Row("bad metric", lambda: source.rebuild("l9"), Raises(ValueError)),
                Row("metric no text", lambda: source.rebuild(3), Raises(TypeError)),
                Row("unknown keyword", lambda: source.rebuild(trees=3), Raises(TypeError)),
                Row("n_trees 0", lambda: source.rebuild(n_trees=0), Raises(ValueError)),
                Row("n_trees -2", lambda: source.rebuild(n_trees=-2), Raises(ValueError)),
                Row("n_jobs 0", lambda: source.rebuild(n_jobs=0), Raises(ValueError)),
                Row("no core", lambda: Annoy().rebuild(), Raises(RuntimeError, UNSET)),
                Row("no items", lambda: Annoy(3, "l2").rebuild("l1").metric, "manhattan"),
                Row("on_disk_path", lambda: source.rebuild(on_disk_path=path).on_disk_path == path and os.path.exists(path), True),
                Row("its own path is ignored", lambda: built(on_disk_path=own).rebuild(on_disk_path=own).on_disk_path, None),
                Row("its path is never carried over", lambda: built(on_disk_path=own).rebuild().on_disk_path, None),
            ],
        )


if __name__ == "__main__":
    unittest.main()
