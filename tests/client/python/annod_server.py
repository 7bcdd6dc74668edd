"""A real annod on a free port of the loopback interface, for tests."""

import contextlib
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
from typing import List, Optional

_START_SECONDS = 60


def lasting_port() -> int:
    """A free port that nobody gets who asks for any: for a server that comes back to it."""
    first_of_any = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(10000, first_of_any), 1000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def _stands_still(pid: int) -> bool:
    """Whether all threads of a process are stopped."""
    try:
        states = [(task / "stat").read_text().rsplit(")", 1)[1].split()[0] for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    except FileNotFoundError:  # a thread that ended meanwhile
        return False
    return all(state in "Tt" for state in states)


def stop_process(pid: int) -> None:
    """SIGSTOP, and waits until no thread runs: each is reached when it is scheduled
    next, and until then it may answer."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + _START_SECONDS
    # Twice: one that ran might have begun another.
    while not (_stands_still(pid) and _stands_still(pid)):
        if time.monotonic() > deadline:
            raise AssertionError(f"process {pid} does not stop")
        time.sleep(0.001)


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
                with opener.open(url + "/readyz", timeout=10):
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
