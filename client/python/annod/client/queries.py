"""Client: neighbours."""

from typing import Any, Iterable, Iterator, Optional

from annod.calls import queries
from annod.client.base import Caller
from annod.client.stream import Stream
from annod.results import Neighbors
from annod.wire import neighbor_codec


class QueryCalls(Caller):
    """Queries of an index."""

    _shapes: queries.Shapes

    def query(
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
        """The nearest items of each query, in as few calls as limits allow.

        Args:
          vectors: an array of shape (m, f) or (f,), a DataFrame, or rows as lists;
            float32 that lies row by row is sent as it is.
          n: neighbours of each; None: the index's default.
          items, labels: ask by stored items, or by items that have these labels,
            instead of vectors.
          engine: "auto", "forest", "graph" or "exact".
          search_k, beam: of the forest and the graph; None: the server's choice.
          min_recall: the cheapest engine whose measured recall reaches it.
          include_distances, include_labels, include_vectors, include_cost: answer
            these too.
          include_staged: compare items stored since the last build too.
          exclude_self: leave the queried item out; not for vectors.
          exclude_items: ids that no answer has.
          allow_items: ids that answers may have; an empty list allows none, and is
            answered with no neighbours; None: all.
          max_distance: only items this near; for "dot" of at least this product.
          label_fill: the label of an item without one.
          strict: errors.InvalidRequest if a query finds fewer than n.
          missing_value: what is missing in vectors is this; None: refused.
          version: refuse (VERSION_NOT_SERVED) to be answered by another one.
          timeout: seconds for each call, retries included; None: the client's.

        Returns:
          results.Neighbors: arrays of shape (m, n), -1 and NaN where fewer are found.

        Raises:
          ValueError, TypeError: an argument that is none.
          errors.AnnodError: the server refused: INDEX_NOT_FOUND, INDEX_NOT_BUILT, ...
        """
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
        return self._run_on(name, steps, timeout)

    def stream(
        self,
        name: str,
        vectors: Any,
        n: Optional[int] = None,
        *,
        batch: int = 32,
        timeout: Optional[float] = None,
        **options: Any,
    ) -> Iterator[Neighbors]:
        """The nearest items of many vectors, on one GetNnsStream: none waits for
        the answer to the one before. Memory does not depend on how many there are.
        Goes on by itself when a worker dies.

        Args:
          vectors: an array, a DataFrame, or any iterable of rows or of blocks of
            rows, read as they are sent: 16 requests before their answers are taken.
          batch: queries of a request, 1 to 1024.
          timeout: seconds for all of it; None: no limit.
          options: those of query(), except items and labels.

        Returns:
          An iterator of a results.Neighbors for each request, in order: of `batch`
          rows, the last one, and the last of each block, of what is left. It may be
          dropped before its end.
        """
        queries.check_batch(batch)
        found = self._run_on(name, self._shapes.learn(name))
        asking = queries.prepare(name, queries.Options(n, **options), found)
        return self._answers(asking, vectors, batch, timeout)

    def _answers(
        self,
        asking: queries.Asking,
        vectors: Any,
        batch: int,
        timeout: Optional[float],
    ) -> Iterator[Neighbors]:
        blocks = queries.stream_rows(asking, vectors, batch)
        with Stream(self._connection, timeout) as stream:
            for rows in blocks:
                stream.send(asking.head + neighbor_codec.query_bytes(rows))
                if len(stream) == queries.STREAM_WINDOW:
                    yield asking.neighbors([stream.next_answer()])
            while len(stream):
                yield asking.neighbors([stream.next_answer()])
