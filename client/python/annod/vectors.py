"""Vectors as Python programs write them, made into float32 rows."""

import array
import math
import numbers
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import numpy.typing as npt

from annod import frames

FloatArray = npt.NDArray[np.float32]

# Squared lengths that a server takes, but for 0, rounded outwards: it decides.
_LEAST_SQUARED = 0.999999e-36
_MOST_SQUARED = 8.1000001e37


def to_row(vector: Any, what: str = "vector") -> FloatArray:
    """A vector as float32 components.

    Args:
      vector: numbers: any sequence or iterable, or a numpy array of one dimension.
      what: its name in error messages.

    Returns:
      float32, shape (components,).

    Raises:
      TypeError: not a sequence of numbers.
      ValueError: an array that is not one-dimensional.
    """
    if isinstance(vector, np.ma.MaskedArray):
        vector = frames.filled(vector, None, what)
    vector = _as_array(vector)
    if isinstance(vector, np.ndarray) and vector.dtype.kind in "fiub":
        if vector.ndim != 1:
            raise ValueError(f"{what} has shape {vector.shape}; it must be (f,)")
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(vector, dtype=np.float32)
    _check_real(vector, what)
    if isinstance(vector, (str, bytes, bytearray, dict)):
        raise TypeError(f"{what} is {type(vector).__name__}; it must be numbers")
    _check_ordered(vector, what)
    if not isinstance(vector, (list, tuple, array.array)):
        try:
            vector = list(vector)
        except TypeError:
            raise TypeError(
                f"{what} is {type(vector).__name__}; it must be a sequence of numbers"
            ) from None
    try:
        return np.frombuffer(array.array("f", vector), dtype=np.float32)
    except TypeError:
        pass
    except OverflowError as error:
        raise ValueError(f"{what}: {error}") from None
    for position, value in enumerate(vector):
        if not isinstance(value, numbers.Real):
            raise TypeError(f"{what}[{position}] is {value!r}; it must be a number")
    raise TypeError(f"{what} must be a sequence of numbers")


def _as_array(values: Any) -> Any:
    # Tensors and the like, whose elements may be no numbers.
    if isinstance(values, (np.ndarray, np.generic)) or not hasattr(values, "__array__"):
        return values
    try:
        return np.asarray(values)
    except TypeError:  # of a type that numpy does not have
        return values


def _check_ordered(values: Any, what: str) -> None:
    # Its numbers would be components in whatever order, equal ones once.
    if isinstance(values, (set, frozenset)):
        raise TypeError(
            f"{what} is a {type(values).__name__}, which has no order; it must be a"
            " sequence of numbers"
        )


def _check_real(values: Any, what: str) -> None:
    # numpy would leave the imaginary parts out.
    if isinstance(values, np.ndarray) and values.dtype.kind == "c":
        raise TypeError(f"{what} is an array of complex numbers; they must be real")


def check_row(row: FloatArray, metric: str, what: str = "vector") -> None:
    """Refuses what a server would refuse: for hamming components other than 0 and
    1; else NaN, infinities, and lengths whose squares no 32-bit float holds.

    Raises:
      ValueError: naming the component, or the length.
    """
    if metric == "hamming":
        wrong = (row != 0) & (row != 1)
        limit = "0 or 1 for hamming"
    else:
        wrong = ~np.isfinite(row)
        limit = "a finite 32-bit float"
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        if np.isinf(row[position]):
            limit += ", at most 3.4e38"
        raise ValueError(f"{what}[{position}] is {row[position]}; it must be {limit}")
    if metric == "hamming":
        return
    squared = float(np.dot(row.astype(np.float64), row.astype(np.float64)))
    if squared != 0 and not _LEAST_SQUARED <= squared <= _MOST_SQUARED:
        raise ValueError(
            f"{what} is of length {math.sqrt(squared):g}; it must be 0 or from 1e-18"
            " to 9e+18, so that squares fit 32-bit floats: scale the vectors"
        )


def check_rows(rows: FloatArray, metric: str, what: str = "X") -> None:
    """As check_row, for float32 rows of shape (n, f)."""
    if not rows.size:
        return
    if metric == "hamming":
        wrong = ((rows != 0) & (rows != 1)).any(axis=1)
    else:
        quick = np.einsum("ij,ij->i", rows, rows)
        # However rounded. Of NaN no comparison holds.
        if quick.min() >= 1.01e-36 and quick.max() <= 8.0e37:
            return
        squared = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        wrong = ~(
            (squared == 0) | ((squared >= _LEAST_SQUARED) & (squared <= _MOST_SQUARED))
        )
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        check_row(rows[row], metric, f"{what}[{row}]")


def as_rows(X: Any) -> Any:
    """Rows, of a single vector too: numbers, an array or a pandas Series of one
    dimension."""
    if frames.is_frame(X):
        return X
    if isinstance(X, memoryview):
        X = np.asarray(X)
    if getattr(X, "ndim", 2) == 1:
        array_ = X if isinstance(X, np.ndarray) else np.asarray(X)
        return X if array_.dtype == object else array_[None, :]
    if isinstance(X, array.array):
        return [X]
    if isinstance(X, (list, tuple)) and X and isinstance(X[0], numbers.Real):
        return [X]
    return X


