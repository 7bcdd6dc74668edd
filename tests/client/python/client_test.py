"""annod.Client: everything the service does, on a real server."""

import io
import os
import pathlib
import unittest

import numpy as np

import annod
from annod import errors
from annod_server import ServerTest
from behaviour import points


class ClientTest(ServerTest):
    def setUp(self):
        self.client = annod.Client(self.server.address)
        self.addCleanup(self.client.close)
        self.name = self.id().rsplit(".", 1)[1][:60]
        self.addCleanup(self.drop)

    def drop(self):
        with annod.Client(self.server.address) as client:
            client.drop(self.name, missing_ok=True)

    def fitted(self, rows=300, **settings):
        self.client.fit(self.name, points(rows), metric="euclidean", trees=5, **settings)
        return points(rows)


class IndexCallsTest(ClientTest):
    def test_create_update_info_drop(self):
        made = self.client.create(self.name, 3, "l2", default_n=7, feature_names=["a", "b", "c"], prefault="populate", build_rules="annoy_1_17")
        self.assertEqual((made.name, made.dimension, made.metric, made.state), (self.name, 3, "euclidean", "empty"))
        self.assertEqual((made.default_n, made.feature_names), (7, ("a", "b", "c")))
        self.assertEqual(self.client.update(self.name, default_n=4, feature_names=[]).default_n, 4)
        self.assertTrue(self.client.exists(self.name))
        self.assertIn(self.name, [found.name for found in self.client.indexes()])
        self.client.drop(self.name)
        self.assertFalse(self.client.exists(self.name))
        self.client.drop(self.name, missing_ok=True)

    def test_leases(self):
        made = self.client.create(self.name, 3, "l2", lease_seconds=600)
        self.assertEqual(made.lease_seconds, 600)
        renewed = self.client.renew_lease(self.name, 900)
        self.assertEqual(renewed.lease_seconds, 900)
        self.assertGreater(renewed.lease_expire_time, made.lease_expire_time)
        self.assertEqual(self.client.renew_lease(self.name).lease_seconds, 900)
        stays = self.client.renew_lease(self.name, -1)
        self.assertEqual((stays.lease_seconds, stays.lease_expire_time), (0, ""))
        with self.assertRaises(errors.WrongState) as caught:
            self.client.renew_lease(self.name)
        self.assertEqual(caught.exception.reason, "NO_LEASE")

    def test_a_name_that_is_taken(self):
        self.client.create(self.name, 3, "l2")
        with self.assertRaises(errors.AnnodError) as caught:
            self.client.create(self.name, 3, "l2")
        self.assertEqual((caught.exception.code, caught.exception.reason), ("ALREADY_EXISTS", "INDEX_EXISTS"))
        self.assertEqual(caught.exception.metadata, {"index": self.name})
        self.assertEqual(self.client.create(self.name, 3, "l2", exist_ok=True).dimension, 3)
        self.assertRaises(errors.AnnodError, self.client.create, self.name, 4, "l2", exist_ok=True)

    def test_words_are_checked_here(self):
        self.assertRaisesRegex(ValueError, "prefault .* one of none, advise", self.client.create, self.name, 3, "l2", prefault="all")
        self.assertRaisesRegex(ValueError, "metric", self.client.create, self.name, 3, "l3")

    def test_a_misspelt_name_says_which_there_are(self):
        self.fitted()
        wrong = self.name + "s"
        for call in (self.client.info, self.client.build, self.client.unbuild, self.client.versions, self.client.rollback, self.client.detach):
            with self.assertRaisesRegex(errors.NoSuchIndex, f"no index '{wrong}'; did you mean '{self.name}'"):
                call(wrong)
        self.assertRaisesRegex(errors.NoSuchIndex, "did you mean", self.client.query, wrong, [1, 2, 3])
        self.assertRaisesRegex(errors.NoSuchIndex, "did you mean", self.client.add, wrong, [1, 2, 3])
        self.assertRaisesRegex(errors.NoSuchIndex, "did you mean", self.client.stream, wrong, [[1, 2, 3]])

    def test_versions_activate_and_rollback(self):
        rows = self.fitted()
        self.client.add(self.name, rows[0] + 100)
        self.assertEqual(self.client.build(self.name).version, 2)
        self.assertEqual(self.client.versions(self.name), annod.results.Versions(2, 2, (1, 2)))
        self.assertEqual(self.client.rollback(self.name).version, 1)
        self.assertEqual(self.client.query(self.name, rows[0] + 100, 1).version, 1)
        self.assertRaisesRegex(errors.WrongState, "keeps none before", self.client.rollback, self.name)
        self.assertEqual(self.client.activate(self.name, 2).version, 2)
        self.assertRaises(errors.AnnodError, self.client.activate, self.name, 9)

    def test_attach_reload_detach(self):
        rows = self.fitted()
        path = self.new_path("attached.ann")
        self.client.export(self.name, path)
        os.chmod(os.path.dirname(path), 0o755)
        other = self.name + "-file"
        self.assertEqual(self.client.attach(other, path, 3, "euclidean").attached_path, path)
        self.assertEqual(self.client.query(other, rows[4], 1).ids.tolist(), [[4]])
        self.assertEqual([found.name for found in self.client.reload(other)], [other])
        self.client.detach(other)
        self.assertFalse(self.client.exists(other))

    def test_health(self):
        self.fitted()
        self.assertEqual((self.client.health(), self.client.health(self.name)), ("serving", "serving"))
        self.assertRaises(errors.AnnodError, self.client.health, "nowhere")


