"""aio.Client: items in, out and away."""

from itertools import islice
from typing import Any, Iterable, Iterator, List, Optional

import numpy as np
import numpy.typing as npt

from annod.aio.base import Caller, batches
from annod.calls import items
from annod.results import Items, Removed


class ItemCalls(Caller):
    """Items of an index."""

    async def add(
        self,
        name: str,
        vectors: Any,
        ids: Optional[Iterable[int]] = None,
        labels: Optional[Iterable[Any]] = None,
        *,
        missing_value: Optional[float] = None,
        timeout: Optional[float] = None,
    ) -> "npt.NDArray[np.int32]":
        """As annod.Client.add(); `vectors` may be an asynchronous iterable, too."""
        if not hasattr(vectors, "__aiter__"):
            steps = items.add(name, vectors, ids, labels, missing_value)
            return await self._run_on(name, steps, timeout)
        stored: List["npt.NDArray[np.int32]"] = []
        done = 0
        given_ids = None if ids is None else iter(ids)
        given_labels = None if labels is None else iter(labels)
        async for block in batches(vectors, items.MOST_ITEMS):
            steps = items.add(
                name,
                block,
                _next_of(given_ids, len(block)),
                _next_of(given_labels, len(block)),
                missing_value,
                done,
            )
            stored.append(await self._run_on(name, steps, timeout))
            done += len(block)
        return np.concatenate(stored) if stored else np.zeros(0, dtype=np.int32)

    async def upsert(
        self,
        name: str,
        ids: Iterable[int],
        vectors: Any,
        labels: Optional[Iterable[Any]] = None,
        *,
        missing_value: Optional[float] = None,
        timeout: Optional[float] = None,
    ) -> "npt.NDArray[np.int32]":
        """As annod.Client.upsert()."""
        return await self.add(
            name, vectors, ids, labels, missing_value=missing_value, timeout=timeout
        )

    async def remove(
        self,
        name: str,
        ids: Optional[Iterable[int]] = None,
        labels: Optional[Iterable[Any]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> Removed:
        """As annod.Client.remove()."""
        return await self._run_on(name, items.remove(name, ids, labels), timeout)

    async def get(
        self,
        name: str,
        ids: Optional[Iterable[int]] = None,
        labels: Optional[Iterable[Any]] = None,
        *,
        include_staged: bool = True,
        timeout: Optional[float] = None,
    ) -> Items:
        """As annod.Client.get()."""
        steps = items.get(name, ids, labels, include_staged)
        return await self._run_on(name, steps, timeout)

    async def distance(
        self,
        name: str,
        i: int,
        j: int,
        *,
        include_staged: bool = True,
        timeout: Optional[float] = None,
    ) -> float:
        """As annod.Client.distance()."""
        steps = items.distance(name, i, j, include_staged)
        return await self._run_on(name, steps, timeout)


def _next_of(source: Optional[Iterator[Any]], count: int) -> Optional[List[Any]]:
    return None if source is None else list(islice(source, count))
