"""Nearest neighbours from an annod server.

    from annod import Client            # everything the service does, in Python's terms
    from annod.aio import Client        # the same for asyncio
    from annod import AnnoyIndex        # Annoy's class
    from annod import Annoy, Index      # the scikit-learn style estimator

The server is named by `server=`, else by the environment variable
ANNOD_SERVER, else it is localhost:7077. TLS: `tls=Tls(...)`, else what ANNOD_CA and
its like say.
"""

from annod import aio
from annod.client import Client
from annod.connection import Connection, Retry, connect
from annod.errors import AnnodError
from annod.estimator import Annoy, Index
from annod.index import AnnoyIndex
from annod.wire.backoff import NO_RETRY
from annod.wire.tls import Tls

__version__ = "0.2.0"

__all__ = [
    "Annoy",
    "AnnodError",
    "AnnoyIndex",
    "Client",
    "Connection",
    "Index",
    "NO_RETRY",
    "Retry",
    "Tls",
    "aio",
    "connect",
]