class ItemCallsTest(ClientTest):
    def test_every_form_of_rows(self):
        rows = points(10)
        self.client.create(self.name, 3, "l2")
        for form in (rows, rows.tolist(), list(rows), iter(rows), (row for row in [rows[:4], rows[4:]]), rows.astype(np.float64), np.asfortranarray(rows)):
            self.assertEqual(self.client.add(self.name, form, ids=range(10)).tolist(), list(range(10)))
            np.testing.assert_array_equal(self.client.get(self.name, range(10)).vectors, rows)
        self.assertEqual(self.client.add(self.name, rows[0]).tolist(), [10])
        self.assertEqual(self.client.add(self.name, [1, 2, 3]).tolist(), [11])
        self.assertEqual(self.client.add(self.name, np.zeros((0, 3))).tolist(), [])
        self.assertEqual(self.client.add(self.name, []).tolist(), [])

    def test_bits_are_booleans_or_0_and_1(self):
        bits = points(6, 12) > 0
        self.client.create(self.name, 12, "hamming")
        packed = np.packbits(bits, axis=1)
        for form in (bits, bits.tolist(), bits.astype(np.uint8), bits.astype(np.float64), np.unpackbits(packed, axis=1, count=12)):
            self.client.upsert(self.name, range(6), form)
            self.assertEqual(self.client.get(self.name, range(6)).vectors.tolist(), bits.astype(float).tolist())
        for wrong in (packed.repeat(6, axis=1), points(1, 12)):
            with self.assertRaisesRegex(ValueError, "it must be 0 or 1 for hamming"):
                self.client.add(self.name, wrong)

    def test_upsert_replaces(self):
        self.client.create(self.name, 3, "l2")
        self.client.upsert(self.name, [5, 9], [[1, 2, 3], [4, 5, 6]], labels=["a", 7])
        self.client.upsert(self.name, [5], [[7, 8, 9]], labels=[None])
        found = self.client.get(self.name, [9, 5])
        self.assertEqual((found.ids.tolist(), found.vectors.tolist(), found.labels), ([9, 5], [[4, 5, 6], [7, 8, 9]], [7, None]))
        self.assertEqual(self.client.get(self.name, labels=[7]).ids.tolist(), [9])
        self.assertEqual(self.client.distance(self.name, 5, 9), np.float32(27**0.5))

    def test_what_is_wrong_is_named_and_what_is_stored_is_told(self):
        self.client.create(self.name, 3, "l2")
        rows = np.zeros((5000, 3))
        rows[4500, 1] = np.nan
        self.assertRaisesRegex(ValueError, r"X\[4500\]\[1\] is nan.*\(0 rows are stored\)", self.client.add, self.name, rows)
        self.assertEqual(self.client.info(self.name).staged_item_count, 0)
        self.assertRaisesRegex(ValueError, r"X\[4096:\]\[404\]\[1\] is nan.*\(4096 rows are stored\)", self.client.add, self.name, iter(rows))
        self.assertEqual(self.client.info(self.name).staged_item_count, 4096)
        self.assertRaisesRegex(ValueError, r"takes 2000 bytes.*\(0 rows are stored\)", self.client.add, self.name, [1, 2, 3], labels=["x" * 2000])
        with self.assertRaisesRegex(ValueError, "more rows than ids.*0 rows are stored"):
            self.client.add(self.name, np.zeros((3, 3)), ids=[1, 2])
        with self.assertRaisesRegex(ValueError, "2 rows, which are stored, and more ids"):
            self.client.add(self.name, np.zeros((2, 3)), ids=[1, 2, 3])
        self.assertRaisesRegex(ValueError, "ids has -1", self.client.add, self.name, [1, 2, 3], ids=[-1])
        self.assertRaisesRegex(TypeError, "ids", self.client.add, self.name, [1, 2, 3], ids=["1"])
        with self.assertRaises(errors.AnnodError) as caught:
            self.client.add(self.name, np.zeros((5000, 3)), labels=["x"] * 5000)
        self.assertEqual((caught.exception.reason, caught.exception.metadata["stored_count"]), ("LABEL_TAKEN", "0"))

    def test_remove(self):
        self.fitted(labels=[str(k) for k in range(300)])
        gone = self.client.remove(self.name, ids=[3, 999], labels=["7", "nobody"])
        self.assertEqual((gone.count, gone.missing_ids, gone.missing_labels), (2, [999], ["nobody"]))
        self.assertEqual(self.client.remove(self.name, ids=[]).count, 0)
        self.assertEqual(self.client.remove(self.name, labels="9").count, 1)
        self.assertRaises(TypeError, self.client.remove, self.name)
        self.assertFalse({3, 7, 9} & set(self.client.query(self.name, points(300)[3], 300).ids.ravel().tolist()))


