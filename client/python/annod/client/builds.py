"""Client: builds, fits, and whole indexes in and out."""

import os
from typing import Any, BinaryIO, Iterable, List, Optional, Union

from annod.calls import builds, transfers
from annod.calls.builds import OnProgress
from annod.calls.transfers import CHUNK_BYTES
from annod.client.base import Caller
from annod.results import BuildResult, FitResult, IndexInfo
from annod.wire.files import FileReader, FileWriter


class BuildCalls(Caller):
    """Versions of an index. What builds has no deadline unless `timeout` gives one."""

    def build(
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
        """Builds a version of everything stored; every worker serves it when it
        returns. It goes on if this call ends early.

        Args:
          trees: 0: the index's default; -1: as many as fit in twice the nodes.
          seed, rules, dot_layout, hamming_layout: None: the index's.
          threads: of the server; None: all cores. Does not change the result.
          no_graph: a shorter build, slower queries.
          on_progress: called with a results.BuildProgress several times a second.
        """
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
        return self._run_on(name, steps, timeout)

    def cancel_build(self, name: str, *, timeout: Optional[float] = None) -> None:
        """Ends a running build; what it was building from stays."""
        return self._run_on(name, builds.cancel(name), timeout)

    def unbuild(self, name: str, *, timeout: Optional[float] = None) -> IndexInfo:
        """Stops serving the version; its items stay. Not needed for adding items."""
        return self._run_on(name, builds.unbuild(name), timeout)

    def rebuild(
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
        """Builds a new index, `target`, from the items and labels of another.

        Args:
          metric: None: the same.
          trees: 0: as many. The others as in build().
        """
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
        return self._run_on(name, steps, timeout)

    def fit(
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
        """Stores rows and builds, all or nothing.

        Args:
          vectors, labels, missing_value: as in add(). A DataFrame's columns are
            recorded, and compared by later calls.
          metric: of the index that is made if there is none; needed then.
          append: keep the items there are; else the rows replace them.
          start_index: id of the first row; None: 0, or the next one with append.
          trees, seed, threads: as in build().
        """
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
        return self._run_on(name, steps, timeout)

    def export(
        self,
        name: str,
        file: Union[str, "os.PathLike[str]", BinaryIO],
        *,
        format: str = "native",
        fill_holes: bool = False,
        timeout: Optional[float] = None,
    ) -> int:
        """Writes the served version to a file of this machine.

        Args:
          file: a path, where the file appears complete or not at all; or a binary
            file that is open, and can be written from its place again if the
            server goes away meanwhile.
          format: "native": the Annoy file; "native_blob", "portable" or
            "canonical": scikit-plots' blobs.
          fill_holes: ids that nobody added become zero vectors where the format
            cannot say that they are none.

        Returns:
          Bytes written.

        Raises:
          OSError: it cannot be written; what was there before still is.
        """
        number = transfers.format_number(format)
        with FileWriter(file) as writer:
            steps = transfers.serialize(
                name, number, fill_holes, writer.write, writer.begin
            )
            return self._run_on(name, steps, timeout)

    def serialize(
        self,
        name: str,
        *,
        format: str = "native_blob",
        fill_holes: bool = False,
        timeout: Optional[float] = None,
    ) -> bytes:
        """The served version as bytes; else as export()."""
        parts: List[bytes] = []
        number = transfers.format_number(format)
        steps = transfers.serialize(
            name, number, fill_holes, parts.append, parts.clear
        )
        self._run_on(name, steps, timeout)
        return b"".join(parts)

    def restore(
        self,
        name: str,
        source: Union[bytes, str, "os.PathLike[str]"],
        *,
        format: Optional[str] = None,
        metric: Optional[str] = None,
        dimension: int = 0,
        timeout: Optional[float] = None,
    ) -> IndexInfo:
        """Replaces an index's items by those of an export, or makes it; all or
        nothing, after checking every node.

        Args:
          source: a path of this machine, or the bytes.
          format: as in export(); None: told from the bytes.
          metric, dimension: needed for bytes that do not say them, unless the index
            exists.
        """
        number = transfers.format_number(format)

        with FileReader(source, CHUNK_BYTES) as reader:
            steps = transfers.deserialize(
                name, reader.chunks, number, metric, dimension
            )
            return self._run(steps, timeout)
