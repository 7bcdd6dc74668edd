"""Storing, removing and fetching items."""

import contextlib
import operator
from typing import Any, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from annod import errors, labels, vectors
from annod.calls import indexes
from annod.calls.steps import Steps, admin, index, make_message
from annod.results import Items, Removed
from annod.v1 import admin_service_pb2, index_service_pb2, types_pb2

LARGEST_ID = 2**31 - 2

# One message of items: well below any server's limits, large enough that the
# call's own cost does not matter. And of GetItems: ids, bytes of the answer.
_MOST_BYTES = 1 << 20
MOST_ITEMS = 4096
_MOST_IDS = 65536
_ANSWER_BYTES = 16 << 20

Ids = Union[Sequence[int], "npt.NDArray[np.integer[Any]]"]


def check_ids(ids: Any, what: str = "ids") -> List[int]:
    """Item ids as integers.

    Raises:
      TypeError: no sequence of integers.
      ValueError: one that no item can have.
    """
    if isinstance(ids, (int, np.integer)) and not isinstance(ids, bool):
        ids = [ids]
    if isinstance(ids, (str, bytes)) or not hasattr(ids, "__iter__"):
        raise TypeError(f"{what} is {ids!r}; it must be item ids")
    made = []
    for value in ids:
        if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
            raise TypeError(f"{what} has {value!r}; it must be item ids")
        try:
            number = operator.index(value)
        except TypeError:
            # A masked entry, or a row of a table.
            raise TypeError(f"{what} has {value!r}; it must be item ids") from None
        if not 0 <= number <= LARGEST_ID:
            raise ValueError(f"{what} has {number}; ids are 0 to {LARGEST_ID}")
        made.append(number)
    return made


def blocks_of(X: Any, rows_of_a_block: int) -> Iterator[Any]:
    """Blocks of rows: an array or DataFrame at once, an iterable piece by piece."""
    if isinstance(X, (list, tuple)) or any(
        hasattr(X, name) for name in ("__array__", "toarray", "columns")
    ):
        yield X
        return
    if isinstance(X, (str, bytes, dict)) or not hasattr(X, "__iter__"):
        raise TypeError(f"X is {type(X).__name__}; it must be rows of numbers")
    block: List[Any] = []
    for row in X:
        if getattr(row, "ndim", 1) == 2 or hasattr(row, "columns"):
            if block:
                yield block
                block = []
            yield row
            continue
        block.append(row)
        if len(block) == rows_of_a_block:
            yield block
            block = []
    if block:
        yield block


