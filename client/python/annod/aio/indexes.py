"""aio.Client: indexes, their settings, versions and files on the server."""

from typing import Any, List, Optional, Sequence

from annod.aio.base import Caller
from annod.calls import indexes
from annod.results import IndexInfo, Versions


class IndexCalls(Caller):
    """Indexes as a whole."""

    async def create(
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
        """As annod.Client.create()."""
        return await self._run(
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

    async def update(
        self, name: str, *, timeout: Optional[float] = None, **settings: Any
    ) -> IndexInfo:
        """As annod.Client.update()."""
        return await self._run_on(name, indexes.update(name, **settings), timeout)

    async def renew_lease(
        self,
        name: str,
        lease_seconds: Optional[int] = None,
        *,
        timeout: Optional[float] = None,
    ) -> IndexInfo:
        """As annod.Client.renew_lease()."""
        steps = indexes.renew_lease(name, lease_seconds)
        return await self._run_on(name, steps, timeout)

    async def drop(
        self, name: str, *, missing_ok: bool = False, timeout: Optional[float] = None
    ) -> None:
        """As annod.Client.drop()."""
        steps = indexes.drop(name, missing_ok)
        return await self._run_on(name, steps, timeout)

    async def info(self, name: str, *, timeout: Optional[float] = None) -> IndexInfo:
        """As annod.Client.info()."""
        return await self._run_on(name, indexes.info(name), timeout)

    async def indexes(self, *, timeout: Optional[float] = None) -> List[IndexInfo]:
        """As annod.Client.indexes()."""
        return await self._run(indexes.list_indexes(), timeout)

    async def exists(self, name: str, *, timeout: Optional[float] = None) -> bool:
        """As annod.Client.exists()."""
        return name in {found.name for found in await self.indexes(timeout=timeout)}

    async def versions(self, name: str, *, timeout: Optional[float] = None) -> Versions:
        """As annod.Client.versions()."""
        return await self._run_on(name, indexes.versions(name), timeout)

    async def activate(
        self, name: str, version: int, *, timeout: Optional[float] = None
    ) -> IndexInfo:
        """As annod.Client.activate()."""
        return await self._run_on(name, indexes.activate(name, version), timeout)

    async def rollback(
        self, name: str, *, timeout: Optional[float] = None
    ) -> IndexInfo:
        """As annod.Client.rollback()."""
        return await self._run_on(name, indexes.rollback(name), timeout)

    async def attach(
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
        """As annod.Client.attach()."""
        steps = indexes.attach(
            name, path, dimension, metric, default_n=default_n, prefault=prefault
        )
        return await self._run(steps, timeout)

    async def detach(self, name: str, *, timeout: Optional[float] = None) -> None:
        """As annod.Client.detach()."""
        return await self._run_on(name, indexes.detach(name), timeout)

    async def reload(
        self, name: Optional[str] = None, *, timeout: Optional[float] = None
    ) -> List[IndexInfo]:
        """As annod.Client.reload()."""
        return await self._run(indexes.reload(name), timeout)

    async def health(
        self, name: Optional[str] = None, *, timeout: Optional[float] = None
    ) -> str:
        """As annod.Client.health()."""
        return await self._run(indexes.health(name), timeout)
