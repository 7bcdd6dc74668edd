"""Asking for neighbours of vectors: what Annoy's class and the estimator share."""

from typing import Any, Iterable, Iterator, Optional, Tuple

from annod.remote import queries
from annod.remote.index import RemoteIndex
from annod.v1 import index_service_pb2

Neighbours = queries.Neighbours


class Asking:
    """Queries in plain values, one by one or on a stream. Each class checks what
    it is given with the errors of its own model."""

    _remote: RemoteIndex

    def stream_nns_by_vector(
        self,
        vectors: Iterable[Any],
        n: Any = None,
        search_k: int = -1,
        include_distances: bool = False,
        *,
        timeout: Optional[float] = None,
    ) -> Iterator[Neighbours]:
        """What get_nns_by_vector answers for each of many vectors, in their order,
        many times as fast: none waits for the answer to the one before. Memory
        does not depend on how many there are.

        Args:
          vectors: any iterable, read as they are sent: by this thread, some
            hundreds before their answers are taken.
          n, search_k, include_distances: as of get_nns_by_vector.
          timeout: seconds for all of them; None: no limit.

        Returns:
          An iterator, which may be dropped before its end.

        Raises:
          At once: what get_nns_by_vector raises for n and search_k. While
          iterating: what it raises for a vector, when that one is read.
        """
        self._remote.check_exists()
        bounds = self._bounds(n, search_k)
        questions = (self._question(vector) for vector in vectors)
        if bounds is None:
            return (_nothing(include_distances) for _ in questions)
        return queries.stream(
            self._remote, questions, *bounds, include_distances, timeout
        )

    def _neighbours(
        self,
        query: index_service_pb2.Query,
        n: Any,
        search_k: Any,
        include_distances: bool,
    ) -> Neighbours:
        bounds = self._bounds(n, search_k)
        if bounds is None:
            return _nothing(include_distances)
        return queries.neighbours_of_one(
            self._remote, query, *bounds, include_distances
        )

    def _question(self, vector: Any) -> index_service_pb2.Query:
        """The query of a vector, checked."""
        raise NotImplementedError

    def _bounds(self, n: Any, search_k: Any) -> Optional[Tuple[int, int]]:
        """n and search_k, checked; None if every answer is empty."""
        raise NotImplementedError


def _nothing(include_distances: bool) -> Neighbours:
    return ([], []) if include_distances else []
