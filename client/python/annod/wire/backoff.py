"""When a call that failed is made again."""

import dataclasses
import random
import time
from typing import Optional

from annod import errors


@dataclasses.dataclass(frozen=True)
class Retry:
    """How calls are repeated while a server is UNAVAILABLE, or says OVERLOADED.

    Only calls that are safe to repeat are: every one that reads, items with ids,
    and what replaces as a whole. All within the timeout of the call.

    Attributes:
      window: seconds of failures after which a server is given up.
      first_window: the same of a server that never answered this client.
      first_pause, longest_pause: seconds between attempts; they double, with
        jitter.
    """

    window: float = 15.0
    first_window: float = 2.0
    first_pause: float = 0.02
    longest_pause: float = 0.5


# Seconds after a connection was made: who made it may say UNAVAILABLE, too.
CONNECTED_PAUSE = 0.02

NO_RETRY = Retry(window=0.0, first_window=0.0)


def wants_connection(error: errors.AnnodError) -> bool:
    """Whether a call failed for want of a server, and not by what one said that
    stays."""
    return isinstance(error, errors.NotAnswering) and error.reason in ("", "DRAINING")


class Backoff:
    """The pauses of one call."""

    def __init__(self, retry: Retry, timeout: Optional[float]):
        self._retry = retry
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._first_failure: Optional[float] = None
        self._pause = retry.first_pause

    def seconds_left(self) -> Optional[float]:
        """Seconds until the call's deadline, at least a millisecond; None: none."""
        if self._deadline is None:
            return None
        return max(self._deadline - time.monotonic(), 0.001)

    def next_pause(
        self, error: errors.AnnodError, answered: bool
    ) -> Optional[float]:
        """Seconds to wait before the next attempt; None: give up.

        Args:
          error: what the last attempt failed with.
          answered: whether this server ever answered.
        """
        if not isinstance(error, (errors.NotAnswering, errors.Overloaded)):
            return None
        now = time.monotonic()
        if self._first_failure is None:
            self._first_failure = now
        retry = self._retry
        give_up = self._first_failure + (
            retry.window if answered else retry.first_window
        )
        if self._deadline is not None:
            give_up = min(give_up, self._deadline)
        pause = self._pause * random.uniform(0.5, 1)
        if isinstance(error, errors.Overloaded):
            pause = max(pause, error.retry_after)
        if now + pause >= give_up:
            return None
        self._pause = min(2 * self._pause, retry.longest_pause)
        return pause
