"""Serialized indexes, pickles, copies, and what an index says about itself."""

import sys
import warnings
from typing import Any, Dict, Optional

from annod import blobs, errors
from annod.forest import parameters
from annod.forest.neighbors import Neighbors
from annod.metrics import canonical_metric, metric_to_proto
from annod.remote import transfer

# Bytes before the nodes of a native blob: counts, and 4 for each tree's root.
_NATIVE_HEAD_BYTES = 20
_HAMMING_HEAD_BYTES = 16
_ROOT_BYTES = 4


class Snapshots(Neighbors):
    """The whole index, out and in."""

    def serialize(
        self, format: Optional[str] = None, *, fill_holes: bool = False
    ) -> bytes:
        """The index as one blob that scikit-plots reads.

        Args:
          format: "native" (also None), "portable" or "canonical", as
            annod.blobs lists their other names. Canonical holds the vectors and is
            built again when read; it needs no build.
          fill_holes: write ids nobody added as zero vectors in a canonical blob,
            which cannot say that they are none.

        Raises:
          TypeError, ValueError: format.
          RuntimeError: not initialized; native or portable and not built.
          ValueError: canonical, with holes, without fill_holes.
        """
        form = blobs.format_of(format)
        self._require_live()
        if form != transfer.CANONICAL:
            self._require_built()
        if self._is_empty():
            if not self._built and form == transfer.CANONICAL:
                self._create()
            else:
                raise RuntimeError("an index without items cannot be serialized")
        return transfer.download_bytes(self._remote, form, fill_holes)

    def deserialize(self, byte: bytes, prefault: Optional[bool] = None) -> "Snapshots":
        """Replaces items, forest and labels by those of a blob, whatever its format.

        All or nothing. A native or portable blob counts as loaded; a canonical one
        is built from its vectors, if it was built, and can be changed.

        Returns:
          self.

        Raises:
          TypeError: not bytes.
          RuntimeError: a native blob and f or metric not known.
          ValueError: f or metric differ from the blob's.
          OSError: the blob is empty, cut short or damaged.
        """
        head = blobs.read_head(byte)
        if head.metric is None:
            self._require_live()
        elif self._metric not in (None, head.metric):
            raise ValueError(f"the blob has metric {head.metric}, not {self._metric}")
        elif self._f not in (0, head.f):
            raise ValueError(
                f"the blob has vectors of {head.f} components, not {self._f}"
            )
        metric, f = head.metric or self._metric or "", head.f or self._f
        transfer.upload_bytes(self._remote, byte, head.form, metric, f)
        self._f, self._metric = f, metric
        self._became_loaded(prefault)
        if head.form == transfer.CANONICAL:
            self._loaded = False
            if head.seed:
                self._seed = head.seed
            if head.verbose is not None:
                self._verbose = parameters.check_verbose(head.verbose)
            self._built = bool(self._remote.info().version)
            if self._built and not head.built:
                self.unbuild()
        return self

    def rebuild(
        self,
        metric: Optional[str] = None,
        *,
        on_disk_path: Any = None,
        n_trees: Optional[int] = None,
        n_jobs: int = -1,
    ) -> "Snapshots":
        """A new index of the same items, labels and parameters; this one stays.

        Holes stay holes.

        Args:
          metric: None: the same.
          on_disk_path: file for the new index's builds; this one's is ignored.
          n_trees: None: as many as this one has; if it is not built, the new one
            is not either.
          n_jobs: as in build.

        Raises:
          RuntimeError: not initialized.
          ValueError: unknown metric; n_trees or n_jobs is 0 or below -1; hamming,
            of items with components other than 0 and 1.
        """
        metric = self._metric if metric is None else canonical_metric(metric)
        if n_trees is not None:
            n_trees = parameters.check_count("n_trees", n_trees)
        n_jobs = parameters.check_count("n_jobs", n_jobs)
        path = parameters.check_path(on_disk_path)
        self._require_live()
        copy = self._unfitted_copy()
        copy._f, copy._metric = self._f, metric
        copy._on_disk_path = None if path == self._on_disk_path else path
        copy._activate()
        if self._remote.n_items() == 0:
            if n_trees is not None or self._built:
                copy.build(self._empty_trees or -1 if n_trees is None else n_trees)
            return copy
        keep_unbuilt = n_trees is None and not self._built
        self._remote.rebuild_into(
            copy._remote,
            metric or "",
            1 if keep_unbuilt else n_trees or self.get_n_trees(),
            n_jobs,
            self._seed or 0,
        )
        copy._built = True
        if keep_unbuilt:
            copy.unbuild()
        copy._y_map = None if self._y_map is None else dict(self._y_map)
        copy._feature_names = self._feature_names
        copy._write_on_disk()
        return copy

    def _unfitted_copy(self) -> "Snapshots":
        copy = type(self).__new__(type(self))
        copy._init(
            0,
            None,
            self._n_neighbors,
            None,
            self._prefault,
            self._seed,
            self._verbose,
            self._schema_version,
            self._server,
            None,
        )
        return copy

    def __sklearn_clone__(self) -> "Snapshots":
        """An unfitted copy with the same parameters and server."""
        copy = self._unfitted_copy()
        copy._f, copy._metric = self._f, self._metric
        # Two builds must not write one file.
        return copy

    # Pickles.

    def __getstate__(self) -> Dict[str, Any]:
        state: Dict[str, Any] = {
            "f": self._f,
            "metric": self._metric,
            "metric_id": metric_to_proto(self._metric),
            "n_neighbors": self._n_neighbors,
            "on_disk_path": self._on_disk_path,
            "prefault": self._prefault,
            "seed": self._seed,
            "verbose": self._verbose,
            "schema_version": self._schema_version,
            "y_map": self._y_map,
            "feature_names_in": self._feature_names,
            "endian": sys.byteorder,
            "server": self._server if isinstance(self._server, str) else None,
            "built": self._built,
            "loaded": self._loaded,
            "empty_trees": self._empty_trees,
            "data": None,
            "data_canonical": None,
            "holes": [],
        }
        if self._is_empty() or self._remote.n_items() == 0:
            return state
        if self._built and self._schema_version != 2:
            state["data"] = transfer.download_bytes(self._remote, transfer.PORTABLE)
        if not self._built or self._schema_version >= 2:
            try:
                blob = transfer.download_bytes(self._remote, transfer.CANONICAL)
            except errors.InvalidRequest as error:
                if error.reason != "HOLES":
                    raise
                state["holes"] = self._remote.holes()
                blob = transfer.download_bytes(self._remote, transfer.CANONICAL, True)
            state["data_canonical"] = blob
        return state

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._init(
            0,
            None,
            state["n_neighbors"],
            None,
            state["prefault"],
            state["seed"],
            state["verbose"],
            state["schema_version"],
            state["server"],
            None,
        )
        self._f, self._metric = state["f"], state["metric"]
        if state["endian"] != sys.byteorder:
            warnings.warn(
                f"the pickle was made on a {state['endian']}-endian machine, this"
                f" one is {sys.byteorder}-endian; its blobs say their own order",
                UserWarning,
                stacklevel=2,
            )
        data, canonical = state["data"], state["data_canonical"]
        if data is not None:
            try:
                self.deserialize(data)
            except (OSError, ValueError) as error:
                if canonical is None or isinstance(error, errors.NotAnswering):
                    raise
                warnings.warn(
                    f"the pickle's forest cannot be used ({error}): building again"
                    " from its vectors",
                    UserWarning,
                    stacklevel=2,
                )
                data = None
        if data is None and canonical is not None:
            self.deserialize(canonical)
            self._remote.remove(state["holes"])
            self._seed, self._verbose = state["seed"], state["verbose"]
            if state["built"] and not self._built:
                self.build()
        if data is None and canonical is None:
            self._built = state["built"]
            self._empty_trees = state["empty_trees"]
        self._y_map = state["y_map"]
        self._feature_names = state["feature_names_in"]
        # The file belongs to the object that was pickled: kept as a parameter only.
        self._on_disk_path = state["on_disk_path"]

    # What it says about itself.

    def memory_usage(self) -> Optional[int]:
        """Bytes of the native blob, reckoned, not made; None if not built."""
        if not self._built or self._is_empty():
            return None
        info = self._remote.info()
        size = _NATIVE_HEAD_BYTES + _ROOT_BYTES * info.tree_count + info.forest_bytes
        return size + (_HAMMING_HEAD_BYTES if self._metric == "hamming" else 0)

    def info(
        self,
        include_n_items: bool = True,
        include_n_trees: bool = True,
        include_memory: Optional[bool] = None,
    ) -> Dict[str, Any]:
        """Parameters and counts.

        Args:
          include_n_items, include_n_trees: whether those keys are there.
          include_memory: memory_usage_byte and memory_usage_mib; None or True: if
            built.
        """
        result: Dict[str, Any] = {
            "f": self._f,
            "metric": self._metric,
            "n_neighbors": self._n_neighbors,
            "on_disk_path": self._on_disk_path,
            "prefault": self._prefault,
            "seed": self._seed,
            "verbose": self._verbose,
            "schema_version": self._schema_version,
        }
        if include_n_items:
            result["n_items"] = len(self)
        if include_n_trees:
            result["n_trees"] = self.get_n_trees() if self._live else 0
        if include_memory is None or include_memory:
            size = self.memory_usage()
            if size is not None:
                result["memory_usage_byte"] = size
                result["memory_usage_mib"] = size / (1 << 20)
        return result

    def repr_info(
        self,
        include_n_items: bool = True,
        include_n_trees: bool = True,
        include_memory: Optional[bool] = None,
    ) -> str:
        """info() as text."""
        return repr(self.info(include_n_items, include_n_trees, include_memory))
