"""A bound for each attempt of a call: gRPC's settings for it."""

import json
from typing import Any, Dict, Optional

# A request larger than this is sent once and not repeated.
_REPEATED_BYTES = 64 << 20


def channel_options(attempt_timeout: Optional[float]) -> Dict[str, Any]:
    """What a channel needs that sends calls again which had no answer for so long,
    to the next of several servers: as the C++ client's.

    Raises:
      TypeError: not a number, nor None.
      ValueError: not more than 0.
    """
    if attempt_timeout is None:
        return {}
    if isinstance(attempt_timeout, bool) or not isinstance(
        attempt_timeout, (int, float)
    ):
        raise TypeError(
            f"attempt_timeout is {attempt_timeout!r}; it must be seconds or None"
        )
    if not 0.001 <= attempt_timeout < float("inf"):
        raise ValueError(
            f"attempt_timeout is {attempt_timeout}; it must be 0.001 seconds or more"
        )
    # Only what never changes a thing. Streams of queries begin again by themselves.
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {"name": [{"service": "annod.v1.IndexService", "method": "GetNnsStream"}]},
            {
                "name": [
                    {"service": "annod.v1.IndexService"},
                    {"service": "annod.v1.AdminService", "method": "Serialize"},
                    {"service": "grpc.health.v1.Health", "method": "Check"},
                ],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.02s",
                    "maxBackoff": "0.5s",
                    "backoffMultiplier": 2,
                    "perAttemptRecvTimeout": f"{attempt_timeout:.3f}s",
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            },
        ],
    }
    return {
        "grpc.service_config": json.dumps(config),
        "grpc.service_config_disable_resolution": 1,
        "grpc.enable_retries": 1,
        # gRPC up to now knows perAttemptRecvTimeout as a part of this only.
        "grpc.experimental.enable_hedging": 1,
        "grpc.per_rpc_retry_buffer_size": _REPEATED_BYTES,
    }
