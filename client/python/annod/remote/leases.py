"""Leases of temporary indexes, renewed as long as their objects live.

The server drops a temporary index when nobody has renewed its lease for its time.
A process that is killed, or whose server is away when it ends, leaves nothing
behind, and nobody waits: one thread of the process, which ends with it, renews.
"""

# mypy: disable-error-code="import"

import atexit
import threading
import time
from typing import Any, Dict, Optional, Tuple

import grpc

from annod import errors
from annod.connection import Connection
from annod.v1 import admin_service_pb2
from annod.wire import forks

# Renewals in the time of a lease, and tries where one fails.
_RENEWALS = 3
_TRIES = 10

# What a program that ends, or an object that is collected, waits for a server to
# drop an index; then it is dropped when its lease is over.
_DROP_SECONDS = 0.5


# On servers that know no leases.
_NEVER = 1e6


class _Lease:
    def __init__(self, connection: Connection, seconds: int):
        self.connection = connection
        self.seconds = seconds
        self.due = time.monotonic() + seconds / _RENEWALS


class LeaseKeeper:
    """Renews the leases of this process's temporary indexes. Safe for use by
    several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._leases: Dict[Tuple[str, str], _Lease] = {}
        self._thread: Optional[threading.Thread] = None

    def keep(self, connection: Connection, name: str, seconds: int) -> None:
        """Renews an index's lease of so many seconds from now on."""
        with self._changed:
            self._leases[connection.address, name] = _Lease(connection, seconds)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="annod-leases", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def let_go(self, connection: Connection, name: str) -> bool:
        """Renews it no longer. Returns whether it was."""
        with self._changed:
            return self._leases.pop((connection.address, name), None) is not None

    def drop(
        self, connection: Connection, name: str, seconds: float = _DROP_SECONDS
    ) -> bool:
        """Lets go of an index and drops it, if the server answers within so many
        seconds. Returns whether it did; raises nothing."""
        if not self.let_go(connection, name) or not connection.usable():
            return True
        request = admin_service_pb2.DropIndexRequest(index=name)
        try:
            connection.admin_service.DropIndex(request, timeout=seconds)
        except grpc.RpcError as error:
            return bool(error.code() == grpc.StatusCode.NOT_FOUND)
        except Exception:  # pylint: disable=broad-except
            return False
        return True

    def drop_all(self) -> None:
        """drop() of each; of no more on a server that did not answer."""
        gone = set()
        with self._changed:
            leases = list(self._leases.items())
        for (address, name), lease in leases:
            if address not in gone and not self.drop(lease.connection, name):
                gone.add(address)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                due = [key for key in self._leases if self._leases[key].due <= now]
                if not due:
                    first = min(
                        (lease.due for lease in self._leases.values()), default=None
                    )
                    self._changed.wait(None if first is None else first - now)
                    continue
                leases = [(key, self._leases[key]) for key in due]
            for key, lease in leases:
                pause = _renew(lease, key[1])
                with self._changed:
                    if self._leases.get(key) is not lease:
                        continue
                    if pause is None:
                        del self._leases[key]
                    else:
                        lease.due = time.monotonic() + pause


def _renew(lease: _Lease, name: str) -> Optional[float]:
    """Seconds until the next renewal; None: there will be none."""
    request = admin_service_pb2.RenewLeaseRequest(
        index=name, lease_seconds=lease.seconds
    )
    try:
        lease.connection.admin_service.RenewLease(
            request, timeout=lease.seconds / _RENEWALS
        )
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.NOT_FOUND:
            return None
        if error.code() == grpc.StatusCode.UNIMPLEMENTED:
            return _NEVER
        return lease.seconds / _TRIES
    except (errors.Closed, errors.Forked):
        return None
    except Exception:  # pylint: disable=broad-except
        return lease.seconds / _TRIES
    return lease.seconds / _RENEWALS


keeper = LeaseKeeper()


def drop(connection: Connection, name: str) -> None:
    """As LeaseKeeper.drop() of this process's keeper."""
    keeper.drop(connection, name)


def _forget_in_child() -> None:
    # They are the parent's, and so was the thread.
    global keeper
    keeper = LeaseKeeper()


forks.on_child(_forget_in_child)
atexit.register(lambda: keeper.drop_all())
