# mypy: ignore-errors
from annod.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetDistanceRequest(_message.Message):
    __slots__ = ["i", "include_staged", "index", "j"]
    INCLUDE_STAGED_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    I_FIELD_NUMBER: _ClassVar[int]
    J_FIELD_NUMBER: _ClassVar[int]
    i: int
    include_staged: bool
    index: str
    j: int
    def __init__(self, index: _Optional[str] = ..., i: _Optional[int] = ..., j: _Optional[int] = ..., include_staged: bool = ...) -> None: ...

class GetDistanceResponse(_message.Message):
    __slots__ = ["distance"]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    distance: float
    def __init__(self, distance: _Optional[float] = ...) -> None: ...

class GetItemsRequest(_message.Message):
    __slots__ = ["ids", "include_staged", "index", "labels", "skip_missing"]
    IDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_STAGED_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SKIP_MISSING_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[int]
    include_staged: bool
    index: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    skip_missing: bool
    def __init__(self, index: _Optional[str] = ..., ids: _Optional[_Iterable[int]] = ..., labels: _Optional[_Iterable[str]] = ..., include_staged: bool = ..., skip_missing: bool = ...) -> None: ...

class GetItemsResponse(_message.Message):
    __slots__ = ["items", "version"]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[StoredItem]
    version: int
    def __init__(self, items: _Optional[_Iterable[_Union[StoredItem, _Mapping]]] = ..., version: _Optional[int] = ...) -> None: ...

class GetNnsRequest(_message.Message):
    __slots__ = ["allow_items", "beam", "engine", "exclude_items", "exclude_self", "include_cost", "include_distances", "include_labels", "include_staged", "include_vectors", "index", "label_fill", "max_distance", "min_recall", "missing_value", "n", "only_allow_items", "queries", "search_k", "strict", "version"]
    ALLOW_ITEMS_FIELD_NUMBER: _ClassVar[int]
    BEAM_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_SELF_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_COST_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DISTANCES_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_LABELS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_STAGED_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_VECTORS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LABEL_FILL_FIELD_NUMBER: _ClassVar[int]
    MAX_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    MIN_RECALL_FIELD_NUMBER: _ClassVar[int]
    MISSING_VALUE_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    ONLY_ALLOW_ITEMS_FIELD_NUMBER: _ClassVar[int]
    QUERIES_FIELD_NUMBER: _ClassVar[int]
    SEARCH_K_FIELD_NUMBER: _ClassVar[int]
    STRICT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    allow_items: _containers.RepeatedScalarFieldContainer[int]
    beam: int
    engine: _types_pb2.Engine
    exclude_items: _containers.RepeatedScalarFieldContainer[int]
    exclude_self: bool
    include_cost: bool
    include_distances: bool
    include_labels: bool
    include_staged: bool
    include_vectors: bool
    index: str
    label_fill: str
    max_distance: float
    min_recall: float
    missing_value: float
    n: int
    only_allow_items: bool
    queries: _containers.RepeatedCompositeFieldContainer[Query]
    search_k: int
    strict: bool
    version: int
    def __init__(self, index: _Optional[str] = ..., queries: _Optional[_Iterable[_Union[Query, _Mapping]]] = ..., n: _Optional[int] = ..., search_k: _Optional[int] = ..., engine: _Optional[_Union[_types_pb2.Engine, str]] = ..., include_distances: bool = ..., include_labels: bool = ..., include_cost: bool = ..., exclude_self: bool = ..., exclude_items: _Optional[_Iterable[int]] = ..., allow_items: _Optional[_Iterable[int]] = ..., max_distance: _Optional[float] = ..., min_recall: _Optional[float] = ..., include_staged: bool = ..., include_vectors: bool = ..., label_fill: _Optional[str] = ..., strict: bool = ..., missing_value: _Optional[float] = ..., version: _Optional[int] = ..., beam: _Optional[int] = ..., only_allow_items: bool = ...) -> None: ...