class BuildCallsTest(ClientTest):
    def test_build_reports_progress(self):
        self.client.create(self.name, 3, "l2")
        self.client.add(self.name, points(2000))
        seen = []
        built = self.client.build(self.name, 7, threads=1, seed=3, on_progress=seen.append)
        self.assertEqual((built.version, built.item_count, built.tree_count), (1, 2000, 7))
        self.assertEqual(seen[-1].phase, "done")
        self.assertTrue(all(0 <= progress.fraction_done <= 1 for progress in seen))

    def test_a_built_index_takes_items(self):
        rows = self.fitted()
        ids = self.client.add(self.name, rows[0] + 50)
        self.assertNotEqual(self.client.query(self.name, rows[0] + 50, 1).ids[0, 0], ids[0])
        self.assertEqual(self.client.query(self.name, rows[0] + 50, 1, include_staged=True).ids[0, 0], ids[0])
        self.client.build(self.name)
        self.assertEqual(self.client.query(self.name, rows[0] + 50, 1).ids[0, 0], ids[0])

    def test_fit_appends_and_replaces(self):
        self.fitted(10)
        more = self.client.fit(self.name, points(5), append=True)
        self.assertEqual((more.row_count, more.first_id, more.build.item_count), (5, 10, 15))
        self.assertEqual(self.client.fit(self.name, iter(points(4).tolist()), ["a"] * 4).build.item_count, 4)
        self.assertRaisesRegex(ValueError, "labels", self.client.fit, self.name, points(4), ["a"])
        self.assertRaises(errors.NoSuchIndex, self.client.fit, "nowhere", points(4))
        self.assertEqual(self.client.info(self.name).item_count, 4)

    def test_unbuild_rebuild_cancel(self):
        rows = self.fitted()
        target = self.name + "-copy"
        self.client.drop(target, missing_ok=True)
        self.assertEqual(self.client.rebuild(self.name, target, metric="l1", trees=2).tree_count, 2)
        self.assertEqual(self.client.info(target).metric, "manhattan")
        self.client.drop(target)
        self.assertEqual(self.client.unbuild(self.name).version, 0)
        self.assertRaises(errors.WrongState, self.client.query, self.name, rows[0])
        self.assertRaises(errors.WrongState, self.client.cancel_build, self.name)

    def test_export_and_restore(self):
        rows = self.fitted()
        path = self.new_path("out.ann")
        size = self.client.export(self.name, path)
        self.assertEqual(size, os.path.getsize(path))
        into = io.BytesIO(b"head")
        into.seek(4)
        self.client.export(self.name, into)
        self.assertEqual(into.getvalue(), b"head" + pathlib.Path(path).read_bytes())
        blob = self.client.serialize(self.name, format="portable")
        copy = self.name + "-copy"
        for source, how in ((path, {"metric": "l2", "dimension": 3}), (pathlib.Path(path), {"metric": "l2", "dimension": 3}), (blob, {})):
            self.assertEqual(self.client.restore(copy, source, **how).item_count, 300)
            self.assertEqual(self.client.query(copy, rows[8], 1).ids.tolist(), [[8]])
            self.client.drop(copy)
        self.assertRaises(errors.BadFile, self.client.restore, copy, b"nonsense" * 10, metric="l2", dimension=3)
        self.assertRaises(ValueError, self.client.export, self.name, path, format="best")
        self.assertRaises(OSError, self.client.export, self.name, "/nowhere/x")
        with self.assertRaises(errors.AnnodError):
            self.client.export("nowhere", path)
        self.assertEqual(sorted(os.listdir(os.path.dirname(path))), ["out.ann"])


