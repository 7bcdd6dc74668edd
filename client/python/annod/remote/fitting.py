"""Rows to a server: the Fit call."""

from typing import Any, List, Optional, Sequence

from annod.calls import builds
from annod.calls.steps import Steps, admin
from annod.remote.index import RemoteIndex
from annod.v1 import admin_service_pb2
from annod.vectors import FloatArray


def fit(
    remote: RemoteIndex,
    rows: FloatArray,
    metric: str,
    start_index: int,
    append: bool,
    labels: Optional[List[str]] = None,
    feature_names: Sequence[str] = (),
    n_trees: int = -1,
    n_jobs: int = -1,
    seed: int = 0,
    **settings: Any,
) -> None:
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

    def steps() -> Steps[None]:
        # Every row has its id, so sending them again does no harm.
        yield admin(
            "Fit",
            lambda: builds.fit_requests(remote.name, options, rows, labels),
            limited=False,
        )

    remote.client._run(steps())
    if not append:
        remote.discard()
    remote.staged = False
    remote.assume_created(f, metric)
