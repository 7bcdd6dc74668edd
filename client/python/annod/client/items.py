"""Client: items in, out and away."""

from typing import Any, Iterable, Optional

import numpy as np
import numpy.typing as npt

from annod.calls import items
from annod.client.base import Caller
from annod.results import Items, Removed


class ItemCalls(Caller):
    """Items of an index."""

    def add(
        self,
        name: str,
        vectors: Any,
        ids: Optional[Iterable[int]] = None,
        labels: Optional[Iterable[Any]] = None,
        *,
        missing_value: Optional[float] = None,
        timeout: Optional[float] = None,
    ) -> "npt.NDArray[np.int32]":
        """Stores items, durably; a version has them after the next build, and
        queries with include_staged at once. An id stored before is replaced.

        Args:
          vectors: an array of shape (m, f) or (f,), a DataFrame, lists, or any
            iterable of rows or of blocks of rows, which is read piece by piece.
          ids: one a row, as iterable as the rows; None: the server chooses, and
            what has failed on the way is not sent again.
          labels: one a row: any values (annod.labels), None for none. An item that
            is stored again without one loses it.
          missing_value: what is missing in a row is this; None: refused.
          timeout: seconds for each call, of which much takes several.

        Returns:
          Ids of the items: int32, shape (m,).

        Raises:
          ValueError, TypeError: a row, id or label that is none. Rows before the
            piece that has it (4096 at most) are stored; the message and, of an
            errors.AnnodError, metadata["stored_count"] say how many.
          errors.AnnodError: the server refused.
        """
        steps = items.add(name, vectors, ids, labels, missing_value)
        return self._run_on(name, steps, timeout)

    def upsert(
        self,
        name: str,
        ids: Iterable[int],
        vectors: Any,
        labels: Optional[Iterable[Any]] = None,
        *,
        missing_value: Optional[float] = None,
        timeout: Optional[float] = None,
    ) -> "npt.NDArray[np.int32]":
        """Stores items under ids of your own, replacing those there are: as add(),
        and safe to repeat, so that it goes on when the server comes back."""
        return self.add(
            name, vectors, ids, labels, missing_value=missing_value, timeout=timeout
        )

    def remove(
        self,
        name: str,
        ids: Optional[Iterable[int]] = None,
        labels: Optional[Iterable[Any]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> Removed:
        """Removes items, durably: no query finds them when it returns. Ids and
        labels without an item are no error; none at all removes nothing."""
        return self._run_on(name, items.remove(name, ids, labels), timeout)

    def get(
        self,
        name: str,
        ids: Optional[Iterable[int]] = None,
        labels: Optional[Iterable[Any]] = None,
        *,
        include_staged: bool = True,
        timeout: Optional[float] = None,
    ) -> Items:
        """Stored items, in the order asked for.

        Args:
          ids, labels: of the items; a label that several have gives all of them.
          include_staged: as stored now; else as the served version has them.

        Raises:
          errors.NoSuchItem: (an IndexError) an id without an item.
        """
        steps = items.get(name, ids, labels, include_staged)
        return self._run_on(name, steps, timeout)

    def distance(
        self,
        name: str,
        i: int,
        j: int,
        *,
        include_staged: bool = True,
        timeout: Optional[float] = None,
    ) -> float:
        """The distance between two items, as queries give it."""
        return self._run_on(name, items.distance(name, i, j, include_staged), timeout)
