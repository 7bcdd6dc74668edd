"""Creating, describing, changing and dropping indexes."""

import difflib
from typing import Any, Dict, List, Optional, Sequence

from annod import errors
from annod.calls.steps import Call, Steps, admin, index, make_message
from annod.metrics import canonical_metric, metric_from_proto, metric_to_proto
from annod.results import BuildProgress, IndexInfo, Versions
from annod.v1 import admin_service_pb2, index_service_pb2, types_pb2

# Names of indexes that go with the object that made them.
TEMPORARY_PREFIX = "python-"

_STATES = {
    types_pb2.INDEX_STATE_EMPTY: "empty",
    types_pb2.INDEX_STATE_LOADING: "loading",
    types_pb2.INDEX_STATE_SERVING: "serving",
    types_pb2.INDEX_STATE_FAILED: "failed",
}
_HEALTH = ("unknown", "serving", "not serving", "service unknown")

# Words of a setting, by the field that has it: the end of the enum's name.
_WORDS = {
    "dot_layout": ("DotLayout", "DOT_LAYOUT_"),
    "hamming_layout": ("HammingLayout", "HAMMING_LAYOUT_"),
    "prefault": ("Prefault", "PREFAULT_"),
    "build_rules": ("BuildRules", "BUILD_RULES_"),
    "rules": ("BuildRules", "BUILD_RULES_"),
}


def fields(given: Dict[str, Any]) -> Dict[str, Any]:
    """Message fields of settings: words become numbers, None is left out.

    Raises:
      ValueError: naming the words there are.
    """
    made = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in _WORDS and isinstance(value, (str, int)):
            enum, prefix = _WORDS[name]
            word = str(value).upper().replace(".", "_").replace("-", "_")
            kinds = types_pb2.DESCRIPTOR.enum_types_by_name[enum].values_by_name
            if prefix + word not in kinds:
                words = [
                    kind[len(prefix) :].lower()
                    for kind in kinds
                    if not kind.endswith("UNSPECIFIED")
                ]
                raise ValueError(
                    f"{name} is {value!r}; it must be one of {', '.join(words)}"
                )
            value = kinds[prefix + word].number
        elif name == "metric":
            value = metric_to_proto(canonical_metric(value))
        made[name] = value
    return made


def progress_of(message: types_pb2.BuildProgress) -> BuildProgress:
    """A build's progress, from its message."""
    phase = types_pb2.BuildPhase.Name(message.phase)
    return BuildProgress(
        phase[len("BUILD_PHASE_") :].lower(),
        message.fraction_done,
        message.seconds_left,
        message.seconds_elapsed,
        message.trees_done_count,
    )


def info_of(message: types_pb2.IndexInfo) -> IndexInfo:
    """What a server knows about an index, from its message."""
    same = {
        name: getattr(message, name)
        for name in (
            "dimension state_reason version newest_version item_slot_count item_count"
            " staged_item_count removed_item_count next_id label_count tree_count"
            " forest_bytes graph_bytes staged_bytes layout seed default_n"
            " default_tree_count verbosity allow_duplicate_labels attached_path"
            " create_time lease_seconds lease_expire_time"
        ).split()
    }
    return IndexInfo(
        name=message.index,
        metric=metric_from_proto(message.metric),
        state=_STATES.get(message.state, "unknown"),
        kept_versions=tuple(message.kept_versions),
        feature_names=tuple(message.feature_names),
        recall_curve=tuple((p.search_k, p.recall) for p in message.recall_curve),
        beam_curve=tuple((p.beam, p.recall) for p in message.beam_curve),
        quarantined=tuple((q.version, q.reason) for q in message.quarantined),
        build=progress_of(message.build) if message.HasField("build") else None,
        message=message,
        **same,
    )


def info(name: str) -> Steps[IndexInfo]:
    answer = yield index("Info", index_service_pb2.InfoRequest(index=name))
    return info_of(answer.info)


def list_indexes() -> Steps[List[IndexInfo]]:
    answer = yield index("ListIndexes", index_service_pb2.ListIndexesRequest())
    return [info_of(found) for found in answer.indexes]


def explained(steps: Steps[Any], name: str) -> Steps[Any]:
    """The same, but an index that does not exist is told with those most like it."""
    try:
        return (yield from steps)
    except errors.NoSuchIndex as error:
        if error.reason != "INDEX_NOT_FOUND":
            raise
        try:
            there = yield from list_indexes()
        except errors.AnnodError:
            raise error from None
        raise _misspelt(error, name, [found.name for found in there]) from None