class ClosedTest(ClientTest):
    def test_use_after_close_says_so(self):
        client = annod.Client(self.server.address)
        client.indexes()
        client.close()
        client.close()
        for call in (client.indexes, client.health, lambda: client.query("x", [1]), lambda: client.stream("x", [[1]])):
            self.assertRaisesRegex(errors.Closed, "is closed", call)

    def test_a_connection_that_was_given_stays_open(self):
        with annod.Connection(self.server.address) as connection:
            with annod.Client(connection) as client:
                client.indexes()
            annod.Client(connection).indexes()
        self.assertRaises(errors.Closed, annod.Client(connection).indexes)

    def test_connect_is_made_anew_after_close(self):
        first = annod.connect(self.server.address)
        self.assertIs(annod.connect(self.server.address), first)
        first.close()
        second = annod.connect(self.server.address)
        self.assertIsNot(second, first)
        self.assertIs(annod.connect(second), second)
        self.assertIs(annod.connect(annod.Client(second)), second)
        self.assertIsNot(annod.connect(self.server.address, timeout=3.0), second)
        self.assertEqual(annod.AnnoyIndex(3, "l2", server=second).get_n_items(), 0)

    def test_addresses_that_are_none(self):
        for wrong in ("localhost", "http://localhost:7077", "", "host:", ":7077", "host:99999"):
            self.assertRaisesRegex(ValueError, "host:port", annod.Client, wrong or ":")
        self.assertRaises(TypeError, annod.Client, 7077)


if __name__ == "__main__":
    unittest.main()
