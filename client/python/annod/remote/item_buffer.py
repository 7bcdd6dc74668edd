"""Items on their way to the server."""

from typing import List

from annod import errors, vectors
from annod.connection import Connection
from annod.v1 import admin_service_pb2, types_pb2

LARGEST_ID = 2**31 - 2

# One message of items: well below any server's limits, large enough that the
# call's own cost does not matter.
_MOST_BYTES = 1 << 20
_MOST_ITEMS = 4096


class ItemBuffer:
    """Gathers items and sends them in few calls. Not thread-safe.

    Every item has an id, so sending a message again does no harm.
    """

    def __init__(self, connection: Connection, index: str):
        self._connection = connection
        self._index = index
        self._items: List[types_pb2.Item] = []
        self._bytes = 0

    def add(self, item: int, row: vectors.FloatArray) -> None:
        """Adds one item; sends what has gathered if it is much.

        Raises:
          errors.AnnodError: what had gathered could not be stored.
        """
        data = vectors.to_bytes(row)
        self._items.append(types_pb2.Item(id=item, vector_bytes=data))
        self._bytes += len(data)
        if self._bytes >= _MOST_BYTES or len(self._items) >= _MOST_ITEMS:
            self.flush()

    def flush(self) -> None:
        """Sends everything; durable on the server when it returns.

        Raises:
          errors.AnnodError: the server refused; none of these items is stored
            and they are forgotten. If it did not answer they are kept.
        """
        if not self._items:
            return
        request = admin_service_pb2.AddItemRequest(index=self._index, items=self._items)
        try:
            self._connection.read(self._connection.admin_service.AddItem, request)
        except (errors.NotAnswering, errors.TooSlow):
            raise
        except errors.AnnodError as error:
            count, first, last = len(self._items), self._items[0].id, self._items[-1].id
            self.discard()
            error.message += f" ({count} items, ids {first} to {last}, were not stored)"
            raise
        self.discard()

    def discard(self) -> None:
        """Forgets what was not sent."""
        self._items = []
        self._bytes = 0
