"""Building versions, and fitting rows at once."""

from typing import Any, Callable, Iterable, Iterator, List, Optional

from annod import errors, frames, labels, vectors
from annod.calls import indexes
from annod.calls.steps import Steps, admin, make_message
from annod.metrics import canonical_metric, metric_to_proto
from annod.results import BuildProgress, BuildResult, FitResult, IndexInfo
from annod.v1 import admin_service_pb2

OnProgress = Optional[Callable[[BuildProgress], Any]]

# A build outlives the call that asked for it: it is asked for again so often.
_MOST_ATTEMPTS = 20

_CHUNK_BYTES = 1 << 20
_MOST_ROWS = 4096


def _reporting(on_progress: OnProgress) -> Callable[[Any], None]:
    def report(message: Any) -> None:
        if on_progress is not None:
            on_progress(indexes.progress_of(message.progress))

    return report


def _result_of(message: Any) -> BuildResult:
    if message is None or not message.HasField("result"):
        raise errors.CallFailed("the build ended without a result")
    return result_of(message.result)


def result_of(result: admin_service_pb2.BuildResult) -> BuildResult:
    """A built version, from its message."""
    return BuildResult(
        result.version,
        result.item_count,
        result.tree_count,
        result.forest_bytes,
        result.seconds,
    )


def build(name: str, on_progress: OnProgress, **settings: Any) -> Steps[BuildResult]:
    before = yield from indexes.info(name)
    request = make_message(
        admin_service_pb2.BuildRequest, index=name, **indexes.fields(settings)
    )
    for attempt in range(_MOST_ATTEMPTS):
        try:
            last = yield admin(
                "Build",
                request,
                on_message=_reporting(on_progress),
                repeat=False,
                limited=False,
            )
            return _result_of(last)
        except errors.NotAnswering:
            if attempt + 1 == _MOST_ATTEMPTS:
                raise
        # It goes on when its stream breaks: it may have ended since.
        now = yield from indexes.info(name)
        if now.newest_version > before.newest_version and now.build is None:
            return BuildResult(
                now.newest_version,
                now.item_count,
                now.tree_count,
                now.forest_bytes,
                0.0,
            )
    raise AssertionError("unreachable")


def cancel(name: str) -> Steps[None]:
    yield admin("CancelBuild", admin_service_pb2.CancelBuildRequest(index=name))


def unbuild(name: str) -> Steps[IndexInfo]:
    answer = yield admin("Unbuild", admin_service_pb2.UnbuildRequest(index=name))
    return indexes.info_of(answer.info)


def rebuild(
    name: str,
    target: str,
    metric: Optional[str],
    on_progress: OnProgress,
    **settings: Any,
) -> Steps[BuildResult]:
    request = make_message(
        admin_service_pb2.RebuildRequest,
        index=name,
        target_index=target,
        metric=metric_to_proto(None if metric is None else canonical_metric(metric)),
        **indexes.fields(settings),
    )
    last = yield admin(
        "Rebuild",
        request,
        on_message=_reporting(on_progress),
        repeat=False,
        limited=False,
    )
    return _result_of(last)


def fit(
    name: str,
    X: Any,
    names: Optional[Iterable[Any]],
    metric: Optional[str],
    append: bool,
    start_index: Optional[int],
    missing_value: Optional[float],
    feature_names: Iterable[str],
    create: Any,
    build_settings: Any,
) -> Steps[FitResult]:
    columns = tuple(feature_names) or frames.column_names(X) or ()
    f = 0
    try:
        found = yield from indexes.info(name)
        # What is replaced may have had other columns, not another dimension.
        f, metric = found.dimension, found.metric
        known = found.feature_names if append else ()
    except errors.NoSuchIndex:
        if metric is None:
            raise
        known = ()
    frames.check_column_names(columns or None, known or None)
    rows = vectors.rows_of(X, f, missing_value, columns or known or None)
    vectors.check_rows(rows, metric or "")
    if isinstance(names, str):
        names = [names]
    given = None if names is None else list(names)
    if given is not None and len(given) != len(rows):
        raise ValueError(f"there are {len(rows)} rows and {len(given)} labels")
    texts = None if given is None else [
        "" if label is None else labels.encode(label) for label in given
    ]
    options = make_message(
        admin_service_pb2.FitOptions,
        append=append,
        start_index=start_index,
        feature_names=columns,
        build=make_message(
            admin_service_pb2.BuildRequest, **indexes.fields(build_settings)
        ),
    )
    if metric is not None:
        options.create.CopyFrom(
            make_message(
                admin_service_pb2.CreateIndexRequest,
                dimension=rows.shape[1],
                metric=metric_to_proto(canonical_metric(metric)),
                **indexes.fields(create),
            )
        )
    # With ids of their own rows may be sent again.
    safe = not append or start_index is not None
    answer = yield admin(
        "Fit",
        lambda: fit_requests(name, options, rows, texts),
        repeat=safe,
        limited=False,
    )
    return FitResult(answer.row_count, answer.first_id, result_of(answer.result))


def fit_requests(
    name: str,
    options: admin_service_pb2.FitOptions,
    rows: Any,
    texts: Optional[List[str]],
) -> Iterator[admin_service_pb2.FitRequest]:
    """The stream of Fit: options, then the rows in pieces; their number with the
    last, so that a stream cut off is not taken for a complete one."""
    yield admin_service_pb2.FitRequest(index=name, options=options)
    size = 4 * rows.shape[1]
    step = max(1, min(_MOST_ROWS, _CHUNK_BYTES // size))
    for start in range(0, len(rows), step):
        data = vectors.to_bytes(rows[start : start + step])
        request = admin_service_pb2.FitRequest(
            rows=[
                admin_service_pb2.FitRow(vector_bytes=data[at : at + size])
                for at in range(0, len(data), size)
            ]
        )
        if texts is not None:
            for row, text in zip(request.rows, texts[start:]):
                row.label = text
        if start + step >= len(rows):
            request.row_count = len(rows)
        yield request
