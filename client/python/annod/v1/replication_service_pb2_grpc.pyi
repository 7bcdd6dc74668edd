from typing import Any

class ReplicationServiceStub:
    def __init__(self, channel: Any) -> None: ...
    FetchVersion: Any
