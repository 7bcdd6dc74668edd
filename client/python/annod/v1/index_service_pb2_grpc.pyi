from typing import Any

class IndexServiceStub:
    def __init__(self, channel: Any) -> None: ...
    GetNns: Any
    GetNnsStream: Any
    GetItems: Any
    GetDistance: Any
    Info: Any
    ListIndexes: Any