def add(
    name: str,
    X: Any,
    ids: Optional[Iterable[int]],
    names: Optional[Iterable[Any]],
    missing_value: Optional[float],
    done: int = 0,
) -> Steps["npt.NDArray[np.int32]"]:
    """`done` rows went before, in calls of their own."""
    found = yield from indexes.info(name)
    X = vectors.as_rows(X)
    if isinstance(ids, (int, np.integer)):
        ids = [int(ids)]
    id_source = None if ids is None else iter(ids)
    if isinstance(names, str):
        names = [names]
    label_source = None if names is None else iter(names)
    stored: List[Any] = []
    f = found.dimension
    for block in blocks_of(X, MOST_ITEMS):
        if vectors.has_no_rows(block):
            continue
        # Where it is in what was given.
        what = f"X[{done}:]" if done else "X"
        with _telling(done):
            rows = vectors.rows_of(
                block, f, missing_value, found.feature_names or None, what
            )
            vectors.check_rows(rows, found.metric or "", what)
        f = rows.shape[1]
        step = max(1, min(MOST_ITEMS, _MOST_BYTES // (4 * f + 32)))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            with _telling(done):
                part_ids = _next_of(id_source, len(part), "ids", done)
                part_labels = _next_of(label_source, len(part), "labels", done)
                numbers = None if part_ids is None else check_ids(part_ids)
                request = admin_service_pb2.AddItemRequest(
                    index=name, items=_messages(part, numbers, part_labels)
                )
            try:
                answer = yield admin("AddItem", request, repeat=part_ids is not None)
            except errors.AnnodError as error:
                error.message += f" ({done} rows are stored)"
                error.metadata.setdefault("stored_count", str(done))
                raise
            done += len(part)
            stored.append(np.array(answer.ids, dtype=np.int32))
    for source, what in ((id_source, "ids"), (label_source, "labels")):
        if source is not None and next(source, _END) is not _END:
            raise ValueError(
                f"there are {done} rows, which are stored, and more {what}"
            )
    return np.concatenate(stored) if stored else np.zeros(0, dtype=np.int32)


_END = object()


@contextlib.contextmanager
def _telling(done: int) -> Iterator[None]:
    """Adds to what is raised how many rows are stored."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"{error} ({done} rows are stored)") from None


def _next_of(
    source: Optional[Iterator[Any]], count: int, what: str, done: int
) -> Optional[List[Any]]:
    if source is None:
        return None
    part = [value for _, value in zip(range(count), source)]
    if len(part) != count:
        raise ValueError(f"there are more rows than {what}: {done + len(part)}")
    return part


def _messages(
    rows: "npt.NDArray[np.float32]",
    ids: Optional[Sequence[int]],
    names: Optional[Sequence[Any]],
) -> List[types_pb2.Item]:
    size = 4 * rows.shape[1]
    data = vectors.to_bytes(rows)
    items = [
        types_pb2.Item(vector_bytes=data[start : start + size])
        for start in range(0, len(data), size)
    ]
    if ids is not None:
        for item, number in zip(items, ids):
            item.id = number
    if names is not None:
        for item, label in zip(items, names):
            item.label = "" if label is None else labels.encode(label)
    return items


def remove(
    name: str, ids: Optional[Iterable[int]], names: Optional[Iterable[Any]]
) -> Steps[Removed]:
    if ids is None and names is None:
        raise TypeError("nothing says what to remove: give ids, labels or both")
    wanted: List[Tuple[str, Any]] = []
    if ids is not None:
        wanted += [("ids", number) for number in check_ids(ids)]
    if names is not None:
        listed = [names] if isinstance(names, str) else names
        wanted += [("labels", labels.encode(label)) for label in listed]
    count = 0
    missing_ids: List[int] = []
    missing_labels: List[Any] = []
    for start in range(0, len(wanted), _MOST_IDS):
        part = wanted[start : start + _MOST_IDS]
        answer = yield admin(
            "RemoveItems",
            admin_service_pb2.RemoveItemsRequest(
                index=name,
                ids=[value for kind, value in part if kind == "ids"],
                labels=[value for kind, value in part if kind == "labels"],
            ),
        )
        count += answer.removed_count
        missing_ids.extend(answer.missing_ids)
        missing_labels.extend(labels.decode(text) for text in answer.missing_labels)
    return Removed(count, missing_ids, missing_labels)


def get(
    name: str,
    ids: Optional[Iterable[int]],
    names: Optional[Iterable[Any]],
    include_staged: bool,
    dimension: int = 0,
) -> Steps[Items]:
    if ids is None and names is None:
        raise TypeError("nothing says what to get: give ids, labels or both")
    wanted = [] if ids is None else check_ids(ids)
    texts = (
        []
        if names is None
        else [labels.encode(x) for x in ([names] if isinstance(names, str) else names)]
    )
    if not dimension:
        dimension = (yield from indexes.info(name)).dimension
    step = max(1, min(_MOST_IDS, _ANSWER_BYTES // (4 * max(1, dimension))))
    messages: List[Any] = []
    version = 0
    parts: List[Tuple[List[int], List[str]]] = []
    parts += [
        (wanted[start : start + step], []) for start in range(0, len(wanted), step)
    ]
    parts += [([], texts[start : start + step]) for start in range(0, len(texts), step)]
    for part_ids, part_labels in parts:
        request = index_service_pb2.GetItemsRequest(
            index=name,
            ids=part_ids,
            labels=part_labels,
            include_staged=include_staged,
        )
        answer = yield index("GetItems", request)
        messages.extend(answer.items)
        version = answer.version
    rows = np.frombuffer(
        bytearray().join(item.vector_bytes for item in messages), dtype="<f4"
    ).reshape(len(messages), dimension)
    return Items(
        np.array([item.id for item in messages], dtype=np.int32),
        rows,
        [labels.decode(item.label) if item.label else None for item in messages],
        version,
    )


def distance(name: str, i: int, j: int, include_staged: bool) -> Steps[float]:
    request = make_message(
        index_service_pb2.GetDistanceRequest,
        index=name, i=i, j=j, include_staged=include_staged
    )
    answer = yield index("GetDistance", request)
    return float(answer.distance)
