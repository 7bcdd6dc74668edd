"""Reads google.rpc.ErrorInfo out of a failed call.

The messages live in a descriptor pool of their own: a program that also uses
Google's generated copies of the same files is not disturbed.
"""

# mypy: disable-error-code="import"

from typing import Any, Dict, Tuple

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    message,
    message_factory,
)

_STATUS_KEY = "grpc-status-details-bin"


def _file() -> descriptor_pb2.FileDescriptorProto:
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="annod_error_details.proto",
        package="google.rpc",
        syntax="proto3",
        dependency=["google/protobuf/any.proto"],
    )
    status = file.message_type.add(name="Status")
    status.field.add(
        name="details",
        number=3,
        label=field.LABEL_REPEATED,
        type=field.TYPE_MESSAGE,
        type_name=".google.protobuf.Any",
    )
    info = file.message_type.add(name="ErrorInfo")
    for number, name in ((1, "reason"), (2, "domain")):
        info.field.add(
            name=name,
            number=number,
            label=field.LABEL_OPTIONAL,
            type=field.TYPE_STRING,
        )
    entry = info.nested_type.add(name="MetadataEntry")
    entry.options.map_entry = True
    for number, name in ((1, "key"), (2, "value")):
        entry.field.add(
            name=name,
            number=number,
            label=field.LABEL_OPTIONAL,
            type=field.TYPE_STRING,
        )
    info.field.add(
        name="metadata",
        number=3,
        label=field.LABEL_REPEATED,
        type=field.TYPE_MESSAGE,
        type_name=".google.rpc.ErrorInfo.MetadataEntry",
    )
    return file


def _message_class(pool: descriptor_pool.DescriptorPool, name: str) -> Any:
    descriptor = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


_pool = descriptor_pool.DescriptorPool()
_pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)
_pool.AddSerializedFile(_file().SerializeToString())
_Status = _message_class(_pool, "google.rpc.Status")
_ErrorInfo = _message_class(_pool, "google.rpc.ErrorInfo")


def error_info(error: Any) -> Tuple[str, Dict[str, str]]:
    """Reason and metadata of annod's ErrorInfo; ("", {}) if the call carries none."""
    for key, value in error.trailing_metadata() or ():
        if key != _STATUS_KEY:
            continue
        try:
            for detail in _Status.FromString(value).details:
                if detail.type_url.endswith("/google.rpc.ErrorInfo"):
                    info = _ErrorInfo.FromString(detail.value)
                    return info.reason, dict(info.metadata)
        except message.DecodeError:
            break
    return "", {}


def request_id(error: Any) -> str:
    """The id by which the server's logs name the call; "" if no server answered."""
    for key, value in error.trailing_metadata() or ():
        if key == "x-request-id":
            return str(value)
    return ""


def pushback_seconds(error: Any) -> float:
    """Seconds after which the server wants the call again; 0.0 if it does not say."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-retry-pushback-ms":
            try:
                return max(0.0, int(value) / 1000)
            except ValueError:
                break
    return 0.0
