"""The scikit-learn style estimator, with scikit-plots' names and rules.

    from annod.estimator import Annoy, AnnoyIndex, Index

are one class, as they are there; `annod.AnnoyIndex` is Annoy's own.
"""

from typing import Any, Optional

from annod.forest.snapshots import Snapshots


class Annoy(Snapshots):
    """Approximate nearest neighbours as an estimator, over an annod server.

        index = Annoy(metric="euclidean", n_neighbors=5).fit(X, y)
        neighbours, labels = index.transform(Q, output_type="item", return_labels=True)

    The items lie on the server, in an index that is dropped when this object is
    closed, unloaded, collected or the program ends; or, with `index`, in one
    that stays and that others can use. Where it differs from scikit-plots, and
    why: client/python/README.md.

    Not safe for several threads while items change; afterwards any number may
    query.

    Args:
      f: components of a vector; 0 or None: those of the first one added.
      metric: "angular" (also "cosine"), "euclidean" ("l2", "lstsq"), "manhattan"
        ("l1", "cityblock", "taxicab"), "dot" ("@", ".", "dotproduct", "inner",
        "innerproduct") or "hamming", in any case. None: angular, with a
        FutureWarning if f is given.
      n_neighbors: neighbours that transform returns for each row, >= 1.
      on_disk_path: file of this machine to which finished builds are written.
      prefault: whether the server reads a loaded index in before it answers.
      seed: of builds, in [0, 2^64 - 1]; None, or 0 with a UserWarning: default.
      random_state: the same as seed; give one.
      verbose: brought into [-2, 2]; from 1 on builds print their progress.
      schema_version: what pickles hold: 0 or 1 the forest, 2 the vectors, from 3
        on both.
      server: "host:port"; None: the environment variable ANNOD_SERVER, else
        localhost:7077. No call is made before one is needed.
      index: name on the server of an index to use, or to make if there is none.

    Raises:
      TypeError: a parameter of the wrong type; seed and random_state both.
      ValueError: one out of range; an index named that has another f or metric.
      OSError: on_disk_path cannot be written.
    """

    def __init__(
        self,
        f: Optional[int] = None,
        metric: Optional[str] = None,
        *,
        n_neighbors: int = 5,
        on_disk_path: Any = None,
        prefault: Optional[bool] = None,
        seed: Optional[int] = None,
        random_state: Optional[int] = None,
        verbose: Optional[int] = None,
        schema_version: Optional[int] = None,
        server: Any = None,
        index: Optional[str] = None,
    ):
        if seed is not None and random_state is not None:
            raise TypeError("seed and random_state are the same parameter: give one")
        self._init(
            f,
            metric,
            n_neighbors,
            on_disk_path,
            prefault,
            random_state if seed is None else seed,
            verbose,
            schema_version,
            server,
            index,
        )

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in self.get_params().items())
        return f"{type(self).__name__}({values})"


Index = Annoy
AnnoyIndex = Annoy

__all__ = ["Annoy", "AnnoyIndex", "Index"]
