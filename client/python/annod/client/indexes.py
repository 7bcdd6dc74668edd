"""Client: indexes, their settings, versions and files on the server."""

from typing import Any, List, Optional, Sequence

from annod.calls import indexes
from annod.client.base import Caller
from annod.results import IndexInfo, Versions


class IndexCalls(Caller):
    """Indexes as a whole."""

    def create(
        self,
        name: str,
        dimension: int = 0,
        metric: str = "angular",
        *,
        exist_ok: bool = False,
        default_n: Optional[int] = None,
        default_tree_count: Optional[int] = None,
        seed: Optional[int] = None,
        feature_names: Optional[Sequence[str]] = None,
        allow_duplicate_labels: bool = False,
        prefault: Optional[str] = None,
        verbosity: Optional[int] = None,
        dot_layout: Optional[str] = None,
        hamming_layout: Optional[str] = None,
        build_rules: Optional[str] = None,
        lease_seconds: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> IndexInfo:
        """Creates an empty index.

        Args:
          name: 1 to 64 of A-Z a-z 0-9 _ - ., the first a letter or digit.
          dimension: components of a vector; 0: the first item fixes it.
          metric: "angular", "euclidean", "manhattan", "dot", "hamming", or an alias.
          exist_ok: an index of that name with that metric and dimension is taken.
          default_n, default_tree_count: of queries and builds that give none.
          seed: of builds.
          feature_names: of the components; what DataFrames are compared with.
          allow_duplicate_labels: several items may have one label.
          prefault: "none", "advise", "populate" or "lock".
          verbosity, dot_layout ("16", "24"), hamming_layout ("12", "16"),
            build_rules ("annod", "annoy_1_17", ...): proto/annod/v1 says more.
          lease_seconds: makes the index temporary: the server drops it when nobody
            has called renew_lease() for so long.

        Raises:
          errors.AnnodError: reason INDEX_EXISTS, or the server refused.
        """
        return self._run(
            indexes.create(
                name,
                dimension,
                metric,
                exist_ok,
                default_n=default_n,
                default_tree_count=default_tree_count,
                seed=seed,
                feature_names=feature_names,
                allow_duplicate_labels=allow_duplicate_labels,
                prefault=prefault,
                verbosity=verbosity,
                dot_layout=dot_layout,
                hamming_layout=hamming_layout,
                build_rules=build_rules,
                lease_seconds=lease_seconds,
            ),
            timeout,
        )

    def update(
        self, name: str, *, timeout: Optional[float] = None, **settings: Any
    ) -> IndexInfo:
        """Changes settings, named as in create(); those not given stay. metric and
        dimension only while the index has no items."""
        return self._run_on(name, indexes.update(name, **settings), timeout)

    def renew_lease(
        self,
        name: str,
        lease_seconds: Optional[int] = None,
        *,
        timeout: Optional[float] = None,
    ) -> IndexInfo:
        """Lets a temporary index live for its time from now on.

        Args:
          lease_seconds: its time from now on, also of an index that had none; -1:
            it stays; None: as before.

        Raises:
          errors.WrongState: it has no lease, and none is given.
        """
        steps = indexes.renew_lease(name, lease_seconds)
        return self._run_on(name, steps, timeout)

    def drop(
        self, name: str, *, missing_ok: bool = False, timeout: Optional[float] = None
    ) -> None:
        """Deletes an index with all its versions and items. An attached file itself
        is left alone."""
        steps = indexes.drop(name, missing_ok)
        return self._run_on(name, steps, timeout)

    def info(self, name: str, *, timeout: Optional[float] = None) -> IndexInfo:
        """Everything the server knows about an index."""
        return self._run_on(name, indexes.info(name), timeout)

    def indexes(self, *, timeout: Optional[float] = None) -> List[IndexInfo]:
        """All indexes, by name."""
        return self._run(indexes.list_indexes(), timeout)

    def exists(self, name: str, *, timeout: Optional[float] = None) -> bool:
        """Whether there is an index of that name."""
        return any(found.name == name for found in self.indexes(timeout=timeout))

    def versions(self, name: str, *, timeout: Optional[float] = None) -> Versions:
        """The version that is served, the newest one, and those that are kept."""
        return self._run_on(name, indexes.versions(name), timeout)

    def activate(
        self, name: str, version: int, *, timeout: Optional[float] = None
    ) -> IndexInfo:
        """Serves a kept version, on every worker when answered. The next build
        still starts from the newest one."""
        return self._run_on(name, indexes.activate(name, version), timeout)

    def rollback(self, name: str, *, timeout: Optional[float] = None) -> IndexInfo:
        """Serves the kept version before the one that is served.

        Raises:
          errors.WrongState: none is kept.
        """
        return self._run_on(name, indexes.rollback(name), timeout)

    def attach(
        self,
        name: str,
        path: str,
        dimension: int,
        metric: str,
        *,
        default_n: Optional[int] = None,
        prefault: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> IndexInfo:
        """Serves an Annoy file where it lies, read-only, after checking all of it.

        Args:
          path: absolute, on the server.
          dimension, metric: of the file, which does not say them.
          default_n, prefault: as in create().
        """
        steps = indexes.attach(
            name, path, dimension, metric, default_n=default_n, prefault=prefault
        )
        return self._run(steps, timeout)

    def detach(self, name: str, *, timeout: Optional[float] = None) -> None:
        """Stops serving an attached file, which is left alone."""
        return self._run_on(name, indexes.detach(name), timeout)

    def reload(
        self, name: Optional[str] = None, *, timeout: Optional[float] = None
    ) -> List[IndexInfo]:
        """Has the server look again at what lies on disk, of one index or of all."""
        return self._run(indexes.reload(name), timeout)

    def health(
        self, name: Optional[str] = None, *, timeout: Optional[float] = None
    ) -> str:
        """State of the server, or of one index: "serving", "not serving", ...

        Raises:
          errors.NotAnswering: at once, if the server is not there.
        """
        return self._run(indexes.health(name), timeout)
