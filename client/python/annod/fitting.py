"""Rows to a server: the Fit call."""

from typing import Any, Iterator, Optional, Sequence

import numpy as np

from annod import vectors
from annod.remote import RemoteIndex
from annod.v1 import admin_service_pb2

_CHUNK_BYTES = 1 << 20
_MOST_ROWS = 4096


def fit(
    remote: RemoteIndex,
    rows: np.ndarray,
    metric: str,
    start_index: int,
    append: bool,
    labels: Optional[Sequence[str]] = None,
    feature_names: Sequence[str] = (),
    n_trees: int = -1,
    n_jobs: int = -1,
    seed: int = 0,
    **settings: Any,
) -> admin_service_pb2.FitResponse:
    """Stores rows and builds, all or nothing.

    Args:
      remote: the index; made if it does not exist.
      rows: float32, shape (n, f), finite.
      metric: of the index.
      start_index: id of the first row.
      append: keep what there is, else the rows replace it.
      labels: a text for each row; empty for none.
      feature_names: names of the components.
      n_trees, n_jobs, seed: as in RemoteIndex.build.
      settings: CreateIndex fields for an index that is made.

    Raises:
      errors.AnnodError: the server refused; the index is as it was.
    """
    if append:
        remote.flush()
    f = rows.shape[1]
    options = admin_service_pb2.FitOptions(
        append=append,
        start_index=start_index,
        feature_names=feature_names,
        create=remote.create_request(f, metric, seed=seed, **settings),
        build=admin_service_pb2.BuildRequest(
            tree_count=n_trees, thread_count=max(0, n_jobs), seed=seed
        ),
    )

    def requests() -> Iterator[admin_service_pb2.FitRequest]:
        yield admin_service_pb2.FitRequest(index=remote.name, options=options)
        step = max(1, min(_MOST_ROWS, _CHUNK_BYTES // (4 * f)))
        for start in range(0, len(rows), step):
            request = admin_service_pb2.FitRequest()
            for number in range(start, min(start + step, len(rows))):
                request.rows.add(
                    vector_bytes=vectors.to_bytes(rows[number]),
                    label=labels[number] if labels is not None else "",
                )
            yield request

    # Every row has its id, so sending them again does no harm.
    call = remote.connection.admin_service.Fit
    response = remote.connection.repeat(lambda _: call(requests()))
    if not append:
        remote.discard()
    remote.staged = False
    remote.assume_created(f, metric)
    return response
