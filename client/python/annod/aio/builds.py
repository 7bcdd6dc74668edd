"""aio.Client: builds, fits, and whole indexes in and out."""

import os
from typing import Any, BinaryIO, Iterable, List, Optional, Union

from annod.aio.base import Caller
from annod.calls import builds, transfers
from annod.calls.builds import OnProgress
from annod.calls.transfers import CHUNK_BYTES
from annod.results import BuildResult, FitResult, IndexInfo
from annod.wire.files import FileReader, FileWriter


class BuildCalls(Caller):
    """Versions of an index. What builds has no deadline unless `timeout` gives one."""

    async def build(
        self,
        name: str,
        trees: int = 0,
        *,
        seed: Optional[int] = None,
        threads: Optional[int] = None,
        no_graph: bool = False,
        rules: Optional[str] = None,
        dot_layout: Optional[str] = None,
        hamming_layout: Optional[str] = None,
        on_progress: OnProgress = None,
        timeout: Optional[float] = None,
    ) -> BuildResult:
        """As annod.Client.build()."""
        steps = builds.build(
            name,
            on_progress,
            tree_count=trees,
            seed=seed,
            thread_count=threads,
            no_graph=no_graph,
            rules=rules,
            dot_layout=dot_layout,
            hamming_layout=hamming_layout,
        )
        return await self._run_on(name, steps, timeout)

    async def cancel_build(self, name: str, *, timeout: Optional[float] = None) -> None:
        """As annod.Client.cancel_build()."""
        return await self._run_on(name, builds.cancel(name), timeout)

    async def unbuild(self, name: str, *, timeout: Optional[float] = None) -> IndexInfo:
        """As annod.Client.unbuild()."""
        return await self._run_on(name, builds.unbuild(name), timeout)

    async def rebuild(
        self,
        name: str,
        target: str,
        *,
        metric: Optional[str] = None,
        trees: int = 0,
        seed: Optional[int] = None,
        threads: Optional[int] = None,
        rules: Optional[str] = None,
        on_progress: OnProgress = None,
        timeout: Optional[float] = None,
    ) -> BuildResult:
        """As annod.Client.rebuild()."""
        steps = builds.rebuild(
            name,
            target,
            metric,
            on_progress,
            tree_count=trees,
            seed=seed,
            thread_count=threads,
            rules=rules,
        )
        return await self._run_on(name, steps, timeout)

    async def fit(
        self,
        name: str,
        vectors: Any,
        labels: Optional[Iterable[Any]] = None,
        *,
        metric: Optional[str] = None,
        append: bool = False,
        start_index: Optional[int] = None,
        missing_value: Optional[float] = None,
        feature_names: Iterable[str] = (),
        allow_duplicate_labels: bool = True,
        trees: int = 0,
        seed: Optional[int] = None,
        threads: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> FitResult:
        """As annod.Client.fit()."""
        steps = builds.fit(
            name,
            vectors,
            labels,
            metric,
            append,
            start_index,
            missing_value,
            feature_names,
            {"allow_duplicate_labels": allow_duplicate_labels},
            {"tree_count": trees, "seed": seed, "thread_count": threads},
        )
        return await self._run_on(name, steps, timeout)

    async def export(
        self,
        name: str,
        file: Union[str, "os.PathLike[str]", BinaryIO],
        *,
        format: str = "native",
        fill_holes: bool = False,
        timeout: Optional[float] = None,
    ) -> int:
        """As annod.Client.export()."""
        number = transfers.format_number(format)
        with FileWriter(file) as writer:
            steps = transfers.serialize(
                name, number, fill_holes, writer.write, writer.begin
            )
            return await self._run_on(name, steps, timeout)

    async def serialize(
        self,
        name: str,
        *,
        format: str = "native_blob",
        fill_holes: bool = False,
        timeout: Optional[float] = None,
    ) -> bytes:
        """As annod.Client.serialize()."""
        parts: List[bytes] = []
        number = transfers.format_number(format)
        steps = transfers.serialize(
            name, number, fill_holes, parts.append, parts.clear
        )
        await self._run_on(name, steps, timeout)
        return b"".join(parts)

    async def restore(
        self,
        name: str,
        source: Union[bytes, str, "os.PathLike[str]"],
        *,
        format: Optional[str] = None,
        metric: Optional[str] = None,
        dimension: int = 0,
        timeout: Optional[float] = None,
    ) -> IndexInfo:
        """As annod.Client.restore()."""
        number = transfers.format_number(format)

        with FileReader(source, CHUNK_BYTES) as reader:
            steps = transfers.deserialize(
                name, reader.chunks, number, metric, dimension
            )
            return await self._run(steps, timeout)
