# mypy: ignore-errors
from annod.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
SERIALIZE_FORMAT_CANONICAL: SerializeFormat
SERIALIZE_FORMAT_NATIVE: SerializeFormat
SERIALIZE_FORMAT_NATIVE_BLOB: SerializeFormat
SERIALIZE_FORMAT_PORTABLE: SerializeFormat
SERIALIZE_FORMAT_UNSPECIFIED: SerializeFormat

class ActivateRequest(_message.Message):
    __slots__ = ["index", "version"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    index: str
    version: int
    def __init__(self, index: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ActivateResponse(_message.Message):
    __slots__ = ["info"]
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ...) -> None: ...

class AddItemRequest(_message.Message):
    __slots__ = ["index", "items"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    index: str
    items: _containers.RepeatedCompositeFieldContainer[_types_pb2.Item]
    def __init__(self, index: _Optional[str] = ..., items: _Optional[_Iterable[_Union[_types_pb2.Item, _Mapping]]] = ...) -> None: ...

class AddItemResponse(_message.Message):
    __slots__ = ["ids"]
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, ids: _Optional[_Iterable[int]] = ...) -> None: ...

class AddItemsRequest(_message.Message):
    __slots__ = ["index", "items"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    index: str
    items: _containers.RepeatedCompositeFieldContainer[_types_pb2.Item]
    def __init__(self, index: _Optional[str] = ..., items: _Optional[_Iterable[_Union[_types_pb2.Item, _Mapping]]] = ...) -> None: ...

class AddItemsResponse(_message.Message):
    __slots__ = ["added_count", "first_id", "last_id"]
    ADDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_ID_FIELD_NUMBER: _ClassVar[int]
    added_count: int
    first_id: int
    last_id: int
    def __init__(self, added_count: _Optional[int] = ..., first_id: _Optional[int] = ..., last_id: _Optional[int] = ...) -> None: ...

class AttachRequest(_message.Message):
    __slots__ = ["default_n", "dimension", "index", "metric", "path", "prefault"]
    DEFAULT_N_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    PREFAULT_FIELD_NUMBER: _ClassVar[int]
    default_n: int
    dimension: int
    index: str
    metric: _types_pb2.Metric
    path: str
    prefault: _types_pb2.Prefault
    def __init__(self, index: _Optional[str] = ..., path: _Optional[str] = ..., dimension: _Optional[int] = ..., metric: _Optional[_Union[_types_pb2.Metric, str]] = ..., default_n: _Optional[int] = ..., prefault: _Optional[_Union[_types_pb2.Prefault, str]] = ...) -> None: ...

class AttachResponse(_message.Message):
    __slots__ = ["info"]
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ...) -> None: ...

class BuildRequest(_message.Message):
    __slots__ = ["dot_layout", "hamming_layout", "index", "no_graph", "rules", "seed", "thread_count", "tree_count"]
    DOT_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    HAMMING_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NO_GRAPH_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    THREAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    TREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    dot_layout: _types_pb2.DotLayout
    hamming_layout: _types_pb2.HammingLayout
    index: str
    no_graph: bool
    rules: _types_pb2.BuildRules
    seed: int
    thread_count: int
    tree_count: int
    def __init__(self, index: _Optional[str] = ..., tree_count: _Optional[int] = ..., seed: _Optional[int] = ..., thread_count: _Optional[int] = ..., dot_layout: _Optional[_Union[_types_pb2.DotLayout, str]] = ..., hamming_layout: _Optional[_Union[_types_pb2.HammingLayout, str]] = ..., rules: _Optional[_Union[_types_pb2.BuildRules, str]] = ..., no_graph: bool = ...) -> None: ...

class BuildResponse(_message.Message):
    __slots__ = ["progress", "result"]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    progress: _types_pb2.BuildProgress
    result: BuildResult
    def __init__(self, progress: _Optional[_Union[_types_pb2.BuildProgress, _Mapping]] = ..., result: _Optional[_Union[BuildResult, _Mapping]] = ...) -> None: ...

class BuildResult(_message.Message):
    __slots__ = ["forest_bytes", "item_count", "seconds", "tree_count", "version"]
    FOREST_BYTES_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    TREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    forest_bytes: int
    item_count: int
    seconds: float
    tree_count: int
    version: int
    def __init__(self, version: _Optional[int] = ..., item_count: _Optional[int] = ..., tree_count: _Optional[int] = ..., forest_bytes: _Optional[int] = ..., seconds: _Optional[float] = ...) -> None: ...

class CancelBuildRequest(_message.Message):
    __slots__ = ["index"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: str
    def __init__(self, index: _Optional[str] = ...) -> None: ...

class CancelBuildResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class CreateIndexRequest(_message.Message):
    __slots__ = ["allow_duplicate_labels", "build_rules", "default_n", "default_tree_count", "dimension", "dot_layout", "feature_names", "hamming_layout", "index", "lease_seconds", "metric", "prefault", "seed", "verbosity"]
    ALLOW_DUPLICATE_LABELS_FIELD_NUMBER: _ClassVar[int]
    BUILD_RULES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_N_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_TREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    DOT_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    FEATURE_NAMES_FIELD_NUMBER: _ClassVar[int]
    HAMMING_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    PREFAULT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    VERBOSITY_FIELD_NUMBER: _ClassVar[int]
    allow_duplicate_labels: bool
    build_rules: _types_pb2.BuildRules
    default_n: int
    default_tree_count: int
    dimension: int
    dot_layout: _types_pb2.DotLayout
    feature_names: _containers.RepeatedScalarFieldContainer[str]
    hamming_layout: _types_pb2.HammingLayout
    index: str
    lease_seconds: int
    metric: _types_pb2.Metric
    prefault: _types_pb2.Prefault
    seed: int
    verbosity: int
    def __init__(self, index: _Optional[str] = ..., dimension: _Optional[int] = ..., metric: _Optional[_Union[_types_pb2.Metric, str]] = ..., default_n: _Optional[int] = ..., default_tree_count: _Optional[int] = ..., seed: _Optional[int] = ..., dot_layout: _Optional[_Union[_types_pb2.DotLayout, str]] = ..., hamming_layout: _Optional[_Union[_types_pb2.HammingLayout, str]] = ..., prefault: _Optional[_Union[_types_pb2.Prefault, str]] = ..., verbosity: _Optional[int] = ..., feature_names: _Optional[_Iterable[str]] = ..., allow_duplicate_labels: bool = ..., build_rules: _Optional[_Union[_types_pb2.BuildRules, str]] = ..., lease_seconds: _Optional[int] = ...) -> None: ...

class CreateIndexResponse(_message.Message):
    __slots__ = ["info"]
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ...) -> None: ...

class DeserializeRequest(_message.Message):
    __slots__ = ["chunk", "dimension", "format", "index", "metric", "xxh3_64"]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    XXH3_64_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    dimension: int
    format: SerializeFormat
    index: str
    metric: _types_pb2.Metric
    xxh3_64: int
    def __init__(self, index: _Optional[str] = ..., format: _Optional[_Union[SerializeFormat, str]] = ..., metric: _Optional[_Union[_types_pb2.Metric, str]] = ..., dimension: _Optional[int] = ..., chunk: _Optional[bytes] = ..., xxh3_64: _Optional[int] = ...) -> None: ...

class DeserializeResponse(_message.Message):
    __slots__ = ["format", "info"]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    INFO_FIELD_NUMBER: _ClassVar[int]
    format: SerializeFormat
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ..., format: _Optional[_Union[SerializeFormat, str]] = ...) -> None: ...

