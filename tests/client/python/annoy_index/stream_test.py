"""stream_nns_by_vector: many queries on one stream, on a real server."""

import itertools
import unittest

import numpy as np

from annod import Annoy, AnnoyIndex, errors
from annod_server import AnnodServer, ServerTest
from behaviour import points

# More than are sent ahead: 16 requests of 32 queries.
_MANY = 1500
_AHEAD = 16 * 32


def filled(index, n=300):
    for item, row in enumerate(points(n)):
        index.add_item(item, row)
    index.build(5)
    return index


def both():
    """Both classes, with items and a forest."""
    return filled(AnnoyIndex(3, "euclidean")), filled(Annoy(3, "euclidean"))


class StreamTest(ServerTest):
    def test_answers_as_single_calls_do(self):
        rows = points(_MANY, seed=2)
        for index in both():
            answers = list(index.stream_nns_by_vector(rows, 5, 200, True))
            self.assertEqual(len(answers), _MANY)
            for k in range(0, _MANY, 50):
                self.assertEqual(answers[k], index.get_nns_by_vector(rows[k], 5, 200, True))
            self.assertEqual(next(index.stream_nns_by_vector(rows[:1], 5)), index.get_nns_by_vector(rows[0], 5))

    def test_few_and_no_vectors(self):
        for index in both():
            for count in (0, 1, 31, 32, 33, _AHEAD, _AHEAD + 1):
                answers = list(index.stream_nns_by_vector(points(count), 1))
                self.assertEqual(answers, [[k] if k < 300 else answers[k] for k in range(count)], count)

    def test_n_of_the_estimator_is_its_default(self):
        index = filled(Annoy(3, "euclidean", n_neighbors=4))
        self.assertEqual([len(ids) for ids in index.stream_nns_by_vector(points(3))], [4, 4, 4])

    def test_vectors_are_read_as_they_are_needed(self):
        for index in both():
            read = itertools.count()
            answers = index.stream_nns_by_vector((row for row in itertools.cycle(points(10)) if next(read) >= 0), 1)
            self.assertEqual(next(read), 0)
            self.assertEqual([next(answers)[0] for _ in range(3)], [0, 1, 2])
            self.assertLessEqual(next(read), _AHEAD + 3)
            answers.close()

    def test_items_that_were_not_sent_yet_are_there(self):
        index = Annoy(3, "euclidean")
        index.add_item(0, [1, 2, 3])
        index.build(1)
        self.assertEqual(list(index.stream_nns_by_vector([[1, 2, 3]], 3)), [[0]])

    def test_what_has_no_answers_streams_none(self):
        unbuilt = AnnoyIndex(3, "euclidean")
        self.assertEqual(list(unbuilt.stream_nns_by_vector([[1, 2, 3]] * 2, 3)), [[], []])
        self.assertEqual(list(both()[0].stream_nns_by_vector([[1, 2, 3]], 0, -1, True)), [([], [])])

    def test_wrong_values_raise_what_single_calls_do(self):
        annoy, estimator = both()
        for index in (annoy, estimator):
            self.assertRaises(ValueError, index.stream_nns_by_vector, points(1), -1)
            for vector in ([1, 2, float("nan")], [1, 2], [1, 2, "3"]):
                with self.assertRaises(Exception) as single:
                    index.get_nns_by_vector(vector, 1)
                with self.assertRaises(type(single.exception)):
                    list(index.stream_nns_by_vector([[1, 2, 3], vector], 1))
        self.assertRaises(RuntimeError, Annoy(3, "dot").stream_nns_by_vector, points(1), 1)

    def test_an_index_that_is_gone_is_told(self):
        index = filled(AnnoyIndex(3, "euclidean", index="goes"))
        filled(Annoy(3, "euclidean"))
        other = AnnoyIndex(index="goes")
        answers = other.stream_nns_by_vector(itertools.repeat([1, 2, 3]), 1)
        next(answers)
        index._remote.drop()
        with self.assertRaises(errors.NoSuchIndex):
            for _ in answers:
                pass

    def test_ends_when_its_time_is_up(self):
        for index in both():
            with self.assertRaises(errors.AnnodError) as caught:
                for _ in index.stream_nns_by_vector(itertools.repeat([1, 2, 3]), 5, timeout=0.5):
                    pass
            self.assertEqual(caught.exception.code, "DEADLINE_EXCEEDED")


class WorkerDeathTest(unittest.TestCase):
    def test_is_not_noticed(self):
        server = AnnodServer()
        self.addCleanup(server.stop)
        index = filled(AnnoyIndex(3, "euclidean", server=server.address))
        rows = np.tile(points(300), (30, 1))
        answers = []
        for answer in index.stream_nns_by_vector(rows, 1):
            answers.append(answer)
            if len(answers) in (1000, 5000):
                for pid in server.worker_pids():
                    server.kill_worker(pid)
        self.assertEqual(answers, [[k % 300] for k in range(len(rows))])


if __name__ == "__main__":
    unittest.main()
