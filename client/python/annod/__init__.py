"""Nearest neighbours from an annod server, in Annoy's words.

    from annod import AnnoyIndex        # Annoy's class
    from annod import Annoy, Index      # the scikit-learn style estimator

The server is named by `server=`, else by the environment variable
ANNOD_SERVER, else it is localhost:7077.
"""

from annod.connection import Connection, connect
from annod.errors import AnnodError
from annod.estimator import Annoy, Index
from annod.index import AnnoyIndex

__all__ = ["Annoy", "AnnodError", "AnnoyIndex", "Connection", "Index", "connect"]
