"""annod.Client: queries and streams, on a real server."""

import itertools
import unittest

import numpy as np

import annod
from annod import errors, labels
from annod.calls.queries import STREAM_WINDOW
from annod.wire import neighbor_codec
from annod.wire.neighbor_lists import Answers, unwrapped
from annod.v1 import index_service_pb2
from annod_server import ServerTest
from behaviour import points

_COUNT = 400


class PointsTest(ServerTest):
    """One index of points, whose neighbours are known."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = annod.Client(cls.server.address)
        cls.rows = points(_COUNT)
        names = [f"item {k}" if k % 2 else k for k in range(_COUNT - 1)] + [None]
        cls.client.fit("points", cls.rows, names, metric="euclidean", trees=8)
        cls.client.create("empty", 3, "l2")

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        super().tearDownClass()

    def truth(self, row, n):
        distances = np.sqrt(((self.rows - row) ** 2).sum(axis=1))
        order = np.lexsort((np.arange(_COUNT), distances))[:n]
        return order, distances[order]


class QueryTest(PointsTest):
    def test_arrays_of_the_true_neighbours(self):
        asked = points(50, seed=9)
        found = self.client.query("points", asked, 7, engine="exact")
        self.assertEqual((found.ids.shape, found.ids.dtype, found.distances.dtype), ((50, 7), np.int32, np.float32))
        for row, ids, distances in zip(asked, found.ids, found.distances):
            order, near = self.truth(row, 7)
            self.assertEqual(ids.tolist(), order.tolist())
            np.testing.assert_allclose(distances, near, rtol=1e-5)
        self.assertEqual((found.engine, found.version, found.counts.tolist()), ("exact", 1, [7] * 50))
        for made in (found.ids, found.distances, found.counts, self.client.get("points", [1]).vectors):
            made[:1] = 0

    def test_every_form_of_a_query(self):
        wanted = self.client.query("points", self.rows[:2], 3).ids.tolist()
        for form in (self.rows[:2].tolist(), iter(self.rows[:2]), self.rows[:2].astype(np.float64), np.asfortranarray(self.rows[:2]), np.repeat(self.rows[:2], 2, axis=0)[::2]):
            self.assertEqual(self.client.query("points", form, 3).ids.tolist(), wanted)
        self.assertEqual(self.client.query("points", self.rows[0], 3).ids.tolist(), wanted[:1])
        self.assertEqual(self.client.query("points", items=[0, 1], n=3).ids.tolist(), wanted)
        self.assertEqual(self.client.query("points", labels=[0, "item 1"], n=3).ids.tolist(), wanted)
        self.assertEqual(self.client.query("points", labels="item 1", n=3).ids.tolist(), wanted[1:])
        self.assertEqual(self.client.query("points", np.zeros((0, 3)), 3).ids.shape, (0, 3))
        self.assertEqual(self.client.query("points", [], 3).ids.shape, (0, 3))
        self.assertRaises(TypeError, self.client.query, "points")
        self.assertRaises(TypeError, self.client.query, "points", self.rows[:1], items=[1])

    def test_more_than_one_call_takes(self):
        many = np.tile(self.rows, (8, 1))
        found = self.client.query("points", many, 1, engine="exact")
        self.assertEqual(found.ids.ravel().tolist(), list(range(_COUNT)) * 8)

    def test_filters(self):
        query = self.client.query
        self.assertEqual(query("points", items=[5], n=1, exclude_self=True, engine="exact").ids[0, 0], self.truth(self.rows[5], 2)[0][1])
        near = self.truth(self.rows[5], 4)[0].tolist()
        self.assertEqual(query("points", self.rows[5], 2, exclude_items=near[:2]).ids.tolist(), [near[2:]])
        self.assertEqual(sorted(query("points", self.rows[5], 9, allow_items=np.array([1, 2])).ids[0, :2].tolist()), [1, 2])
        limit = float(self.truth(self.rows[5], 3)[1][2])
        self.assertEqual(query("points", self.rows[5], 9, max_distance=limit).counts.tolist(), [3])
        self.assertRaises(errors.InvalidRequest, query, "points", self.rows[5], 9, allow_items=[1], strict=True)

    def test_an_empty_list_of_allowed_items_allows_none(self):
        for empty in ([], (), np.array([], dtype=np.int64), iter([]), set()):
            found = self.client.query("points", self.rows[:3], 4, allow_items=empty, include_labels=True, include_vectors=True)
            self.assertEqual((found.ids.tolist(), found.counts.tolist(), found.labels), ([[-1] * 4] * 3, [0] * 3, [[]] * 3))
            self.assertTrue(np.isnan(found.distances).all() and np.isnan(found.vectors).all())
        for block in self.client.stream("points", self.rows[:3], 4, allow_items=[]):
            self.assertEqual(block.counts.tolist(), [0] * 3)
            self.assertEqual(block.version, self.client.info("points").version)
        self.assertEqual(self.client.query("points", items=[1, 2], n=2, allow_items=[]).counts.tolist(), [0, 0])

    def test_a_question_that_allows_none_is_checked_as_others_are(self):
        def ask(*args, **options):
            return self.client.query("points", *args, allow_items=[], **options)

        self.assertEqual(ask(self.rows[:1]).version, self.client.info("points").version)
        self.assertRaises(errors.InvalidRequest, ask, self.rows[:1], strict=True)
        self.assertRaises(errors.NoSuchItem, ask, items=[_COUNT + 1000])
        self.assertRaises(ValueError, ask, self.rows[:1, :1])
        self.assertEqual(ask(self.rows[:1], include_cost=True).cost.distance_count, 0)

    def test_what_is_no_id_or_no_number_is_named(self):
        for ids in ("", "12", [1.5], [True], [None], np.array([[1, 2]]), np.ma.masked_array([1, 2], mask=[1, 0])):
            for name in ("allow_items", "exclude_items"):
                with self.assertRaisesRegex(TypeError, f"^{name} (is|has)"):
                    self.client.query("points", self.rows[:1], 2, **{name: ids})
        with self.assertRaisesRegex(ValueError, "n is 1099511627776"):
            self.client.query("points", self.rows[:1], 2**40)
        for numbers in (np.zeros((1, 3), dtype=complex), [np.zeros(3, dtype=complex)]):
            with self.assertRaisesRegex(TypeError, "complex"):
                self.client.query("points", numbers, 1)

    def test_labels_vectors_and_cost(self):
        found = self.client.query("points", items=[4, 5, _COUNT - 1], n=1, include_labels=True, include_vectors=True, include_cost=True, label_fill="none")
        self.assertEqual(found.labels, [[4], ["item 5"], ["none"]])
        np.testing.assert_array_equal(found.vectors[:, 0], self.rows[[4, 5, _COUNT - 1]])
        self.assertGreater(found.cost.distance_count, 0)
        self.assertIsNone(self.client.query("points", items=[4], include_distances=False).distances)

    def test_rows_are_cut_where_fewer_are_found(self):
        found = self.client.query("points", self.rows[:2], 6, allow_items=[7, 8], include_labels=True)
        self.assertEqual((found.counts.tolist(), found.ids[:, 2:].tolist()), ([2, 2], [[-1] * 4] * 2))
        self.assertTrue(np.isnan(found.distances[:, 2:]).all())
        row = found[0]
        self.assertEqual((len(row), len(row.distances), len(row.labels)), (2, 2, 2))
        self.assertEqual([len(row) for row in found], [2, 2])

    def test_engines_and_recall(self):
        for engine in ("auto", "forest", "exact"):
            found = self.client.query("points", self.rows[:20], 1, engine=engine, search_k=-1 if engine == "exact" else 4000)
            self.assertEqual(found.ids.ravel().tolist(), list(range(20)))
        self.assertEqual(self.client.query("points", self.rows[:20], 1, engine="forest", search_k=4000).search_k, 4000)
        self.assertEqual(self.client.query("points", self.rows[:20], 1, min_recall=1.0).engine, "exact")
        self.assertRaisesRegex(ValueError, "engine .* one of auto, forest, graph, exact", self.client.query, "points", self.rows[:1], engine="best")

    def test_errors_carry_reason_and_metadata(self):
        with self.assertRaises(errors.AnnodError) as caught:
            self.client.query("points", self.rows[:1], version=17)
        self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "VERSION_NOT_SERVED"))
        with self.assertRaises(errors.AnnodError) as caught:
            self.client.query("points", self.rows[:1], 20000)
        self.assertEqual(caught.exception.reason, "INVALID_FIELD")
        self.assertEqual(caught.exception.metadata["field"], "n")
        with self.assertRaises(IndexError):
            self.client.query("points", items=[_COUNT])
        with self.assertRaises(errors.WrongState) as caught:
            self.client.query("empty", self.rows[:1])
        self.assertEqual(caught.exception.reason, "INDEX_NOT_BUILT")
        self.assertRaisesRegex(ValueError, "2 columns; it must have 3|2 components; it must have 3", self.client.query, "points", [[1, 2]])
        self.assertRaises(ValueError, self.client.query, "points", [[1, 2, float("nan")]])

    def test_an_index_made_anew_with_another_dimension(self):
        other = annod.Client(self.server.address)
        self.addCleanup(other.close)
        for dimension in (2, 5):
            other.fit("changing", np.eye(dimension), metric="l2")
            self.assertEqual(self.client.query("changing", np.eye(dimension), 1).ids.ravel().tolist(), list(range(dimension)))
            other.drop("changing")

    def test_timeouts(self):
        with self.assertRaises(TimeoutError) as caught:
            self.client.query("points", np.tile(self.rows, (20, 1)), 200, timeout=0.001)
        self.assertEqual(caught.exception.code, "DEADLINE_EXCEEDED")
        self.assertIn(self.server.address, str(caught.exception))


class StreamTest(PointsTest):
    def test_answers_as_query_does(self):
        asked = points(1000, seed=4)
        wanted = self.client.query("points", asked, 5, include_labels=True)
        for form, batch in ((asked, 32), (asked, 1000), (iter(asked), 7), (iter([asked[:500], asked[500:]]), 64), (asked.tolist(), 32)):
            blocks = list(self.client.stream("points", form, 5, batch=batch, include_labels=True))
            np.testing.assert_array_equal(np.concatenate([block.ids for block in blocks]), wanted.ids)
            np.testing.assert_array_equal(np.concatenate([block.distances for block in blocks]), wanted.distances)
            self.assertEqual([row for block in blocks for row in block.labels], wanted.labels)

    def test_reads_as_it_goes_and_may_be_dropped(self):
        read = itertools.count()
        answers = self.client.stream("points", (row for row in itertools.cycle(self.rows) if next(read) >= 0), 1, batch=4)
        self.assertEqual(next(answers).ids.ravel().tolist(), [0, 1, 2, 3])
        self.assertLessEqual(next(read), 4 * STREAM_WINDOW + 1)
        answers.close()

    def test_what_is_wrong_is_told(self):
        self.assertRaisesRegex(ValueError, "batch", self.client.stream, "points", self.rows, 1, batch=0)
        self.assertRaises(TypeError, self.client.stream, "points", self.rows, 1, wrong=1)
        with self.assertRaisesRegex(ValueError, "nan"):
            list(self.client.stream("points", [[1, 2, float("nan")]], 1))
        with self.assertRaises(errors.WrongState):
            list(self.client.stream("points", self.rows, 1, version=17))
        with self.assertRaises(errors.TooSlow):
            for _ in self.client.stream("points", itertools.repeat(self.rows[0]), 1, timeout=0.3):
                pass

    def test_goes_on_when_workers_die(self):
        asked = np.tile(self.rows, (20, 1))
        answered = []
        for block in self.client.stream("points", asked, 1, engine="exact"):
            answered.extend(block.ids.ravel().tolist())
            if len(answered) in (1600, 4800):
                for pid in self.server.worker_pids():
                    self.server.kill_worker(pid)
        self.assertEqual(answered, list(range(_COUNT)) * 20)


class CodecTest(unittest.TestCase):
    def test_requests_are_what_protobuf_writes(self):
        for count, f in ((1, 1), (3, 31), (5, 32), (2, 4000)):
            rows = np.arange(count * f, dtype=np.float32).reshape(count, f)
            made = index_service_pb2.GetNnsRequest.FromString(neighbor_codec.query_bytes(rows))
            wanted = index_service_pb2.GetNnsRequest(queries=[index_service_pb2.Query(vector_bytes=row.tobytes()) for row in rows])
            self.assertEqual(made, wanted)
            streamed = neighbor_codec.streamed(wanted.SerializeToString())
            self.assertEqual(index_service_pb2.GetNnsStreamRequest.FromString(streamed).request, wanted)

    def test_answers_are_what_protobuf_reads(self):
        random = np.random.default_rng(5)
        for counts in ([3, 3, 3], [3, 0, 2], [0, 0], []):
            results = [
                index_service_pb2.NeighborList(
                    ids=random.choice([0, 1, 127, 128, 16383, 16384, 2097152, 2**31 - 2], size=count),
                    distances=random.random(count),
                    labels=["", "é", "x" * 300][:count],
                    vectors=random.random((count, 2), dtype=np.float32).tobytes(),
                    truncated=count < 3,
                )
                for count in counts
            ]
            message = index_service_pb2.GetNnsResponse(results=results, version=2**40, search_k=9)
            wrapped = index_service_pb2.GetNnsStreamResponse(response=message).SerializeToString()
            self.assertEqual(unwrapped(wrapped), message.SerializeToString())
            later = index_service_pb2.GetNnsResponse(results=results[:1]).SerializeToString()
            unpacked = b"".join(b"\x0a\x02\x08" + bytes([k]) for k in range(3))
            for data, lists in ((message.SerializeToString(), results), (message.SerializeToString() + later, results + results[:1]), (unpacked, [index_service_pb2.NeighborList(ids=[k]) for k in range(3)])):
                answers = Answers([data, data])
                lists = lists * 2
                self.assertEqual(answers.sizes.tolist(), [len(result.ids) for result in lists])
                self.assertEqual([[i for i in row if i >= 0] for row in answers.ids(3).tolist()], [list(result.ids) for result in lists])
                self.assertEqual(answers.labels(), [list(result.labels) for result in lists])
                if data is not unpacked:
                    self.assertEqual(answers.responses[1].version, 2**40)
                    for row, vectors, result in zip(answers.distances(3), answers.vectors(3, 2), lists):
                        count = len(result.ids)
                        self.assertEqual(row[:count].tolist(), list(result.distances))
                        self.assertEqual(vectors[:count].tobytes(), result.vectors)
                        self.assertTrue(np.isnan(row[count:]).all() and np.isnan(vectors[count:]).all())

    def test_labels_of_queries_are_marked_like_those_stored(self):
        self.assertNotEqual(labels.encode(7), labels.encode("7"))


if __name__ == "__main__":
    unittest.main()
