"""Tables of behaviour: one row, one call, what it must do."""

import unittest
import warnings
from typing import Any, Callable, NamedTuple, Sequence, Tuple, Type, Union

import numpy as np

from annod import Annoy


class Raises(NamedTuple):
    """The call raises this, or a kind of it."""

    kind: Type[BaseException]
    text: str = ""


class Warns(NamedTuple):
    """The call warns of this kind and its value is the other."""

    kind: Type[Warning]
    value: Any = None


class Fits(NamedTuple):
    """The call's value passes this check."""

    check: Callable[[Any], bool]


class Row(NamedTuple):
    """A line of a behaviour table."""

    name: str
    call: Callable[[], Any]
    expected: Union[Raises, Warns, Fits, Any]


def run_table(test: unittest.TestCase, rows: Sequence[Row]) -> None:
    """Checks every row, each reported by its name."""
    names = [row.name for row in rows]
    test.assertEqual(len(names), len(set(names)), "two rows have one name")
    for row in rows:
        with test.subTest(row.name):
            _check(test, row)


def _check(test: unittest.TestCase, row: Row) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value, error = row.call(), None
        except Exception as raised:  # pylint: disable=broad-except
            value, error = None, raised
    kinds: Tuple[Type[Warning], ...] = tuple(w.category for w in caught if not issubclass(w.category, ResourceWarning))
    if isinstance(row.expected, Raises):
        test.assertIsNotNone(error, f"did not raise, but gave {value!r}")
        test.assertIsInstance(error, row.expected.kind)
        test.assertIn(row.expected.text, str(error))
        return
    if error is not None:
        raise error
    wanted = row.expected
    if isinstance(wanted, Warns):
        test.assertEqual(kinds, (wanted.kind,), [str(w.message) for w in caught])
        wanted = wanted.value
    else:
        test.assertEqual(kinds, (), [str(w.message) for w in caught])
    if isinstance(wanted, Fits):
        test.assertTrue(wanted.check(value), f"the value is {value!r}")
    else:
        test.assertEqual(value, wanted)


def points(n: int, f: int = 3, seed: int = 1) -> np.ndarray:
    """Random vectors, the same ones each time: float32, shape (n, f)."""
    return np.random.default_rng(seed).normal(size=(n, f)).astype(np.float32)


def added(n: int = 20, f: int = 3, metric: str = "euclidean", **params: Any) -> Annoy:
    """An estimator with items and no forest."""
    index = Annoy(f, metric, **params)
    rows = points(n, f)
    for item, row in enumerate(rows > 0.5 if metric == "hamming" else rows):
        index.add_item(item, row.astype(np.float32))
    return index


def built(n: int = 20, f: int = 3, metric: str = "euclidean", **params: Any) -> Annoy:
    """An estimator with a forest."""
    return added(n, f, metric, **params).build(5)


def after(index: Any, *calls: Callable[[Any], Any]) -> Any:
    """The index, after each of the calls was made with it."""
    for call in calls:
        call(index)
    return index
