"""Names of distances, as Annoy, scikit-plots and annod spell them."""

from typing import Optional

from annod.v1 import types_pb2

_ALIASES = {
    "angular": ("angular", "cosine"),
    "euclidean": ("euclidean", "l2", "lstsq"),
    "manhattan": ("manhattan", "l1", "cityblock", "taxicab"),
    "dot": ("dot", "@", ".", "dotproduct", "inner", "innerproduct"),
    "hamming": ("hamming",),
}
_CANONICAL = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_TO_PROTO = {
    "angular": types_pb2.METRIC_ANGULAR,
    "euclidean": types_pb2.METRIC_EUCLIDEAN,
    "manhattan": types_pb2.METRIC_MANHATTAN,
    "dot": types_pb2.METRIC_DOT,
    "hamming": types_pb2.METRIC_HAMMING,
}
_FROM_PROTO = {number: name for name, number in _TO_PROTO.items()}


def canonical_metric(name: str) -> str:
    """The one name of a metric, from any of its aliases in any case.

    Raises:
      TypeError: `name` is not text.
      ValueError: no metric has that name.
    """
    if not isinstance(name, str):
        raise TypeError(f"metric is {name!r}; it must be text")
    canonical = _CANONICAL.get(name.strip().lower())
    if canonical is None:
        raise ValueError(
            f"metric is {name!r}; it must be one of {', '.join(sorted(_CANONICAL))}"
        )
    return canonical


def metric_to_proto(name: Optional[str]) -> "types_pb2.Metric":
    """Number of a canonical name; METRIC_UNSPECIFIED for None."""
    return _TO_PROTO[name] if name else types_pb2.METRIC_UNSPECIFIED


def metric_from_proto(number: "types_pb2.Metric") -> Optional[str]:
    """Canonical name of a number; None for METRIC_UNSPECIFIED."""
    return _FROM_PROTO.get(number)
