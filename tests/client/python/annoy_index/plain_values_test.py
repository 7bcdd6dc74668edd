"""What needs no server: vectors, labels, names, blob headers."""

import array
import datetime
import unittest

import numpy as np

from annod import blobs, labels, vectors
from annod.metrics import canonical_metric, metric_from_proto, metric_to_proto


class VectorsTest(unittest.TestCase):
    def test_every_form_of_a_row(self):
        wanted = np.array([1, 2.5, 3], dtype=np.float32)
        for row in (
            [1, 2.5, 3],
            (1, 2.5, 3),
            iter([1, 2.5, 3]),
            array.array("d", [1, 2.5, 3]),
            np.array([1, 2.5, 3]),
            np.array([1, 2.5, 3], dtype=np.float16),
            np.array([1, 9, 2.5, 9, 3])[::2],
            [np.float64(1), np.float32(2.5), np.int8(3)],
        ):
            got = vectors.to_row(row)
            self.assertEqual(got.dtype, np.float32)
            np.testing.assert_array_equal(got, wanted)
            self.assertEqual(vectors.to_bytes(got), wanted.tobytes())

    def test_the_wire_form_is_little_endian(self):
        self.assertEqual(vectors.to_bytes(vectors.to_row([1.0])), b"\0\0\x80?")
        self.assertEqual(vectors.from_bytes(b"\0\0\x80?").tolist(), [1.0])

    def test_names_the_entry_that_is_wrong(self):
        with self.assertRaisesRegex(TypeError, r"vector\[1\] is 'a'"):
            vectors.to_row([1, "a"])
        with self.assertRaisesRegex(ValueError, r"X\[1\]\[0\] is inf"):
            vectors.check_rows(np.array([[0], [np.inf]], dtype=np.float32), "dot")
        with self.assertRaisesRegex(ValueError, r"X\[1\] is of length .*; it must be 0 or from"):
            vectors.check_rows(np.array([[0], [3e38]], dtype=np.float32), "dot")

    def test_lengths_within_the_limits_are_taken(self):
        for metric in ("angular", "euclidean", "manhattan", "dot"):
            rows = np.array([[0, 0], [8.9e18, 0], [1.1e-18, 0], [1e-30, 1]], dtype=np.float32)
            vectors.check_rows(rows, metric)
            for wrong in (1e19, 1e-19, np.nan):
                rows[2, 0] = wrong
                with self.assertRaisesRegex(ValueError, r"X\[2\]"):
                    vectors.check_rows(rows, metric)

    def test_hamming_takes_bits(self):
        vectors.check_rows(np.array([[0, 1], [1, 1]], dtype=np.float32), "hamming")
        for wrong in (0.5, 2, -1, np.nan):
            with self.assertRaisesRegex(ValueError, r"X\[1\]\[0\] is .*; it must be 0 or 1 for hamming"):
                vectors.check_rows(np.array([[0, 1], [wrong, 1]], dtype=np.float32), "hamming")

    def test_rows_of_a_sparse_matrix(self):
        class Sparse:
            def toarray(self):
                return np.eye(2)

        np.testing.assert_array_equal(vectors.rows_of(Sparse(), 0), np.eye(2))


class LabelsTest(unittest.TestCase):
    def test_values_come_back_with_their_type(self):
        for label in (None, True, 0, -5, 2.5, 1.0, "", "text", "é", [1, [2]], {"a": None}):
            back = labels.decode(labels.encode(label))
            self.assertEqual((back, type(back)), (label, type(label)))

    def test_text_is_stored_as_it_is(self):
        for label in ("near", "true", "null", "1.50", "007", '{"a": 1}', '"near"', " x "):
            self.assertEqual(labels.encode(label), label)
            self.assertEqual(labels.decode(label), label)

    def test_none_and_empty_text_are_labels_not_absence(self):
        self.assertEqual([labels.encode(label) for label in (None, "")], [labels.MARK + "null", labels.MARK + '""'])

    def test_text_that_looks_marked_comes_back(self):
        for label in (labels.MARK, labels.MARK + "7", labels.MARK + '""'):
            self.assertEqual(labels.decode(labels.encode(label)), label)

    def test_numpy_scalars_are_plain_values(self):
        self.assertEqual(labels.encode(np.int64(3)), labels.MARK + "3")
        self.assertEqual(labels.encode(np.str_("a")), "a")
        self.assertEqual(labels.as_list(np.array([1, 2]), 2), [1, 2])

    def test_other_values_come_back_as_text(self):
        for label in ((1, 2), {1: 2}, b"x", datetime.date(2020, 1, 2)):
            self.assertEqual(labels.decode(labels.encode(label)), repr(label))

    def test_what_cannot_be_stored(self):
        self.assertEqual(len(labels.encode("x" * 1024)), 1024)
        self.assertRaises(ValueError, labels.encode, "x" * 1025)
        self.assertRaises(ValueError, labels.encode, "\N{EURO SIGN}" * 400)
        self.assertRaises(ValueError, labels.encode, "\ud800")


class NamesTest(unittest.TestCase):
    def test_metrics_there_and_back(self):
        for name in ("angular", "euclidean", "manhattan", "dot", "hamming"):
            self.assertEqual(canonical_metric(name), name)
            self.assertEqual(metric_from_proto(metric_to_proto(name)), name)
        self.assertIsNone(metric_from_proto(metric_to_proto(None)))

    def test_heads_too_short_are_no_native_blobs(self):
        for magic in (b"ANNOYSP1", b"ANNOYCN1", b"ANNOYCN2"):
            self.assertRaisesRegex(OSError, "header", blobs.read_head, magic + b"\1")
        self.assertIsNone(blobs.read_head(b"ANNOY").metric)


if __name__ == "__main__":
    unittest.main()
