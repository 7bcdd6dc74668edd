from typing import Any

class AdminServiceStub:
    def __init__(self, channel: Any) -> None: ...
    CreateIndex: Any
    AddItem: Any
    AddItems: Any
    Build: Any
    Serialize: Any
    Attach: Any
    UpdateSettings: Any
    RemoveItems: Any
    Fit: Any
    CancelBuild: Any
    Unbuild: Any
    Rebuild: Any
    Activate: Any
    Detach: Any
    Reload: Any
    Deserialize: Any
    RenewLease: Any
    DropIndex: Any
