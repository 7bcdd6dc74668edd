"""scikit-plots' serialized indexes: what their headers say.

The server reads and checks blobs whole. Here only the head is looked at, to
tell formats apart and to refuse what does not fit the object it is read into.
"""

import struct
from typing import Any, NamedTuple, Optional, Tuple

from annod.remote import transfer

_FORMATS = {
    "native": transfer.NATIVE_BLOB,
    "legacy": transfer.NATIVE_BLOB,
    "raw": transfer.NATIVE_BLOB,
    "portable": transfer.PORTABLE,
    "portable_v1": transfer.PORTABLE,
    "portable-v1": transfer.PORTABLE,
    "canonical": transfer.CANONICAL,
    "canonical_v1": transfer.CANONICAL,
    "canonical-v1": transfer.CANONICAL,
}
_METRICS = ("", "angular", "euclidean", "manhattan", "dot", "hamming")

_PORTABLE = struct.Struct("<8sHBBBBBBIQ")
_CANONICAL_1 = struct.Struct("<8sHHBBHIIIBBHQiIQ")
_CANONICAL_2 = struct.Struct("<8sHHBBHIQQBBHQiIQ")


class Head(NamedTuple):
    """What a blob's header says; None where the format cannot say it."""

    form: str
    metric: Optional[str] = None
    f: int = 0
    built: bool = True
    n_trees: int = 0
    seed: Optional[int] = None
    verbose: Optional[int] = None


def format_of(name: Optional[str]) -> str:
    """The one name of a format from any of them; native for None.

    Raises:
      TypeError: not text.
      ValueError: no format has that name.
    """
    if name is None:
        return transfer.NATIVE_BLOB
    if not isinstance(name, str):
        raise TypeError(f"format is {name!r}; it must be text")
    form = _FORMATS.get(name.strip().lower())
    if form is None:
        raise ValueError(f"format is {name!r}; it must be one of {', '.join(_FORMATS)}")
    return form


def read_head(blob: bytes) -> Head:
    """The header of a blob; one without a known magic is native.

    Raises:
      TypeError: not bytes.
      OSError: empty, a header cut short, or one that no program wrote.
    """
    if not isinstance(blob, bytes):
        raise TypeError(f"byte is {type(blob).__name__}; it must be bytes")
    if not blob:
        raise OSError("the blob is empty")
    magic = blob[:8]
    if magic == b"ANNOYSP1":
        fields = _unpack(_PORTABLE, blob, "portable")
        return Head(transfer.PORTABLE, _metric(fields[6]), _dimension(fields[8]))
    if magic in (b"ANNOYCN1", b"ANNOYCN2"):
        form = _CANONICAL_1 if magic == b"ANNOYCN1" else _CANONICAL_2
        fields = _unpack(form, blob, "canonical")
        return Head(
            transfer.CANONICAL,
            _metric(fields[3]),
            _dimension(fields[6]),
            built=bool(fields[2] & 1),
            n_trees=fields[8],
            seed=fields[12] if fields[9] else None,
            verbose=fields[13] if fields[10] else None,
        )
    return Head(transfer.NATIVE_BLOB)


def _unpack(form: struct.Struct, blob: bytes, name: str) -> Tuple[Any, ...]:
    if len(blob) < form.size:
        raise OSError(
            f"the {name} blob has {len(blob)} bytes; its header alone has {form.size}"
        )
    return form.unpack_from(blob)


def _metric(number: int) -> str:
    if not 1 <= number < len(_METRICS):
        raise OSError(f"the blob's metric is {number}; it must be 1 to 5")
    return _METRICS[number]


def _dimension(f: int) -> int:
    if f == 0:
        raise OSError("the blob's dimension is 0")
    return f