class GetNnsResponse(_message.Message):
    __slots__ = ["beam", "cost", "engine", "ranked_by_codes", "results", "search_k", "version"]
    BEAM_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    RANKED_BY_CODES_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    SEARCH_K_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    beam: int
    cost: SearchCost
    engine: _types_pb2.Engine
    ranked_by_codes: bool
    results: _containers.RepeatedCompositeFieldContainer[NeighborList]
    search_k: int
    version: int
    def __init__(self, results: _Optional[_Iterable[_Union[NeighborList, _Mapping]]] = ..., version: _Optional[int] = ..., engine: _Optional[_Union[_types_pb2.Engine, str]] = ..., cost: _Optional[_Union[SearchCost, _Mapping]] = ..., search_k: _Optional[int] = ..., beam: _Optional[int] = ..., ranked_by_codes: bool = ...) -> None: ...

class GetNnsStreamRequest(_message.Message):
    __slots__ = ["request"]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: GetNnsRequest
    def __init__(self, request: _Optional[_Union[GetNnsRequest, _Mapping]] = ...) -> None: ...

class GetNnsStreamResponse(_message.Message):
    __slots__ = ["response"]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    response: GetNnsResponse
    def __init__(self, response: _Optional[_Union[GetNnsResponse, _Mapping]] = ...) -> None: ...

class InfoRequest(_message.Message):
    __slots__ = ["index"]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: str
    def __init__(self, index: _Optional[str] = ...) -> None: ...

class InfoResponse(_message.Message):
    __slots__ = ["info"]
    INFO_FIELD_NUMBER: _ClassVar[int]
    info: _types_pb2.IndexInfo
    def __init__(self, info: _Optional[_Union[_types_pb2.IndexInfo, _Mapping]] = ...) -> None: ...

class ListIndexesRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ListIndexesResponse(_message.Message):
    __slots__ = ["indexes"]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    indexes: _containers.RepeatedCompositeFieldContainer[_types_pb2.IndexInfo]
    def __init__(self, indexes: _Optional[_Iterable[_Union[_types_pb2.IndexInfo, _Mapping]]] = ...) -> None: ...

class NeighborList(_message.Message):
    __slots__ = ["distances", "ids", "labels", "truncated", "vectors"]
    DISTANCES_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    distances: _containers.RepeatedScalarFieldContainer[float]
    ids: _containers.RepeatedScalarFieldContainer[int]
    labels: _containers.RepeatedScalarFieldContainer[str]
    truncated: bool
    vectors: bytes
    def __init__(self, ids: _Optional[_Iterable[int]] = ..., distances: _Optional[_Iterable[float]] = ..., labels: _Optional[_Iterable[str]] = ..., truncated: bool = ..., vectors: _Optional[bytes] = ...) -> None: ...

class Query(_message.Message):
    __slots__ = ["item", "label", "sparse", "vector", "vector_bytes"]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SPARSE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_BYTES_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    item: int
    label: str
    sparse: _types_pb2.SparseVector
    vector: _types_pb2.FloatVector
    vector_bytes: bytes
    def __init__(self, vector: _Optional[_Union[_types_pb2.FloatVector, _Mapping]] = ..., item: _Optional[int] = ..., label: _Optional[str] = ..., vector_bytes: _Optional[bytes] = ..., sparse: _Optional[_Union[_types_pb2.SparseVector, _Mapping]] = ...) -> None: ...

class SearchCost(_message.Message):
    __slots__ = ["distance_count", "node_count", "search_us"]
    DISTANCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    NODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEARCH_US_FIELD_NUMBER: _ClassVar[int]
    distance_count: int
    node_count: int
    search_us: int
    def __init__(self, node_count: _Optional[int] = ..., distance_count: _Optional[int] = ..., search_us: _Optional[int] = ...) -> None: ...

class StoredItem(_message.Message):
    __slots__ = ["id", "label", "vector_bytes"]
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    VECTOR_BYTES_FIELD_NUMBER: _ClassVar[int]
    id: int
    label: str
    vector_bytes: bytes
    def __init__(self, id: _Optional[int] = ..., vector_bytes: _Optional[bytes] = ..., label: _Optional[str] = ...) -> None: ...
