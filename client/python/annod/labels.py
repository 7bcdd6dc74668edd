"""Labels: any Python values here, text on the server.

The server keeps one text of at most 1024 bytes an item. Text is kept as it is, so
that annodctl and other programs show, ask for and write the very same label:
"near" is near, "007" and "true" are text. Any other value is kept as its JSON
behind a mark that only this package writes and reads (a control character that
terminals do not show, then "py:"), and so None, booleans, integers, floats, lists
and dictionaries come back as they went. So is text that an item could not have
as it is: the empty one, and text with the mark in front. What JSON cannot say is
kept as {"repr": "..."} and comes back as the text of its repr; the object that was
given stays in the Python object that fitted, and in its pickles.
"""

import json
from typing import Any, Dict, List, Optional

LARGEST_LABEL_BYTES = 1024

MARK = "\x1fpy:"


def encode(label: Any) -> str:
    """The text for a label; never empty.

    Raises:
      ValueError: the text would be longer than a server takes, or is not Unicode.
    """
    value = plain(label)
    if type(value) is str and value and not value.startswith(MARK):
        text = value
    else:
        text = MARK + _as_json(value, label)
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise ValueError(
            f"label {label!r} has a lone surrogate; it must be Unicode text"
        ) from None
    if size > LARGEST_LABEL_BYTES:
        raise ValueError(
            f"label {text[:40]}... takes {size} bytes; at most"
            f" {LARGEST_LABEL_BYTES} are stored"
        )
    return text


def _as_json(value: Any, label: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        back = json.loads(text)
        if (back == value and type(back) is type(value)) or value != value:
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    return json.dumps({"repr": repr(label)}, ensure_ascii=False)


def decode(text: str) -> Any:
    """The label of a text; text without the mark is a label itself."""
    if not text.startswith(MARK):
        return text
    try:
        value = json.loads(text[len(MARK) :])
    except ValueError:
        return text
    if isinstance(value, dict) and list(value) == ["repr"]:
        return value["repr"]
    return value


def plain(label: Any) -> Any:
    """A numpy scalar as Python's number or text; others as they are."""
    if type(label).__module__ == "numpy" and hasattr(label, "item"):
        return label.item()
    return label


def as_list(y: Any, rows: int) -> List[Any]:
    """Labels of rows, one each.

    Raises:
      TypeError: a dict, text, or no sequence.
      ValueError: another length, or an array of more dimensions.
    """
    if isinstance(y, (dict, str, bytes)) or not hasattr(y, "__iter__"):
        raise TypeError(f"y is {type(y).__name__}; it must be a sequence of labels")
    if getattr(y, "ndim", 1) != 1:
        raise ValueError(f"y has {y.ndim} dimensions; it must have one")
    labels = [plain(label) for label in y]
    if len(labels) != rows:
        raise ValueError(f"y has {len(labels)} labels; it must have {rows}")
    return labels


def as_map(y_map: Any, below: int) -> Dict[int, Any]:
    """Labels by id.

    Raises:
      TypeError: not a dict of integers.
      ValueError: an id outside [0, below).
    """
    if not isinstance(y_map, dict):
        raise TypeError(f"y_map is {type(y_map).__name__}; it must be a dict")
    labels = {}
    for item, label in y_map.items():
        if isinstance(item, bool) or not hasattr(item, "__index__"):
            raise TypeError(f"y_map has the key {item!r}; keys are item ids")
        item = int(item)
        if not 0 <= item < below:
            raise ValueError(f"y_map has the id {item}; ids are below {below}")
        labels[item] = plain(label)
    return labels


def dense(y_map: Optional[Dict[int, Any]], n_items: int) -> Optional[List[Any]]:
    """Labels of ids 0 to n_items - 1, None where there is none."""
    if y_map is None:
        return None
    return [y_map.get(item) for item in range(n_items)]
