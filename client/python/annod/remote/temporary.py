"""Names of temporary indexes, which no two processes share."""

import secrets
import weakref
from typing import Any

from annod.calls import indexes
from annod.wire import forks

_named: "weakref.WeakSet[Any]" = weakref.WeakSet()


def temporary_name() -> str:
    """A name no other index has."""
    return indexes.TEMPORARY_PREFIX + secrets.token_hex(8)


def note(remote: Any) -> None:
    """Has a RemoteIndex renamed in forked children, if nothing was made under its
    name before: parent and child would make one index."""
    _named.add(remote)


def _rename_in_child() -> None:
    for remote in list(_named):
        if not remote.exists:
            remote.rename(temporary_name())


forks.on_child(_rename_in_child)
