# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

BUILD_PHASE_ACTIVATING: BuildPhase
BUILD_PHASE_COLLECTING: BuildPhase
BUILD_PHASE_DONE: BuildPhase
BUILD_PHASE_GRAPH: BuildPhase
BUILD_PHASE_PUBLISHING: BuildPhase
BUILD_PHASE_QUEUED: BuildPhase
BUILD_PHASE_TREES: BuildPhase
BUILD_PHASE_UNSPECIFIED: BuildPhase
BUILD_RULES_ANNOD: BuildRules
BUILD_RULES_ANNOY_1_16: BuildRules
BUILD_RULES_ANNOY_1_17: BuildRules
BUILD_RULES_SCIKIT_PLOTS_0_4: BuildRules
BUILD_RULES_UNSPECIFIED: BuildRules
DESCRIPTOR: _descriptor.FileDescriptor
DOT_LAYOUT_16: DotLayout
DOT_LAYOUT_24: DotLayout
DOT_LAYOUT_UNSPECIFIED: DotLayout
ENGINE_AUTO: Engine
ENGINE_EXACT: Engine
ENGINE_FOREST: Engine
ENGINE_GRAPH: Engine
ENGINE_UNSPECIFIED: Engine
HAMMING_LAYOUT_12: HammingLayout
HAMMING_LAYOUT_16: HammingLayout
HAMMING_LAYOUT_UNSPECIFIED: HammingLayout
INDEX_STATE_EMPTY: IndexState
INDEX_STATE_FAILED: IndexState
INDEX_STATE_LOADING: IndexState
INDEX_STATE_SERVING: IndexState
INDEX_STATE_UNSPECIFIED: IndexState
METRIC_ANGULAR: Metric
METRIC_DOT: Metric
METRIC_EUCLIDEAN: Metric
METRIC_HAMMING: Metric
METRIC_MANHATTAN: Metric
METRIC_UNSPECIFIED: Metric
PREFAULT_ADVISE: Prefault
PREFAULT_LOCK: Prefault
PREFAULT_NONE: Prefault
PREFAULT_POPULATE: Prefault
PREFAULT_UNSPECIFIED: Prefault

class BeamPoint(_message.Message):
    __slots__ = ["beam", "recall"]
    BEAM_FIELD_NUMBER: _ClassVar[int]
    RECALL_FIELD_NUMBER: _ClassVar[int]
    beam: int
    recall: float
    def __init__(self, beam: _Optional[int] = ..., recall: _Optional[float] = ...) -> None: ...

class BuildProgress(_message.Message):
    __slots__ = ["fraction_done", "phase", "seconds_elapsed", "seconds_left", "trees_done_count"]
    FRACTION_DONE_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_ELAPSED_FIELD_NUMBER: _ClassVar[int]
    SECONDS_LEFT_FIELD_NUMBER: _ClassVar[int]
    TREES_DONE_COUNT_FIELD_NUMBER: _ClassVar[int]
    fraction_done: float
    phase: BuildPhase
    seconds_elapsed: float
    seconds_left: float
    trees_done_count: int
    def __init__(self, phase: _Optional[_Union[BuildPhase, str]] = ..., fraction_done: _Optional[float] = ..., seconds_left: _Optional[float] = ..., seconds_elapsed: _Optional[float] = ..., trees_done_count: _Optional[int] = ...) -> None: ...

class FloatVector(_message.Message):
    __slots__ = ["values"]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ...) -> None: ...

class GraphShape(_message.Message):
    __slots__ = ["code_bits", "code_components", "degree", "turned"]
    CODE_BITS_FIELD_NUMBER: _ClassVar[int]
    CODE_COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    DEGREE_FIELD_NUMBER: _ClassVar[int]
    TURNED_FIELD_NUMBER: _ClassVar[int]
    code_bits: int
    code_components: int
    degree: int
    turned: bool
    def __init__(self, degree: _Optional[int] = ..., code_components: _Optional[int] = ..., code_bits: _Optional[int] = ..., turned: bool = ...) -> None: ...

