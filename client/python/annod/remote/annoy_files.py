"""The files of Annoy's class: save, load and what belongs to them."""

import errno
import os
from typing import Any, Optional

from annod.remote import transfer
from annod.remote.asking import Asking
from annod.remote.index import RemoteIndex


class AnnoyFiles(Asking):
    """Forests in files of this machine, as Annoy has them."""

    _f: int
    _metric: str
    _built: bool
    _loaded: bool
    _empty_trees: Optional[int]
    _on_disk_path: Optional[str]

    def save(self, fn: Any, prefault: bool = False) -> bool:
        """Writes the forest to a file of this machine, which stock Annoy opens.
        The index counts as loaded from it then, as in Annoy.

        Args:
          fn: path; replaced atomically if it exists.
          prefault: as in load.

        Returns:
          True.

        Raises:
          OSError: not built, empty, or the file cannot be written.
        """
        self._remote.check_open()
        path = os.fsdecode(fn)
        if not self._built:
            raise OSError("an index that is not built cannot be saved")
        if self._empty():
            raise OSError("an index without items cannot be saved")
        transfer.download_file(self._remote, path)
        self._loaded = True
        return True

    def load(self, fn: Any, prefault: bool = False) -> bool:
        """Replaces everything by the forest in a file of this machine, after
        checking all of it. It is sent to the server, not mapped here.

        Args:
          fn: path of a file that any Annoy wrote, for the same f and metric.
          prefault: whether the server reads it in before it answers.

        Returns:
          True.

        Raises:
          OSError: no such file, or it does not pass the checks; the index is as
            it was.
        """
        self._remote.check_open()
        path = os.fsdecode(fn)
        if self._f == 0:
            raise OSError(f"{path} cannot be loaded: f is not known")
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        if not os.path.isfile(path):
            raise FileNotFoundError(errno.ENOENT, "No such file", path)
        self._remote.create(self._f, self._metric)
        transfer.upload_file(self._remote, path, self._metric, self._f)
        if prefault:
            self._remote.prefault()
        self._built = self._loaded = True
        self._empty_trees = None
        return True

    def unload(self) -> bool:
        """Forgets forest and items; the index can be filled again. One that was
        named stays on the server; this object lets go of it. Returns True."""
        self._remote.check_open()
        self._remote.forget()
        self._remote = RemoteIndex(self._remote.connection)
        self._built = self._loaded = False
        self._empty_trees = None
        self._on_disk_path = None
        return True

    def on_disk_build(self, fn: Any) -> bool:
        """Has build() write the forest to `fn`, as save() would. Returns True.

        Raises:
          OSError: no file can be written there.
        """
        path = os.fsdecode(fn)
        transfer.check_writable(path)
        self._on_disk_path = path
        return True

    def _empty(self) -> bool:
        return not self._remote.exists or self._empty_trees is not None
