"""The estimator's parameters and the state they guard (scikit-plots' rules)."""

import warnings
from typing import Any, Dict, List, Optional, Sequence, Tuple

from annod import labels
from annod.connection import connect
from annod.forest import parameters
from annod.metrics import canonical_metric
from annod.remote import transfer
from annod.remote.index import RemoteIndex

# In the order in which scikit-plots lists them.
PARAMETERS = (
    "f",
    "metric",
    "n_neighbors",
    "seed",
    "verbose",
    "prefault",
    "schema_version",
    "on_disk_path",
)


class Settings:
    """Parameters, labels and names of an estimator, and its index on a server.

    The index is "live" once dimension and metric are known, as in scikit-plots;
    on the server it comes into being with the first item.
    """

    def _init(
        self,
        f: Any,
        metric: Any,
        n_neighbors: Any,
        on_disk_path: Any,
        prefault: Any,
        seed: Any,
        verbose: Any,
        schema_version: Any,
        server: Any,
        index: Optional[str],
    ) -> None:
        self._f = parameters.check_dimension(f)
        self._metric = None if metric is None else canonical_metric(metric)
        self._n_neighbors = parameters.check_n_neighbors(n_neighbors)
        self._on_disk_path = parameters.check_path(on_disk_path)
        self._on_disk_active = False
        self._prefault = bool(prefault)
        self._seed = parameters.check_seed(seed, stacklevel=5)
        self._verbose = parameters.check_verbose(verbose)
        self._schema_version = parameters.check_schema_version(schema_version)
        self._y_map: Optional[Dict[int, Any]] = None
        self._feature_names: Optional[Tuple[str, ...]] = None
        # Whether they came with a DataFrame, as others then should.
        self._names_of_frame = False
        self._built = False
        self._loaded = False
        # Trees of a forest over no items, which no server builds.
        self._empty_trees: Optional[int] = None
        self._server = server
        self._remote = RemoteIndex(connect(server), index)
        if index is not None:
            self._open()
        if self._f and self._metric is None:
            warnings.warn(
                "metric is not given and will have to be: taking 'angular'",
                FutureWarning,
                stacklevel=4,
            )
            self._metric = "angular"
        self._activate()

    def _open(self) -> None:
        info = self._remote.open(self._f, self._metric)
        if info is None:
            if not self._f and self._metric is None:
                self._remote.check_exists()
            return
        self._f, self._metric = self._remote.dimension, self._remote.metric
        self._built = info.version > 0
        self._loaded = bool(info.attached_path)
        self._feature_names = tuple(info.feature_names) or None
        if info.label_count or info.staged_item_count:
            ids = range(self._remote.n_items())
            items = self._remote.present_among(ids)
            self._y_map = {
                item.id: labels.decode(item.label) for item in items if item.label
            } or None

    # The life of the index.

    @property
    def _live(self) -> bool:
        return self._f > 0 and self._metric is not None

    def _require_live(self) -> None:
        self._remote.check_open()
        if not self._live:
            raise RuntimeError(
                "the index is not initialized: f and metric are not known"
            )

    def _require_built(self) -> None:
        self._remote.check_exists()
        self._require_live()
        if not self._built:
            raise RuntimeError("the index is not built")

    def _activate(self) -> None:
        # A path to build to counts from when the index is live.
        if self._live and self._on_disk_path and not self._on_disk_active:
            transfer.check_writable(self._on_disk_path)
            self._on_disk_active = True

    def _create(self) -> None:
        self._activate()
        self._remote.create(
            self._f, self._metric or "angular", **self._create_settings()
        )

    def _create_settings(self) -> Dict[str, Any]:
        return {"seed": self._seed or 0, "verbosity": self._verbose or 0}

    def _reset(self) -> None:
        """Drops items, forest and labels; f, metric and parameters stay."""
        if self._remote.temporary:
            self._remote.drop()
            self._remote = RemoteIndex(self._remote.connection)
        else:
            self._remote.drop()
            self._remote = RemoteIndex(self._remote.connection, self._remote.name)
        self._built = self._loaded = False
        self._empty_trees = None
        self._y_map = None
        self._feature_names = None
        self._on_disk_active = False

    def _reset_for(self, name: str, new: Any) -> None:
        if self._live:
            warnings.warn(
                f"{name} becomes {new!r}: items, trees, labels and on_disk_path are"
                " dropped",
                UserWarning,
                stacklevel=4,
            )
            self._reset()
            self._on_disk_path = None

    def _require_changeable(self) -> None:
        """Refuses items: a loaded index takes none, a built one does if it has a
        name, for it answers from its version until it is built again."""
        self._remote.check_open()
        if self._loaded or (self._built and self._remote.temporary):
            raise RuntimeError("a built index takes no items: unbuild it first")

    def _is_empty(self) -> bool:
        return not self._remote.exists or self._empty_trees is not None

    # Parameters.

    @property
    def f(self) -> int:
        """Components of a vector; 0 while unknown. Assigning another value (or
        None) to a live index drops its items, with a UserWarning."""
        return self._f

    @f.setter
    def f(self, value: Any) -> None:
        value = parameters.check_dimension(value)
        if value != self._f:
            self._reset_for("f", value)
            self._f = value
            self._activate()

    @property
    def n_features(self) -> int:
        """The same as f."""
        return self._f

    @n_features.setter
    def n_features(self, value: Any) -> None:
        self.f = value

    @property
    def metric(self) -> Optional[str]:
        """Canonical name of the metric; None while unset. Assigning another (or
        None) to a live index drops its items, with a UserWarning."""
        return self._metric

    @metric.setter
    def metric(self, value: Any) -> None:
        value = None if value is None else canonical_metric(value)
        if value != self._metric:
            self._reset_for("metric", value)
            self._metric = value
            self._activate()

    @property
    def n_neighbors(self) -> int:
        """Neighbours that transform returns for each row, >= 1."""
        return self._n_neighbors

    @n_neighbors.setter
    def n_neighbors(self, value: Any) -> None:
        self._n_neighbors = parameters.check_n_neighbors(value)

    @property
    def on_disk_path(self) -> Optional[str]:
        """File of this machine to which a finished build is written; None for
        none. Cannot change while it is in use: unload first."""
        return self._on_disk_path

    @on_disk_path.setter
    def on_disk_path(self, value: Any) -> None:
        path = parameters.check_path(value)
        if path == self._on_disk_path:
            return
        if self._on_disk_active:
            raise AttributeError(
                f"on_disk_path is {self._on_disk_path!r} and in use: unload first"
            )
        if path is not None and self._live:
            transfer.check_writable(path)
        self._on_disk_path = path
        self._activate()

    @property
    def prefault(self) -> bool:
        """Whether the server reads a loaded index in before it answers."""
        return self._prefault

    @prefault.setter
    def prefault(self, value: Any) -> None:
        self._prefault = bool(value)

    @property
    def seed(self) -> Optional[int]:
        """Seed of builds, in [1, 2^64 - 1]; None for the default one."""
        return self._seed

    @seed.setter
    def seed(self, value: Any) -> None:
        self._seed = parameters.check_seed(value)

    @property
    def random_state(self) -> Optional[int]:
        """The same as seed."""
        return self._seed

    @random_state.setter
    def random_state(self, value: Any) -> None:
        self._seed = parameters.check_seed(value)

    def set_seed(self, seed: Optional[int] = None) -> "Settings":
        """Sets the seed; None, or 0 with a UserWarning, for the default one.
        Returns self."""
        self._seed = parameters.check_seed(seed)
        return self

    @property
    def verbose(self) -> Optional[int]:
        """Verbosity in [-2, 2]: from 1 on builds print their progress to standard
        error. None while unset."""
        return self._verbose

    @verbose.setter
    def verbose(self, value: Any) -> None:
        self._verbose = parameters.check_verbose(value)

    def set_verbose(self, level: Optional[int] = 1) -> "Settings":
        """Sets verbose. Returns self."""
        self.verbose = level
        return self

    set_verbosity = set_verbose

    @property
    def schema_version(self) -> int:
        """What pickles hold: 0 or 1 the forest, 2 the vectors, 3 and above both."""
        return self._schema_version

    @schema_version.setter
    def schema_version(self, value: Any) -> None:
        self._schema_version = parameters.check_schema_version(value)

    def get_params(self, deep: bool = True) -> Dict[str, Any]:
        """Parameters by name, in scikit-plots' order. `deep` changes nothing."""
        return {name: getattr(self, name) for name in PARAMETERS}

    def set_params(self, **params: Any) -> "Settings":
        """Sets parameters, in the order given. Returns self.

        Raises:
          ValueError: an unknown name, seed and random_state together, or a value
            out of range. Unknown names are found before anything is set.
        """
        for name in params:
            if name not in PARAMETERS and name != "random_state":
                raise ValueError(
                    f"there is no parameter {name!r}; there are {', '.join(PARAMETERS)}"
                )
        if "seed" in params and "random_state" in params:
            raise ValueError("seed and random_state are the same parameter: give one")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    # What fitting learned.

    @property
    def n_features_in_(self) -> int:
        """Components of a vector; AttributeError before build."""
        if not self._built:
            raise AttributeError("n_features_in_ is known once the index is built")
        return self._f

    n_features_ = n_features_in_

    @property
    def n_features_out_(self) -> int:
        """Neighbours of each row of transform; AttributeError before build."""
        if not self._built:
            raise AttributeError("n_features_out_ is known once the index is built")
        return self._n_neighbors

    @property
    def feature_names_in_(self) -> List[str]:
        """Names of the components; AttributeError unless fit was given some."""
        if self._feature_names is None:
            raise AttributeError("feature_names_in_: fit was given no feature names")
        return list(self._feature_names)

    def get_feature_names_out(
        self, input_features: Optional[Sequence[str]] = None
    ) -> Tuple[str, ...]:
        """("neighbor_0", ..., "neighbor_{n_neighbors - 1}").

        Raises:
          AttributeError: before build.
          ValueError: input_features are not those of fit, or not f.
        """
        count = self.n_features_out_
        if input_features is not None:
            names = tuple(input_features)
            if len(names) != self._f:
                raise ValueError(
                    f"input_features has {len(names)} names; it must have {self._f}"
                )
            if self._feature_names is not None and names != self._feature_names:
                raise ValueError("input_features differ from feature_names_in_")
        return tuple(f"neighbor_{k}" for k in range(count))

    # Labels.

    @property
    def y(self) -> Optional[List[Any]]:
        """Labels by id, None where there is none: a list of n_items; None if no
        item has one. Assigning a sequence of n_items replaces all labels here;
        the server gets them with the next fit (and pickles have them)."""
        if self._y_map is None:
            return None
        return labels.dense(self._y_map, self._remote.n_items())

    @y.setter
    def y(self, value: Any) -> None:
        if value is None:
            self._y_map = None
        else:
            given = labels.as_list(value, self._remote.n_items())
            self._y_map = dict(enumerate(given))

    @property
    def y_map(self) -> Optional[Dict[int, Any]]:
        """Labels by id, of the items that have one; None if none has. Assigning a
        dict with ids below n_items replaces all labels here."""
        return None if self._y_map is None else dict(self._y_map)

    @y_map.setter
    def y_map(self, value: Any) -> None:
        if value is None:
            self._y_map = None
        else:
            self._y_map = labels.as_map(value, self._remote.n_items())