def has_no_rows(X: Any) -> bool:
    """Whether a table is empty, as far as it can tell."""
    if isinstance(X, (list, tuple)):
        return not X
    shape = getattr(X, "shape", (1,))
    return bool(len(shape) > 0 and shape[0] == 0)


def from_bytes(data: bytes) -> FloatArray:
    """float32 components from their wire form."""
    return np.frombuffer(data, dtype="<f4")


def to_bytes(row: FloatArray) -> bytes:
    """Wire form of float32 components."""
    return row.astype("<f4", copy=False).tobytes()


def rows_of(
    X: Any,
    f: int,
    missing_value: Optional[float] = None,
    names: Optional[Sequence[str]] = None,
    what: str = "X",
) -> FloatArray:
    """Rows of a table, missing entries filled in.

    Args:
      X: rows: a numpy array of shape (n, f), a DataFrame, or a sequence of rows,
        each a sequence of numbers and None, or a dict {column: number or None}. A
        column is a position, or a text in `names`.
      f: components of a row; 0: as many as the first row has, which must not
        be a dict then.
      missing_value: what None entries, absent keys, masked entries, and NaN in a
        DataFrame are; None: refused. NaN elsewhere is not missing.
      names: names of the columns, if they have any; a DataFrame's must be these.
      what: name of X in error messages.

    Returns:
      float32, shape (n, f), n >= 1.

    Raises:
      TypeError: an entry that is neither a number nor None.
      ValueError: no rows, a row of another length, a missing entry, a DataFrame
        with other columns.
    """
    if frames.is_frame(X):
        frames.check_column_names(frames.column_names(X), names)
        return _array_rows(frames.to_array(X, missing_value, what), f, what)
    if isinstance(X, np.ma.MaskedArray):
        X = frames.filled(X, missing_value, what)
    if not isinstance(X, (np.ndarray, list, tuple)):
        if hasattr(X, "toarray"):
            X = X.toarray()
        elif hasattr(X, "__array__") or isinstance(X, memoryview):
            X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
        return _array_rows(X, f, what)
    _check_real(X, what)
    if isinstance(X, (str, bytes, dict)) or not hasattr(X, "__iter__"):
        raise TypeError(f"{what} is {type(X).__name__}; it must be rows of numbers")
    _check_ordered(X, what)
    columns = {name: position for position, name in enumerate(names or ())}
    rows: List[FloatArray] = []
    for number, values in enumerate(X):
        name = f"{what}[{number}]"
        if isinstance(values, dict):
            if f == 0:
                raise ValueError(
                    f"{name} is a dict, but the dimension is not known yet: give f,"
                    " or a first row with every component"
                )
            row = _dict_row(values, f, missing_value, columns, name)
        else:
            row = _dense_row(values, missing_value, name)
        if row.size == 0:
            raise ValueError(f"{name} has no components")
        f = f or row.size
        if row.size != f:
            raise ValueError(f"{name} has {row.size} components; it must have {f}")
        rows.append(row)
    if not rows:
        raise ValueError(f"{what} has no rows")
    return np.stack(rows)


def _array_rows(X: "npt.NDArray[Any]", f: int, what: str) -> FloatArray:
    if X.ndim != 2:
        raise ValueError(f"{what} has shape {X.shape}; it must be (n, f)")
    if X.shape[0] == 0:
        raise ValueError(f"{what} has no rows")
    if X.shape[1] == 0:
        raise ValueError(f"{what}[0] has no components")
    if f and X.shape[1] != f:
        raise ValueError(f"{what} has {X.shape[1]} columns; it must have {f}")
    if X.dtype == np.float32 and X.flags.c_contiguous:
        return X
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(X, dtype=np.float32)


def _dense_row(values: Any, missing_value: Optional[float], name: str) -> FloatArray:
    if isinstance(values, np.ma.MaskedArray):
        values = frames.filled(values, missing_value, name)
    values = _as_array(values)
    if not isinstance(values, np.ndarray):
        if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
            raise TypeError(f"{name} is {values!r}; it must be a row of numbers")
        _check_ordered(values, name)
        values = list(values)
    elif values.dtype.kind == "O":
        values = values.tolist()
    if isinstance(values, list) and any(value is None for value in values):
        if missing_value is None:
            position = values.index(None)
            raise ValueError(
                f"{name}[{position}] is None, and missing_value is not given"
            )
        values = [missing_value if value is None else value for value in values]
    return to_row(values, name)


def _dict_row(
    values: Dict[Any, Any],
    f: int,
    missing_value: Optional[float],
    columns: Dict[str, int],
    name: str,
) -> FloatArray:
    row: List[Any] = [missing_value] * f
    for column, value in values.items():
        position = columns.get(column, column) if isinstance(column, str) else column
        if isinstance(position, bool) or not isinstance(position, numbers.Integral):
            raise ValueError(f"{name} has the column {column!r}, which is not known")
        if not 0 <= int(position) < f:
            raise ValueError(
                f"{name} has the column {column!r}; columns are 0 to {f - 1}"
            )
        if value is not None:
            row[int(position)] = value
    for position, value in enumerate(row):
        if value is None:
            raise ValueError(
                f"{name} has no column {position}, and missing_value is not given"
            )
    return to_row(row, name)