class DetachRequest(_message.Message):
    __slots__ = ["index"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: str
    def __init__(self, index: _Optional[str] = ...) -> None: ...

class DetachResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class DropIndexRequest(_message.Message):
    __slots__ = ["index"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: str
    def __init__(self, index: _Optional[str] = ...) -> None: ...

class DropIndexResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class FeatureNames(_message.Message):
    __slots__ = ["names"]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class FitOptions(_message.Message):
    __slots__ = ["append", "build", "create", "feature_names", "missing_value", "start_index"]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    CREATE_FIELD_NUMBER: _ClassVar[int]
    FEATURE_NAMES_FIELD_NUMBER: _ClassVar[int]
    MISSING_VALUE_FIELD_NUMBER: _ClassVar[int]
    START_INDEX_FIELD_NUMBER: _ClassVar[int]
    append: bool
    build: BuildRequest
    create: CreateIndexRequest
    feature_names: _containers.RepeatedScalarFieldContainer[str]
    missing_value: float
    start_index: int
    def __init__(self, append: bool = ..., start_index: _Optional[int] = ..., missing_value: _Optional[float] = ..., feature_names: _Optional[_Iterable[str]] = ..., create: _Optional[_Union[CreateIndexRequest, _Mapping]] = ..., build: _Optional[_Union[BuildRequest, _Mapping]] = ...) -> None: ...

class FitRequest(_message.Message):
    __slots__ = ["index", "options", "row_count", "rows"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    index: str
    options: FitOptions
    row_count: int
    rows: _containers.RepeatedCompositeFieldContainer[FitRow]
    def __init__(self, index: _Optional[str] = ..., options: _Optional[_Union[FitOptions, _Mapping]] = ..., rows: _Optional[_Iterable[_Union[FitRow, _Mapping]]] = ..., row_count: _Optional[int] = ...) -> None: ...

class FitResponse(_message.Message):
    __slots__ = ["first_id", "result", "row_count"]
    FIRST_ID_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    first_id: int
    result: BuildResult
    row_count: int
    def __init__(self, row_count: _Optional[int] = ..., first_id: _Optional[int] = ..., result: _Optional[_Union[BuildResult, _Mapping]] = ...) -> None: ...

class FitRow(_message.Message):
    __slots__ = ["id", "label", "sparse", "vector", "vector_bytes"]
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SPARSE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_BYTES_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    id: int
    label: str
    sparse: _types_pb2.SparseVector
    vector: _types_pb2.FloatVector
    vector_bytes: bytes
    def __init__(self, vector: _Optional[_Union[_types_pb2.FloatVector, _Mapping]] = ..., vector_bytes: _Optional[bytes] = ..., sparse: _Optional[_Union[_types_pb2.SparseVector, _Mapping]] = ..., label: _Optional[str] = ..., id: _Optional[int] = ...) -> None: ...

class RebuildRequest(_message.Message):
    __slots__ = ["dot_layout", "hamming_layout", "index", "metric", "rules", "seed", "target_index", "thread_count", "tree_count"]
    DOT_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    HAMMING_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TARGET_INDEX_FIELD_NUMBER: _ClassVar[int]
    THREAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    TREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    dot_layout: _types_pb2.DotLayout
    hamming_layout: _types_pb2.HammingLayout
    index: str
    metric: _types_pb2.Metric
    rules: _types_pb2.BuildRules
    seed: int
    target_index: str
    thread_count: int
    tree_count: int
    def __init__(self, index: _Optional[str] = ..., target_index: _Optional[str] = ..., metric: _Optional[_Union[_types_pb2.Metric, str]] = ..., tree_count: _Optional[int] = ..., seed: _Optional[int] = ..., thread_count: _Optional[int] = ..., dot_layout: _Optional[_Union[_types_pb2.DotLayout, str]] = ..., hamming_layout: _Optional[_Union[_types_pb2.HammingLayout, str]] = ..., rules: _Optional[_Union[_types_pb2.BuildRules, str]] = ...) -> None: ...

class RebuildResponse(_message.Message):
    __slots__ = ["progress", "result"]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    progress: _types_pb2.BuildProgress
    result: BuildResult
    def __init__(self, progress: _Optional[_Union[_types_pb2.BuildProgress, _Mapping]] = ..., result: _Optional[_Union[BuildResult, _Mapping]] = ...) -> None: ...

class ReloadRequest(_message.Message):
    __slots__ = ["index"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: str
    def __init__(self, index: _Optional[str] = ...) -> None: ...

class ReloadResponse(_message.Message):
    __slots__ = ["indexes"]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    indexes: _containers.RepeatedCompositeFieldContainer[_types_pb2.IndexInfo]
    def __init__(self, indexes: _Optional[_Iterable[_Union[_types_pb2.IndexInfo, _Mapping]]] = ...) -> None: ...

class RemoveItemsRequest(_message.Message):
    __slots__ = ["ids", "index", "labels"]
    IDS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[int]
    index: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, index: _Optional[str] = ..., ids: _Optional[_Iterable[int]] = ..., labels: _Optional[_Iterable[str]] = ...) -> None: ...

class RemoveItemsResponse(_message.Message):
    __slots__ = ["missing_ids", "missing_labels", "removed_count"]
    MISSING_IDS_FIELD_NUMBER: _ClassVar[int]
    MISSING_LABELS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    missing_ids: _containers.RepeatedScalarFieldContainer[int]
    missing_labels: _containers.RepeatedScalarFieldContainer[str]
    removed_count: int
    def __init__(self, removed_count: _Optional[int] = ..., missing_ids: _Optional[_Iterable[int]] = ..., missing_labels: _Optional[_Iterable[str]] = ...) -> None: ...

class RenewLeaseRequest(_message.Message):
    __slots__ = ["index", "lease_seconds"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    index: str
    lease_seconds: int
    def __init__(self, index: _Optional[str] = ..., lease_seconds: _Optional[int] = ...) -> None: ...

class RenewLeaseResponse(_message.Message):
    __slots__ = ["info"]
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ...) -> None: ...

class SerializeRequest(_message.Message):
    __slots__ = ["chunk_bytes", "fill_holes", "format", "index"]
    CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    FILL_HOLES_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    chunk_bytes: int
    fill_holes: bool
    format: SerializeFormat
    index: str
    def __init__(self, index: _Optional[str] = ..., format: _Optional[_Union[SerializeFormat, str]] = ..., chunk_bytes: _Optional[int] = ..., fill_holes: bool = ...) -> None: ...

class SerializeResponse(_message.Message):
    __slots__ = ["chunk", "total_bytes", "version", "xxh3_64"]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    XXH3_64_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    total_bytes: int
    version: int
    xxh3_64: int
    def __init__(self, version: _Optional[int] = ..., total_bytes: _Optional[int] = ..., chunk: _Optional[bytes] = ..., xxh3_64: _Optional[int] = ...) -> None: ...

class UnbuildRequest(_message.Message):
    __slots__ = ["index"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: str
    def __init__(self, index: _Optional[str] = ...) -> None: ...

class UnbuildResponse(_message.Message):
    __slots__ = ["info"]
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ...) -> None: ...

class UpdateSettingsRequest(_message.Message):
    __slots__ = ["allow_duplicate_labels", "build_rules", "default_n", "default_tree_count", "dimension", "dot_layout", "feature_names", "hamming_layout", "index", "metric", "prefault", "seed", "verbosity"]
    ALLOW_DUPLICATE_LABELS_FIELD_NUMBER: _ClassVar[int]
    BUILD_RULES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_N_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_TREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    DOT_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    FEATURE_NAMES_FIELD_NUMBER: _ClassVar[int]
    HAMMING_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    PREFAULT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    VERBOSITY_FIELD_NUMBER: _ClassVar[int]
    allow_duplicate_labels: bool
    build_rules: _types_pb2.BuildRules
    default_n: int
    default_tree_count: int
    dimension: int
    dot_layout: _types_pb2.DotLayout
    feature_names: FeatureNames
    hamming_layout: _types_pb2.HammingLayout
    index: str
    metric: _types_pb2.Metric
    prefault: _types_pb2.Prefault
    seed: int
    verbosity: int
    def __init__(self, index: _Optional[str] = ..., dimension: _Optional[int] = ..., metric: _Optional[_Union[_types_pb2.Metric, str]] = ..., default_n: _Optional[int] = ..., default_tree_count: _Optional[int] = ..., seed: _Optional[int] = ..., dot_layout: _Optional[_Union[_types_pb2.DotLayout, str]] = ..., hamming_layout: _Optional[_Union[_types_pb2.HammingLayout, str]] = ..., prefault: _Optional[_Union[_types_pb2.Prefault, str]] = ..., verbosity: _Optional[int] = ..., feature_names: _Optional[_Union[FeatureNames, _Mapping]] = ..., allow_duplicate_labels: bool = ..., build_rules: _Optional[_Union[_types_pb2.BuildRules, str]] = ...) -> None: ...

class UpdateSettingsResponse(_message.Message):
    __slots__ = ["info"]
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ...) -> None: ...

class SerializeFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