class IndexInfo(_message.Message):
    __slots__ = ["allow_duplicate_labels", "attached_path", "beam_curve", "build", "build_rules", "create_time", "default_n", "default_tree_count", "dimension", "feature_names", "forest_bytes", "graph_bytes", "graph_shape", "index", "item_count", "item_slot_count", "kept_versions", "label_count", "layout", "lease_expire_time", "lease_seconds", "metric", "newest_version", "next_id", "prefault", "quarantined", "recall_curve", "removed_item_count", "replica", "revision", "seed", "staged_bytes", "staged_item_count", "state", "state_reason", "tree_count", "verbosity", "version"]
    ALLOW_DUPLICATE_LABELS_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_PATH_FIELD_NUMBER: _ClassVar[int]
    BEAM_CURVE_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    BUILD_RULES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_N_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_TREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    FEATURE_NAMES_FIELD_NUMBER: _ClassVar[int]
    FOREST_BYTES_FIELD_NUMBER: _ClassVar[int]
    GRAPH_BYTES_FIELD_NUMBER: _ClassVar[int]
    GRAPH_SHAPE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEM_SLOT_COUNT_FIELD_NUMBER: _ClassVar[int]
    KEPT_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    LABEL_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    LEASE_EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    NEWEST_VERSION_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    PREFAULT_FIELD_NUMBER: _ClassVar[int]
    QUARANTINED_FIELD_NUMBER: _ClassVar[int]
    RECALL_CURVE_FIELD_NUMBER: _ClassVar[int]
    REMOVED_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STAGED_BYTES_FIELD_NUMBER: _ClassVar[int]
    STAGED_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_REASON_FIELD_NUMBER: _ClassVar[int]
    TREE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VERBOSITY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    allow_duplicate_labels: bool
    attached_path: str
    beam_curve: _containers.RepeatedCompositeFieldContainer[BeamPoint]
    build: BuildProgress
    build_rules: BuildRules
    create_time: str
    default_n: int
    default_tree_count: int
    dimension: int
    feature_names: _containers.RepeatedScalarFieldContainer[str]
    forest_bytes: int
    graph_bytes: int
    graph_shape: GraphShape
    index: str
    item_count: int
    item_slot_count: int
    kept_versions: _containers.RepeatedScalarFieldContainer[int]
    label_count: int
    layout: str
    lease_expire_time: str
    lease_seconds: int
    metric: Metric
    newest_version: int
    next_id: int
    prefault: Prefault
    quarantined: _containers.RepeatedCompositeFieldContainer[QuarantinedVersion]
    recall_curve: _containers.RepeatedCompositeFieldContainer[RecallPoint]
    removed_item_count: int
    replica: ReplicaState
    revision: str
    seed: int
    staged_bytes: int
    staged_item_count: int
    state: IndexState
    state_reason: str
    tree_count: int
    verbosity: int
    version: int
    def __init__(self, index: _Optional[str] = ..., dimension: _Optional[int] = ..., metric: _Optional[_Union[Metric, str]] = ..., state: _Optional[_Union[IndexState, str]] = ..., state_reason: _Optional[str] = ..., version: _Optional[int] = ..., item_slot_count: _Optional[int] = ..., item_count: _Optional[int] = ..., tree_count: _Optional[int] = ..., forest_bytes: _Optional[int] = ..., layout: _Optional[str] = ..., seed: _Optional[int] = ..., staged_item_count: _Optional[int] = ..., staged_bytes: _Optional[int] = ..., label_count: _Optional[int] = ..., default_n: _Optional[int] = ..., default_tree_count: _Optional[int] = ..., attached_path: _Optional[str] = ..., build: _Optional[_Union[BuildProgress, _Mapping]] = ..., quarantined: _Optional[_Iterable[_Union[QuarantinedVersion, _Mapping]]] = ..., create_time: _Optional[str] = ..., removed_item_count: _Optional[int] = ..., next_id: _Optional[int] = ..., newest_version: _Optional[int] = ..., kept_versions: _Optional[_Iterable[int]] = ..., prefault: _Optional[_Union[Prefault, str]] = ..., verbosity: _Optional[int] = ..., feature_names: _Optional[_Iterable[str]] = ..., allow_duplicate_labels: bool = ..., build_rules: _Optional[_Union[BuildRules, str]] = ..., recall_curve: _Optional[_Iterable[_Union[RecallPoint, _Mapping]]] = ..., graph_bytes: _Optional[int] = ..., beam_curve: _Optional[_Iterable[_Union[BeamPoint, _Mapping]]] = ..., lease_seconds: _Optional[int] = ..., lease_expire_time: _Optional[str] = ..., revision: _Optional[str] = ..., replica: _Optional[_Union[ReplicaState, _Mapping]] = ..., graph_shape: _Optional[_Union[GraphShape, _Mapping]] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ["id", "label", "vector", "vector_bytes"]
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    VECTOR_BYTES_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    id: int
    label: str
    vector: FloatVector
    vector_bytes: bytes
    def __init__(self, id: _Optional[int] = ..., vector: _Optional[_Union[FloatVector, _Mapping]] = ..., vector_bytes: _Optional[bytes] = ..., label: _Optional[str] = ...) -> None: ...

class QuarantinedVersion(_message.Message):
    __slots__ = ["reason", "version"]
    REASON_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    reason: str
    version: int
    def __init__(self, version: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class RecallPoint(_message.Message):
    __slots__ = ["recall", "search_k"]
    RECALL_FIELD_NUMBER: _ClassVar[int]
    SEARCH_K_FIELD_NUMBER: _ClassVar[int]
    recall: float
    search_k: int
    def __init__(self, search_k: _Optional[int] = ..., recall: _Optional[float] = ...) -> None: ...

class ReplicaState(_message.Message):
    __slots__ = ["behind_seconds", "reason", "source_version"]
    BEHIND_SECONDS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_VERSION_FIELD_NUMBER: _ClassVar[int]
    behind_seconds: float
    reason: str
    source_version: int
    def __init__(self, source_version: _Optional[int] = ..., behind_seconds: _Optional[float] = ..., reason: _Optional[str] = ...) -> None: ...

class SparseVector(_message.Message):
    __slots__ = ["positions", "values"]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedScalarFieldContainer[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, positions: _Optional[_Iterable[int]] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class Metric(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class IndexState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class DotLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class HammingLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class BuildRules(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Prefault(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class BuildPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
