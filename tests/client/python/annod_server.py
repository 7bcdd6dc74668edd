"""A real annod on a free port of the loopback interface, for tests."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request
from typing import List, Optional

_START_SECONDS = 30


class AnnodServer:
    """The server's process tree; `address` is its "host:port", `http_url` that of its HTTP port."""

    def __init__(self, *flags: str, data_dir: Optional[str] = None):
        self._directory = tempfile.TemporaryDirectory(prefix="annod_python_")
        self._log = pathlib.Path(self._directory.name, "log")
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [
                    os.environ.get("ANNOD_BINARY", "server/annod"),
                    "--data_dir=" + (data_dir or self._directory.name + "/data"),
                    "--listen=127.0.0.1:0",
                    "--http_listen=127.0.0.1:0",
                    "--drain_delay=0s",
                    "--durability=os",
                    "--workers=2",
                    *flags,
                ],
                stdout=log,
                stderr=log,
            )
        self.address = self._await_log(r"serving gRPC on ([0-9.]+:\d+)")
        self.http_url = self._await_log(r"metrics on (http://[0-9.]+:\d+)")
        self._await_ready(self.http_url)

    def worker_pids(self) -> List[int]:
        """Pids of the live worker processes."""
        pids = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                parent = (path / "stat").read_text().rsplit(")", 1)[1].split()[1]
                command = (path / "cmdline").read_bytes()
            except (OSError, IndexError):
                continue
            if int(parent) == self._process.pid and b"child_role=worker" in command:
                pids.append(int(path.name))
        return pids

    def kill_worker(self, pid: int) -> None:
        """Ends one worker as a crash would."""
        os.kill(pid, signal.SIGKILL)

    def kill_tree(self) -> None:
        """Ends the whole server as a crash would; its children end with it."""
        self._process.kill()
        self._process.wait(timeout=_START_SECONDS)

    def log(self) -> str:
        """Everything logged so far."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """Ends the server and deletes its data."""
        self._process.terminate()
        self._process.wait(timeout=_START_SECONDS)
        self._directory.cleanup()

    def _await_log(self, pattern: str) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            found = re.search(pattern, self.log())
            if found:
                return found.group(1)
            time.sleep(0.02)
        raise AssertionError(f"annod did not start:\n{self.log()}")

    def _await_ready(self, url: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            try:
                with opener.open(url + "/readyz", timeout=1):
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"annod did not become ready:\n{self.log()}")


class ServerTest(unittest.TestCase):
    """Tests that share one server, named by ANNOD_SERVER."""

    server: AnnodServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = AnnodServer()
        os.environ["ANNOD_SERVER"] = cls.server.address

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    def new_path(self, name: str) -> str:
        """A path in a directory that is deleted after the test."""
        directory = tempfile.TemporaryDirectory(prefix="annod_python_")
        self.addCleanup(directory.cleanup)
        return os.path.join(directory.name, name)
