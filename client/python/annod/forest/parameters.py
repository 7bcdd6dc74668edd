"""What the estimator's parameters may be."""

import operator
import os
import warnings
from typing import Any, List, Optional, Tuple

import numpy as np

LARGEST_SEED = 2**64 - 1
_TYPES = ("vector", "item")
SCHEMA_VERSIONS = "0 or 1: portable; 2: canonical; 3 and above: both"


def _integer(name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; it must be an integer") from None


def check_dimension(value: Any) -> int:
    """Components of a vector; 0 (also for None) while unknown."""
    if value is None:
        return 0
    f = _integer("f", value)
    if f < 0:
        raise ValueError(f"f is {f}; it must not be negative")
    return f


def check_seed(value: Any, stacklevel: int = 3) -> Optional[int]:
    """A seed; None for the default one, also, with a warning, for 0."""
    if value is None:
        return None
    seed = _integer("seed", value)
    if not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"seed is {seed}; it must be in [0, {LARGEST_SEED}]")
    if seed == 0:
        warnings.warn(
            "seed 0 means the default seed; None says the same",
            UserWarning,
            stacklevel=stacklevel,
        )
        return None
    return seed


def check_verbose(value: Any) -> Optional[int]:
    """A verbosity, brought into [-2, 2]."""
    return None if value is None else max(-2, min(2, _integer("verbose", value)))


def check_schema_version(value: Any) -> int:
    """A schema version; 0 for None."""
    version = 0 if value is None else _integer("schema_version", value)
    if version < 0:
        raise ValueError(
            f"schema_version is {version}; it must not be negative ({SCHEMA_VERSIONS})"
        )
    return version


def check_n_neighbors(value: Any) -> int:
    """A number of neighbours."""
    n = _integer("n_neighbors", value)
    if n < 1:
        raise ValueError(f"n_neighbors is {n}; it must be at least 1")
    return n


def check_path(value: Any, name: str = "on_disk_path") -> Optional[str]:
    """A path as text; None for None and the empty one."""
    if value is None:
        return None
    if isinstance(value, (bytes, int)):
        raise TypeError(f"{name} is {value!r}; it must be text or a path")
    try:
        path = os.fspath(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; it must be text or a path") from None
    if not isinstance(path, str):
        raise TypeError(f"{name} is {value!r}; it must be text or a path")
    if "\0" in path:
        raise ValueError(f"{name} is {path!r}; it must not contain a NUL byte")
    return path or None


def check_count(name: str, value: Any) -> int:
    """A number of trees or threads: -1 or above 0."""
    count = _integer(name, value)
    if count == 0 or count < -1:
        raise ValueError(f"{name} is {count}; it must be -1 or above 0")
    return count


def check_search_k(value: Any) -> int:
    """Annoy's search_k: -1 or not negative."""
    search_k = _integer("search_k", value)
    if search_k < -1:
        raise ValueError(f"search_k is {search_k}; it must be -1 or not negative")
    return search_k


def check_flag(name: str, value: Any) -> bool:
    """True or False, nothing that only looks like it."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; it must be True or False")
    return value


def check_type_name(name: str, value: Any) -> str:
    """One of "vector" and "item", from any case."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}; it must be text")
    lowered = value.strip().lower()
    if lowered not in _TYPES:
        raise ValueError(f"{name} is {value!r}; it must be 'vector' or 'item'")
    return lowered


def item_ids(name: str, values: Any) -> List[int]:
    """Item ids as integers; TypeError for anything else. Not checked for range."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} is {values!r}; it must be a sequence of item ids")
    ids = []
    for value in values:
        if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
            raise TypeError(f"{name} has {value!r}; it must be item ids")
        ids.append(operator.index(value))
    return ids


def check_feature_names(names: Any, f: int) -> Tuple[str, ...]:
    """Names of f components, all different; of any number if f is 0."""
    if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
        raise TypeError(f"feature_names is {names!r}; it must be a sequence of text")
    given = tuple(names)
    for name in given:
        if not isinstance(name, str):
            raise TypeError(f"feature_names has {name!r}; names are text")
    if f and len(given) != f:
        raise ValueError(f"feature_names has {len(given)} names; it must have {f}")
    if len(set(given)) != len(given):
        raise ValueError("feature_names has a name twice")
    return given
