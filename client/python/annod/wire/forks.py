"""What a forked child of this process must not do.

gRPC's threads do not live on in a child, and locks that they held stay held: a
call there would hang, on the parent's channel and on a new one alike. So a child
of a process that has called a server is refused, at once. One forked before the
first call is free to make its own.
"""

import os
from typing import Callable, List

from annod import errors

_on_child: List[Callable[[], None]] = []
_started = False
_inherited = False


def note_channel() -> None:
    """To be called before this process makes its first channel, and any other."""
    global _started
    _started = True


def on_child(action: Callable[[], None]) -> None:
    """Has `action` run in every forked child, where no other thread lives."""
    _on_child.append(action)


def is_inherited() -> bool:
    """Whether this process is a child of one that had called a server."""
    return _inherited


def check() -> None:
    """Refuses calls in such a child.

    Raises:
      errors.Forked: saying what to do instead.
    """
    if _inherited:
        raise errors.Forked(
            "this process was forked from one that had called an annod server, and"
            " gRPC does not survive that: start processes with multiprocessing's"
            " 'spawn' or 'forkserver', or fork before the first call"
        )


def _in_child() -> None:
    global _inherited
    if _started:
        _inherited = True
    for action in _on_child:
        action()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
