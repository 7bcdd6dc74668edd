"""One index on a server, seen from one Python object."""

import weakref
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

import numpy as np

from annod import errors, vectors
from annod.calls import builds, indexes
from annod.calls.builds import OnProgress
from annod.client import Client
from annod.connection import Connection
from annod.metrics import metric_to_proto
from annod.remote import leases, temporary
from annod.remote.item_buffer import ItemBuffer
from annod.results import BuildResult, IndexInfo
from annod.v1 import admin_service_pb2, index_service_pb2
from annod.vectors import FloatArray

# Ids of one GetItems call, and bytes of vectors in its answer.
_MOST_IDS = 65536
_ANSWER_BYTES = 16 << 20

# What close() and unload() wait for a server that does not answer.
_FORGET_SECONDS = 5.0


class RemoteIndex:
    """Calls on one index, with the items that were not sent yet.

    Every call sends those first: who added an item finds it. Not thread-safe
    while items are added; any number of threads may query.

    Attributes:
      client: of the server where it lies; connection: what that goes through.
      name: of the index on the server.
      temporary: whether it is dropped with this object. The server does so too
        when its lease (Connection.lease_seconds) is renewed no longer.
      dimension, metric: fixed when it exists.
      staged: whether there may be items that the served version does not have.
    """

    def __init__(self, connection: Connection, name: Optional[str] = None):
        self.connection = connection
        self.client = Client(connection)
        self.closed = False
        self.temporary = name is None
        self.name = name or temporary.temporary_name()
        self.dimension = 0
        self.metric: Optional[str] = None
        self.exists = False
        self._next_id = 0
        self.staged = False
        self._buffer = ItemBuffer(connection, self.name)
        self._finalizer: Optional[Any] = None
        if self.temporary:
            temporary.note(self)

    def rename(self, name: str) -> None:
        """Another name, while nothing was made under the first."""
        self.name = name
        self._buffer = ItemBuffer(self.connection, name)

    # Existence.

    def create(self, dimension: int, metric: str, **settings: Any) -> None:
        """Creates the index unless it exists; `settings` are CreateIndex fields.

        Raises:
          errors.AnnodError: the server refused.
        """
        if self.exists:
            return
        self.check_open()
        self.client.create(
            self.name,
            dimension,
            metric,
            allow_duplicate_labels=True,
            lease_seconds=self._lease_seconds() or None,
            **settings,
        )
        self.assume_created(dimension, metric)

    def open(self, f: int, metric: Optional[str]) -> Optional[IndexInfo]:
        """Takes hold of the index if there is one.

        Args:
          f, metric: what they must be; 0 and None: anything.

        Returns:
          What the server knows about it; None if there is none.

        Raises:
          ValueError: it has others.
        """
        info = self.find()
        if info is None:
            return None
        found = info.metric
        if metric not in (None, found):
            raise ValueError(f"index {self.name} has metric {found}, not {metric}")
        if f and info.dimension and f != info.dimension:
            raise ValueError(
                f"index {self.name} has vectors of {info.dimension} components, not {f}"
            )
        self.assume_created(info.dimension or f, found)
        self.staged = info.version == 0 or info.staged_item_count > 0
        return info

    def create_request(
        self, dimension: int, metric: str, **settings: Any
    ) -> admin_service_pb2.CreateIndexRequest:
        """What creates this index."""
        return admin_service_pb2.CreateIndexRequest(
            index=self.name,
            dimension=dimension,
            metric=metric_to_proto(metric),
            allow_duplicate_labels=True,
            lease_seconds=self._lease_seconds(),
            **settings,
        )

    def _lease_seconds(self) -> int:
        """0: none."""
        return self.connection.lease_seconds if self.temporary else 0

    def lease(self) -> None:
        """Gives a temporary index its lease, if the call that made it could not."""
        if self.temporary:
            self.client.renew_lease(self.name, self._lease_seconds())

    def assume_created(self, dimension: int, metric: Optional[str]) -> None:
        """Notes that the index exists now, made by another call."""
        self.dimension = dimension
        self.metric = metric
        self.exists = True
        if self.temporary and self._finalizer is None:
            leases.keeper.keep(self.connection, self.name, self._lease_seconds())
            self._finalizer = weakref.finalize(
                self, leases.drop, self.connection, self.name
            )
            # At the end of the program all are dropped together.
            self._finalizer.atexit = False

    def drop(self) -> None:
        """Deletes the index; does nothing if it does not exist."""
        self._drop_with(lambda: self.client.drop(self.name, missing_ok=True))

    def _drop_with(self, call: Callable[[], Any]) -> None:
        self.discard()
        if self._finalizer is not None:
            self._finalizer.detach()
            self._finalizer = None
        if self.exists:
            self.exists = False
            call()
        leases.keeper.let_go(self.connection, self.name)

    def forget(self) -> None:
        """Drops a temporary index, in vain if the server is away, where its lease
        ends; leaves one with a name of its own alone."""
        if self.temporary:
            self._drop_with(
                lambda: leases.keeper.drop(
                    self.connection, self.name, _FORGET_SECONDS
                )
            )
        else:
            self.flush()
            self.exists = False

    def close(self) -> None:
        """As forget(), and for good: what follows raises errors.Closed. In a forked
        child the parent's index is left alone."""
        if not self.closed:
            try:
                if self.connection.usable():
                    self.forget()
            finally:
                self.closed = True

    def check_open(self) -> None:
        """Refuses use after close().

        Raises:
          errors.Closed: it was closed.
        """
        if self.closed:
            raise errors.Closed("the index object is closed: make another one")

    def check_exists(self) -> None:
        """Refuses a named index that nobody has made.

        Raises:
          errors.NoSuchIndex: with the names that are most like it.
        """
        self.check_open()
        if not self.temporary and not self.exists:
            self.client.info(self.name)

    # State.

    def info(self) -> IndexInfo:
        """Everything the server knows about it.

        Raises:
          errors.NoSuchIndex: it does not exist.
        """
        self.flush()
        return self.client._run(indexes.info(self.name))

    def find(self) -> Optional[IndexInfo]:
        """As info(), but None if the server has no such index."""
        try:
            return self.info()
        except errors.NoSuchIndex:
            return None

    def n_items(self) -> int:
        """Largest id plus one, as Annoy counts."""
        self.check_open()
        if not self.exists:
            return 0
        info = self.info()
        return max(info.next_id, info.item_slot_count, self._next_id)

    def update_settings(self, **settings: Any) -> None:
        """Changes settings; `settings` are UpdateSettings fields."""
        self.client.update(self.name, **settings)

    def prefault(self) -> None:
        """Has the server read the index into memory before it answers."""
        self.update_settings(prefault="populate")

    # Items.

    def add(self, item: int, row: FloatArray) -> None:
        """Adds an item, which the server has before any later call runs."""
        self.check_open()
        self._buffer.add(item, row)
        self.staged = True
        self._next_id = max(self._next_id, item + 1)

    def flush(self) -> None:
        """Sends what was added; durable when it returns."""
        self.check_open()
        self._buffer.flush()

    def discard(self) -> None:
        """Forgets what was added and not sent, and how far ids went."""
        self._buffer.discard()
        self._next_id = 0
        self.staged = False

    def remove(self, ids: Sequence[int]) -> None:
        """Removes items; ids without one are no error."""
        self.flush()
        self.client.remove(self.name, ids)

    def vectors(self, ids: Sequence[int]) -> FloatArray:
        """Stored vectors, staged ones included: float32, shape (len(ids), f).
        Zeros for an id below n_items() that no item has, as in Annoy.

        Raises:
          errors.NoSuchItem: an id at or above n_items().
        """
        rows = np.zeros((len(ids), self.dimension), dtype=np.float32)
        step = max(1, min(_MOST_IDS, _ANSWER_BYTES // (4 * max(1, self.dimension))))
        for start in range(0, len(ids), step):
            part = list(ids[start : start + step])
            items: Sequence[Optional[index_service_pb2.StoredItem]]
            try:
                items = self.items(part)
            except errors.NoSuchItem:
                items = self._items_among_holes(part)
            for row, item in enumerate(items, start):
                if item is not None:
                    rows[row] = vectors.from_bytes(item.vector_bytes)
        return rows

    def items(self, ids: Sequence[int]) -> Sequence[index_service_pb2.StoredItem]:
        """Stored items, staged ones included.

        Raises:
          errors.NoSuchItem: an id without an item.
        """
        self.flush()
        request = index_service_pb2.GetItemsRequest(
            index=self.name, ids=ids, include_staged=self.staged
        )
        answer = self.connection.read(self.connection.index_service.GetItems, request)
        found: Sequence[index_service_pb2.StoredItem] = answer.items
        return found

    def present(self, ids: Sequence[int]) -> Dict[int, index_service_pb2.StoredItem]:
        """Those of the ids that have an item, with it. For ids mostly present."""
        if not ids:
            return {}
        try:
            return {item.id: item for item in self.items(ids)}
        except errors.NoSuchItem:
            if len(ids) == 1:
                return {}
        half = len(ids) // 2
        return {**self.present(ids[:half]), **self.present(ids[half:])}

    def present_among(
        self, ids: Sequence[int]
    ) -> Iterator[index_service_pb2.StoredItem]:
        """The items that there are among the ids, in few calls if most are."""
        step = max(1, min(4096, _ANSWER_BYTES // (4 * max(1, self.dimension))))
        for start in range(0, len(ids), step):
            found = self.present(list(ids[start : start + step]))
            yield from (found[item] for item in sorted(found))

    def holes(self) -> List[int]:
        """Ids below n_items that no item has; as many calls as there are, nearly."""
        ids = range(self.n_items())
        return sorted(set(ids).difference(item.id for item in self.present_among(ids)))

    def _items_among_holes(
        self, ids: List[int]
    ) -> List[Optional[index_service_pb2.StoredItem]]:
        self.check_ids(ids)
        found = self.present(sorted(set(ids)))
        return [found.get(item) for item in ids]

    def check_ids(self, ids: Sequence[int]) -> None:
        """Refuses ids that no slot has.

        Raises:
          errors.NoSuchItem: naming the id.
        """
        if not len(ids):
            return
        n_items = self.n_items()
        if max(ids) >= n_items:
            raise errors.NoSuchItem(
                f"item id is {max(ids)}; the index has ids below {n_items}"
            )
        if min(ids) < 0:
            raise errors.NegativeItem(f"item id is {min(ids)}; it must not be negative")

    # Builds.

    def build(
        self,
        n_trees: int,
        n_jobs: int = -1,
        seed: int = 0,
        on_progress: OnProgress = None,
    ) -> BuildResult:
        """Builds a version of everything added; every worker serves it when it returns.

        Args:
          n_trees: trees; -1: as many as fit in twice the nodes of the items.
          n_jobs: threads of the server; -1: all its cores.
          seed: 0: the index's.
          on_progress: called several times a second.
        """
        self.flush()
        steps = builds.build(
            self.name,
            on_progress,
            tree_count=n_trees,
            thread_count=max(0, n_jobs),
            seed=seed,
        )
        result = self.client._run(steps)
        self.staged = False
        return result

    def unbuild(self) -> None:
        """Stops serving the built version; items stay and can be added to."""
        self.client.unbuild(self.name)
        self.staged = True

    def rebuild_into(
        self,
        target: "RemoteIndex",
        metric: str,
        n_trees: int,
        n_jobs: int = -1,
        seed: int = 0,
    ) -> None:
        """Builds `target`, which must not exist, from this index's items."""
        self.flush()
        self.client.rebuild(
            self.name,
            target.name,
            metric=metric,
            trees=n_trees,
            seed=seed,
            threads=max(0, n_jobs),
        )
        target.assume_created(self.dimension, metric)
        target.lease()
