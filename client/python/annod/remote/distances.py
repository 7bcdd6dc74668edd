"""Distances between stored items."""

import math

import numpy as np

from annod import errors
from annod.remote.index import RemoteIndex
from annod.v1 import index_service_pb2
from annod.vectors import FloatArray


def between_items(remote: RemoteIndex, i: int, j: int) -> float:
    """The distance between two items, staged ones included. An id below n_items
    that no item has counts as the zero vector, as in Annoy.

    Raises:
      errors.NoSuchItem: an id at or above n_items.
    """
    remote.flush()
    request = index_service_pb2.GetDistanceRequest(
        index=remote.name, i=i, j=j, include_staged=remote.staged
    )
    service = remote.connection.index_service
    try:
        return float(remote.connection.read(service.GetDistance, request).distance)
    except errors.NoSuchItem:
        remote.check_ids([i, j])
    first, second = remote.vectors([i, j])
    return with_a_zero_vector(remote.metric or "angular", first, second)


def with_a_zero_vector(metric: str, first: FloatArray, second: FloatArray) -> float:
    """The distance of two float32 vectors of which one, at least, is zero."""
    if metric == "angular":
        return float(np.float32(math.sqrt(2.0)))
    if metric == "dot":
        return 0.0
    difference = first.astype(np.float64) - second.astype(np.float64)
    if metric == "euclidean":
        return float(np.float32(math.sqrt(float(np.dot(difference, difference)))))
    return float(np.float32(np.abs(difference).sum()))
