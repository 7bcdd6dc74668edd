"""DataFrames and masked arrays: tables that know what is missing, and their columns.

A DataFrame is anything with columns that are taken one by one, as those of pandas
and polars. pandas is not needed for it.
"""

from typing import Any, List, Optional, Sequence, Tuple

import numpy as np
import numpy.typing as npt

_MOST_NAMES = 5


def is_frame(X: Any) -> bool:
    """Whether X is a DataFrame."""
    return hasattr(X, "columns") and (hasattr(X, "iloc") or hasattr(X, "get_column"))


def column_names(X: Any) -> Optional[Tuple[str, ...]]:
    """Names of the columns of a DataFrame, as scikit-learn takes them.

    Returns:
      None for what is no DataFrame and for columns none of which is text.

    Raises:
      TypeError: some are text and some are not.
      ValueError: a name twice.
    """
    if not is_frame(X):
        return None
    names = list(X.columns)
    kinds = {isinstance(name, str) for name in names}
    if not names or kinds == {False}:
        return None
    if len(kinds) > 1:
        raise TypeError(
            "feature names are only taken if all columns have text for a name; there"
            f" are {sorted({type(name).__name__ for name in names})}: rename them with"
            " X.columns = X.columns.astype(str)"
        )
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"X has the column {name!r} twice")
    return tuple(names)


def check_column_names(
    given: Optional[Sequence[str]], known: Optional[Sequence[str]]
) -> None:
    """Refuses columns other than those that are known, as scikit-learn does.

    Raises:
      ValueError: naming those that are new, that are missing, or out of order.
    """
    if given is None or known is None or list(given) == list(known):
        return
    lines = ["The feature names should match those that were passed during fit."]
    unseen = [name for name in given if name not in set(known)]
    missing = [name for name in known if name not in set(given)]
    lines += _listed("Feature names unseen at fit time:", unseen)
    lines += _listed("Feature names seen at fit time, yet now missing:", missing)
    if not unseen and not missing:
        place = next(k for k, name in enumerate(known) if given[k] != name)
        lines.append(
            "Feature names must be in the same order as they were in fit: column"
            f" {place} is {given[place]!r}; it was {known[place]!r}."
        )
    raise ValueError("\n".join(lines))


def _listed(title: str, names: List[str]) -> List[str]:
    if not names:
        return []
    shown = [f"- {name}" for name in sorted(names)[:_MOST_NAMES]]
    return [title, *shown] + (["- ..."] if len(names) > _MOST_NAMES else [])


def to_array(
    X: Any, missing_value: Optional[float], what: str = "X"
) -> "npt.NDArray[Any]":
    """The numbers of a DataFrame; NaN, None and NA are what is missing.

    Returns:
      shape (n, f).

    Raises:
      TypeError: a column that holds no numbers, by name.
      ValueError: a missing entry, by row and column, without `missing_value`.
    """
    names = list(X.columns)
    whole: "npt.NDArray[Any]" = X.to_numpy()
    if whole.dtype.kind not in "fiub":
        columns = [_numbers(_column(X, k), names[k], what) for k in range(len(names))]
        whole = (
            np.column_stack(columns)
            if columns
            else np.zeros((len(X), 0), dtype=np.float32)
        )
    if whole.dtype.kind != "f":
        return whole
    missing = np.isnan(whole)
    if not missing.any():
        return whole
    if missing_value is None:
        row, column = (int(k) for k in np.argwhere(missing)[0])
        raise ValueError(
            f"{what}[{row}][{names[column]!r}] is missing (NaN), and missing_value is"
            " not given"
        )
    filled_in = np.array(whole)
    filled_in[missing] = missing_value
    return filled_in


def _column(X: Any, k: int) -> "npt.NDArray[Any]":
    series = X.iloc[:, k] if hasattr(X, "iloc") else X[X.columns[k]]
    return np.asarray(series.to_numpy())


def _numbers(values: "npt.NDArray[Any]", name: Any, what: str) -> "npt.NDArray[Any]":
    if values.dtype.kind in "fiub":
        return values
    if values.dtype.kind != "O":
        raise TypeError(
            f"{what} has the column {name!r} of {values.dtype}; it must be numbers"
        )
    made = np.empty(len(values), dtype=np.float64)
    for row, value in enumerate(values):
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            made[row] = np.nan
            continue
        if isinstance(value, (str, bytes)):
            raise TypeError(
                f"{what}[{row}][{name!r}] is {value!r}; it must be a number"
            )
        try:
            made[row] = float(value)
        except (TypeError, ValueError):
            raise TypeError(
                f"{what}[{row}][{name!r}] is {value!r}; it must be a number"
            ) from None
    return made


def filled(X: Any, missing_value: Optional[float], what: str) -> "npt.NDArray[Any]":
    """A masked array without its mask: masked entries are missing.

    Raises:
      ValueError: a masked entry, by its place, without `missing_value`.
    """
    mask = np.broadcast_to(X.mask, X.shape)
    if not mask.any():
        return np.asarray(X.data)
    if missing_value is None:
        place = "".join(f"[{int(k)}]" for k in np.argwhere(mask)[0])
        raise ValueError(f"{what}{place} is masked, and missing_value is not given")
    kind = X.dtype if X.dtype.kind in "fO" else np.float64
    return np.asarray(X.astype(kind).filled(missing_value))
