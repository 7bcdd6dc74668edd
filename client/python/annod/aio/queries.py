"""aio.Client: neighbours."""

from typing import Any, AsyncIterator, Iterable, Optional

from annod.aio.base import Caller, batches
from annod.aio.stream import Stream
from annod.calls import queries
from annod.results import Neighbors
from annod.wire import neighbor_codec


class QueryCalls(Caller):
    """Queries of an index."""

    _shapes: queries.Shapes

    async def query(
        self,
        name: str,
        vectors: Any = None,
        n: Optional[int] = None,
        *,
        items: Optional[Iterable[int]] = None,
        labels: Optional[Iterable[Any]] = None,
        engine: str = "auto",
        search_k: Optional[int] = None,
        beam: Optional[int] = None,
        min_recall: Optional[float] = None,
        include_distances: bool = True,
        include_labels: bool = False,
        include_vectors: bool = False,
        include_cost: bool = False,
        include_staged: bool = False,
        exclude_self: bool = False,
        exclude_items: Optional[Iterable[int]] = None,
        allow_items: Optional[Iterable[int]] = None,
        max_distance: Optional[float] = None,
        label_fill: Any = None,
        strict: bool = False,
        missing_value: Optional[float] = None,
        version: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> Neighbors:
        """As annod.Client.query()."""
        options = queries.Options(
            n=n,
            engine=engine,
            search_k=search_k,
            beam=beam,
            min_recall=min_recall,
            include_distances=include_distances,
            include_labels=include_labels,
            include_vectors=include_vectors,
            include_cost=include_cost,
            include_staged=include_staged,
            exclude_self=exclude_self,
            exclude_items=exclude_items,
            allow_items=allow_items,
            max_distance=max_distance,
            label_fill=label_fill,
            strict=strict,
            missing_value=missing_value,
            version=version,
        )
        steps = queries.query(name, vectors, items, labels, options, self._shapes)
        return await self._run_on(name, steps, timeout)

    def stream(
        self,
        name: str,
        vectors: Any,
        n: Optional[int] = None,
        *,
        batch: int = 32,
        timeout: Optional[float] = None,
        **options: Any,
    ) -> AsyncIterator[Neighbors]:
        """As annod.Client.stream(), as an asynchronous iterator; `vectors` may be an
        asynchronous iterable of rows or of blocks, too."""
        queries.check_batch(batch)
        wanted = queries.Options(n, **options)
        return self._answers(name, vectors, batch, timeout, wanted)

    async def _answers(
        self,
        name: str,
        vectors: Any,
        batch: int,
        timeout: Optional[float],
        options: queries.Options,
    ) -> AsyncIterator[Neighbors]:
        found = await self._run_on(name, self._shapes.learn(name))
        asking = queries.prepare(name, options, found)
        async with Stream(self, timeout) as stream:
            async for rows in _rows(asking, vectors, batch):
                await stream.send(asking.head + neighbor_codec.query_bytes(rows))
                if len(stream) == queries.STREAM_WINDOW:
                    yield asking.neighbors([await stream.next_answer()])
            while len(stream):
                yield asking.neighbors([await stream.next_answer()])


async def _rows(asking: queries.Asking, vectors: Any, batch: int) -> AsyncIterator[Any]:
    if not hasattr(vectors, "__aiter__"):
        for rows in queries.stream_rows(asking, vectors, batch):
            yield rows
        return
    async for block in batches(vectors, batch):
        for rows in queries.stream_rows(asking, block, batch):
            yield rows
