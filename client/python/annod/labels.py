"""Labels: any Python values here, text on the server.

The server keeps one text of at most 1024 bytes an item. It is JSON, so that
other programs read it, and so that None, booleans, integers, floats, text, and
lists and dictionaries of them come back as they went. Any other value goes as
the JSON object {"repr": "..."} and comes back as the text of its repr; the
object that was given stays in the Python object that fitted, and in its pickles.
"""

import json
from typing import Any, Dict, List, Optional, Sequence

LARGEST_LABEL_BYTES = 1024


def encode(label: Any) -> str:
    """The text for a label; never empty.

    Raises:
      ValueError: the text would be longer than a server takes.
    """
    value = plain(label)
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        faithful = json.loads(text) == value or value != value
    except (TypeError, ValueError, RecursionError):
        faithful = False
    if not faithful:
        text = json.dumps({"repr": repr(label)}, ensure_ascii=False)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST_LABEL_BYTES:
        raise ValueError(
            f"label {text[:40]}... takes {size} bytes; at most"
            f" {LARGEST_LABEL_BYTES} are stored"
        )
    return text


def decode(text: str) -> Any:
    """The label of a text; text that is not JSON is a label itself."""
    try:
        value = json.loads(text)
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


def dense(y_map: Optional[Dict[int, Any]], n_items: int) -> Optional[Sequence[Any]]:
    """Labels of ids 0 to n_items - 1, None where there is none."""
    if y_map is None:
        return None
    return [y_map.get(item) for item in range(n_items)]