def _misspelt(
    error: errors.NoSuchIndex, name: str, names: Sequence[str]
) -> errors.NoSuchIndex:
    names = [known for known in names if not known.startswith(TEMPORARY_PREFIX)]
    like = difflib.get_close_matches(name, names, n=3)
    if like:
        hint = f"did you mean {' or '.join(map(repr, like))}?"
    elif names:
        shown = ", ".join(map(repr, sorted(names)[:5]))
        hint = f"there is {shown}" + (", ..." if len(names) > 5 else "")
    else:
        hint = "the server has none with a name of its own"
    better = errors.NoSuchIndex(
        f"the server has no index {name!r}; {hint}",
        error.code,
        error.reason,
        error.metadata,
    )
    better.request_id = error.request_id
    return better


def create(
    name: str,
    dimension: int,
    metric: str,
    exist_ok: bool = False,
    **settings: Any,
) -> Steps[IndexInfo]:
    kind = canonical_metric(metric)
    request = make_message(
        admin_service_pb2.CreateIndexRequest,
        index=name,
        dimension=dimension,
        metric=metric_to_proto(kind),
        **fields(settings),
    )
    try:
        answer = yield admin("CreateIndex", request)
        return info_of(answer.info)
    except errors.AnnodError as error:
        # A repeated call finds what the first one made.
        if error.reason != "INDEX_EXISTS" or not (exist_ok or error.repeated):
            raise
        found = yield from info(name)
        agrees = not dimension or found.dimension in (0, dimension)
        if found.metric != kind or not agrees:
            raise
        return found


def update(name: str, **settings: Any) -> Steps[IndexInfo]:
    names = settings.pop("feature_names", None)
    request = make_message(
        admin_service_pb2.UpdateSettingsRequest, index=name, **fields(settings)
    )
    if names is not None:
        request.feature_names.CopyFrom(admin_service_pb2.FeatureNames(names=names))
    answer = yield admin("UpdateSettings", request)
    return info_of(answer.info)


def renew_lease(name: str, lease_seconds: Optional[int]) -> Steps[IndexInfo]:
    request = make_message(
        admin_service_pb2.RenewLeaseRequest,
        index=name, lease_seconds=lease_seconds or 0
    )
    answer = yield admin("RenewLease", request)
    return info_of(answer.info)


def drop(name: str, missing_ok: bool = False) -> Steps[None]:
    try:
        yield admin("DropIndex", admin_service_pb2.DropIndexRequest(index=name))
    except errors.NoSuchIndex as error:
        if not (missing_ok or error.repeated):
            raise


def attach(
    name: str, path: str, dimension: int, metric: str, **settings: Any
) -> Steps[IndexInfo]:
    request = make_message(
        admin_service_pb2.AttachRequest,
        index=name,
        path=path,
        dimension=dimension,
        metric=metric_to_proto(canonical_metric(metric)),
        **fields(settings),
    )
    answer = yield admin("Attach", request)
    return info_of(answer.info)


def detach(name: str) -> Steps[None]:
    yield admin("Detach", admin_service_pb2.DetachRequest(index=name))


def reload(name: Optional[str]) -> Steps[List[IndexInfo]]:
    request = admin_service_pb2.ReloadRequest(index=name or "")
    answer = yield admin("Reload", request)
    return [info_of(found) for found in answer.indexes]


def versions(name: str) -> Steps[Versions]:
    found = yield from info(name)
    return Versions(found.version, found.newest_version, found.kept_versions)


def activate(name: str, version: int) -> Steps[IndexInfo]:
    request = make_message(
        admin_service_pb2.ActivateRequest, index=name, version=version
    )
    answer = yield admin("Activate", request)
    return info_of(answer.info)


def rollback(name: str) -> Steps[IndexInfo]:
    found = yield from info(name)
    before = [version for version in found.kept_versions if version < found.version]
    if not before:
        raise errors.WrongState(
            f"index {name!r} serves version {found.version} and keeps none before it"
        )
    return (yield from activate(name, before[-1]))


def health(name: Optional[str]) -> Steps[str]:
    # grpc.health.v1: {string service = 1}, {enum status = 1}.
    service = f"annod.v1.IndexService/{name}".encode() if name else b""
    request = b"\n" + bytes([len(service)]) + service if service else b""
    answer = yield Call("", "health", request, repeat=False)
    number = answer[1] if len(answer) > 1 else 0
    return _HEALTH[number] if number < len(_HEALTH) else "unknown"
