# mypy: ignore-errors
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class FetchVersionRequest(_message.Message):
    __slots__ = ["chunk_bytes", "index", "max_bytes", "offset", "version"]
    CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    chunk_bytes: int
    index: str
    max_bytes: int
    offset: int
    version: int
    def __init__(self, index: _Optional[str] = ..., version: _Optional[int] = ..., offset: _Optional[int] = ..., max_bytes: _Optional[int] = ..., chunk_bytes: _Optional[int] = ...) -> None: ...

class FetchVersionResponse(_message.Message):
    __slots__ = ["chunk", "manifest_json", "settings_json", "version"]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_JSON_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_JSON_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    manifest_json: str
    settings_json: str
    version: int
    def __init__(self, version: _Optional[int] = ..., settings_json: _Optional[str] = ..., manifest_json: _Optional[str] = ..., chunk: _Optional[bytes] = ...) -> None: ...
