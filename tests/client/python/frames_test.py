"""DataFrames and masked arrays: their columns, and what is missing in them."""

import unittest
import warnings

import numpy as np
import pandas as pd

import annod
from annod import Annoy, AnnoyIndex, frames, vectors
from annod_server import ServerTest


def table():
    return pd.DataFrame({"height": [1.0, 2, 3, 4], "width": [5, 6.0, 7, 8], "age": [1, 0, 1, 0]})


def with_gaps():
    gaps = table().astype({"age": "Int64"})
    gaps.loc[2, "width"] = np.nan
    gaps.loc[0, "age"] = pd.NA
    return gaps


def fitted(X, **how):
    return Annoy(metric="l2", n_neighbors=1).fit(X, **how)


class ColumnsTest(ServerTest):
    def test_are_recorded_at_fit(self):
        index = fitted(table())
        self.assertEqual(index.feature_names_in_, ["height", "width", "age"])
        self.assertEqual(index.transform(table(), output_type="item"), [[0], [1], [2], [3]])
        with self.assertRaises(AttributeError):
            index.fit(table().to_numpy()).feature_names_in_

    def test_are_compared_as_scikit_learn_does(self):
        index = fitted(table())
        wrong = {
            "another order": (table()[["width", "height", "age"]], "must be in the same order.*column 0 is 'width'; it was 'height'"),
            "another name": (table().rename(columns={"age": "Age"}), "(?s)unseen at fit time:\n- Age\n.*yet now missing:\n- age"),
            "one too few": (table().drop(columns="age"), "yet now missing:\n- age"),
            "one too many": (table().assign(more=1), "unseen at fit time:\n- more"),
        }
        for title, (X, words) in wrong.items():
            for call in (index.transform, index.kneighbors, lambda X: index.fit(X, reset=False), lambda X: index.unbuild().add_items(X)):
                with self.subTest(title), self.assertRaisesRegex(ValueError, words):
                    call(X)
                index.fit(table())

    def test_of_the_client_are_recorded_by_fit_and_compared(self):
        with annod.Client(self.server.address) as client:
            client.fit("named", table(), metric="l2")
            self.assertEqual(client.info("named").feature_names, ("height", "width", "age"))
            self.assertEqual(client.query("named", table(), 1).ids.ravel().tolist(), [0, 1, 2, 3])
            other = table()[["width", "height", "age"]]
            for call in (client.query, client.add, lambda name, X: list(client.stream(name, X)), lambda name, X: client.fit(name, X, append=True)):
                self.assertRaisesRegex(ValueError, "same order", call, "named", other)
            client.fit("named", other)
            self.assertEqual(client.info("named").feature_names, ("width", "height", "age"))

    def test_names_on_one_side_only_are_warned_of(self):
        for index, X, words in ((fitted(table()), table().to_numpy(), "does not have valid feature names"), (fitted(table().to_numpy()), table(), "was fitted without feature names")):
            with self.assertWarnsRegex(UserWarning, words):
                index.transform(X)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fitted(table().to_numpy()).transform(table().to_numpy())
            fitted(table(), feature_names=["height", "width", "age"]).transform([{"height": 1, "width": 2, "age": 3}])

    def test_names_that_are_none(self):
        numbered = pd.DataFrame(np.eye(2))
        self.assertIsNone(frames.column_names(numbered))
        self.assertIsNone(frames.column_names([[1, 2]]))
        self.assertRaisesRegex(TypeError, "astype", fitted, numbered.rename(columns={0: "a"}))
        self.assertRaisesRegex(ValueError, "'a' twice", fitted, pd.DataFrame(np.eye(2), columns=["a", "a"]))


class MissingTest(ServerTest):
    def test_nan_of_a_frame_is_missing(self):
        self.assertRaisesRegex(ValueError, r"X\[0\]\['age'\] is missing \(NaN\), and missing_value is not given", fitted, with_gaps())
        np.testing.assert_array_equal(fitted(with_gaps(), missing_value=-1).to_numpy(), [[1, 5, -1], [2, 6, 0], [3, -1, 1], [4, 8, 0]])
        index = fitted(table())
        self.assertEqual(index.transform(with_gaps(), output_type="item", missing_value=0), [[0], [1], [0], [3]])

    def test_nan_of_an_array_is_wrong(self):
        for X in (with_gaps().to_numpy(dtype=float, na_value=np.nan), [[1.0, float("nan")]]):
            self.assertRaisesRegex(ValueError, "is nan", fitted, X, missing_value=0)

    def test_columns_that_hold_no_numbers(self):
        self.assertRaisesRegex(TypeError, r"X\[0\]\['name'\] is 'x'", fitted, table().assign(name="x"))
        self.assertRaisesRegex(TypeError, "'day' of datetime64", fitted, table().assign(day=pd.Timestamp("2020-01-01")))
        self.assertEqual(fitted(pd.DataFrame({"a": [True, False], "b": [1, 2]})).to_numpy().tolist(), [[1, 1], [0, 2]])
        self.assertEqual(fitted(pd.DataFrame({"a": [1, None], "b": ["1", "2"]})[["a"]], missing_value=3).to_numpy().tolist(), [[1], [3]])

    def test_masked_is_missing(self):
        masked = np.ma.masked_array([[1.0, 2], [3, 4]], mask=[[0, 1], [0, 0]])
        self.assertRaisesRegex(ValueError, r"X\[0\]\[1\] is masked", fitted, masked)
        self.assertEqual(fitted(masked, missing_value=9).to_numpy().tolist(), [[1, 9], [3, 4]])
        self.assertEqual(fitted(list(masked), missing_value=9).to_numpy().tolist(), [[1, 9], [3, 4]])
        self.assertEqual(fitted(np.ma.masked_array([[1, 2]], mask=[[1, 0]]), missing_value=0.5).to_numpy().tolist(), [[0.5, 2]])
        self.assertEqual(fitted(np.ma.masked_array(np.eye(2))).to_numpy().tolist(), [[1, 0], [0, 1]])
        for add in (AnnoyIndex(2, "l2").add_item, Annoy(2, "l2").add_item):
            self.assertRaisesRegex(ValueError, r"vector\[1\] is masked", add, 0, masked[0])
        with annod.Client(self.server.address) as client:
            client.create("masked", 2, "l2")
            self.assertRaisesRegex(ValueError, "masked", client.add, "masked", masked)
            client.add("masked", masked, missing_value=9)
            self.assertEqual(client.get("masked", [0]).vectors.tolist(), [[1, 9]])

    def test_a_series_is_a_vector(self):
        self.assertEqual(vectors.to_row(table().iloc[0]).tolist(), [1, 5, 1])
        index = fitted(table())
        self.assertEqual(index.get_nns_by_vector(table().iloc[2], 1), [2])


if __name__ == "__main__":
    unittest.main()
