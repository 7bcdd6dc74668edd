"""The commands that pages of the documentation show behind `$`, and what they print."""

import contextlib
import os
import pathlib
import re
import subprocess
import time
import urllib.request

from annod_server import lasting_port

_SECONDS = 120
_PORTS = ("7077", "9077", "7177", "9177")
# Absolute paths of the pages lie in the scratch directory.
_ROOTS = re.compile(r"(?<![\w.])/(srv|var/lib|mnt|etc/annod|tmp)(?=/)")


def first_commands(runbook):
    """{alert: the first command of its entry}."""
    return dict(re.findall(r"^## (\w+)\n.*?^```\n(.*?)\n```", pathlib.Path(runbook).read_text(), re.MULTILINE | re.DOTALL))


class Step:
    def __init__(self, command, output):
        self.command = command
        self.output = output


def _is_whole(command):
    return not command.endswith("\\") and subprocess.run(["bash", "-n", "-c", command], stderr=subprocess.DEVNULL).returncode == 0


def steps(page):
    """The commands of a page, in order."""
    found = []
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```$", pathlib.Path(page).read_text(), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^ *\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            count = 1
            while not _is_whole("\n".join(lines[:count])):
                count += 1
            found.append(Step("\n".join(lines[:count]), lines[count:]))
    return found


def words(lines):
    """Lines without what differs from run to run: numbers, times, ids, progress."""
    kept = []
    for line in lines:
        # Bars are drawn on terminals alone; what stands in for them comes when it comes.
        if re.match(r"(add|build|deserialize|eval|export|fit|graph|rebuild|serialize|transform) .*[0-9]+ %( |$)", line):
            continue
        line = re.sub(r"\b(localhost|127\.0\.0\.1):", "HOST:", line)
        line = re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "#", line)
        line = re.sub(r"(request id: |xxh3_64\s+|\"(value|revision)\": ?)[^\s,]+", r"\1#", line)
        line = re.sub(r"\b[0-9a-f]{12}\b|\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b", "#", line)
        line = re.sub(r"-?\b[0-9]([0-9,.]*[0-9])?(e-?[0-9]+)?(?![A-Za-z_])", "#", line)
        line = re.sub(r"(\{[^{}]*\}|#( with \w+ #)?)(, ?\1)+", r"\1", line)
        line = re.sub(r"# (us|ms|s)\b", "# s", re.sub(r"## +(yes|no|within chance)", "## kept", line))
        kept.append(re.sub(r"\s+", " ", line.strip()))
    return [line for line in kept if line]


def agree(shown, printed):
    """Whether what was printed is what the page shows, where `...` stands for anything."""
    pattern = re.escape("\n".join(words(shown))).replace(r"\.\.\.", "(?s:.*)").replace(r"\ ", " ")
    return re.fullmatch(pattern, "\n".join(words(printed))) is not None


class Console:
    """A shell in a directory of its own, in which `annod` serves on free ports instead of the usual ones."""

    def __init__(self, directory, programs):
        self.directory = pathlib.Path(directory)
        self._ports = {usual: str(lasting_port()) for usual in _PORTS}
        self._servers = {}
        tools = self.directory / "bin"
        tools.mkdir()
        for program in programs:
            (tools / pathlib.Path(program).name).symlink_to(os.path.abspath(program))
        (self.directory / ".curlrc").write_text("silent\n")
        self._environment = {
            **os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(self.directory), "ANNOD_SERVER": f"127.0.0.1:{self._ports['7077']}"}
        self._shell = subprocess.Popen(
            ["bash"], cwd=self.directory, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def close(self):
        self._shell.stdin.close()
        self._shell.wait(timeout=_SECONDS)
        self._shell.stdout.close()
        for http in list(self._servers):
            self.stop(http)

    def _here(self, text):
        # Not every machine knows the name: a bare one may lack /etc/hosts.
        text = text.replace("localhost:", "127.0.0.1:")
        text = _ROOTS.sub(lambda found: f"{self.directory}{found.group()}", text)
        return re.sub("|".join(_PORTS), lambda found: self._ports[found.group()], text)

    def _there(self, text):
        text = text.replace(str(self.directory), "")
        return re.sub("|".join(self._ports.values()), lambda found: next(usual for usual, used in self._ports.items() if used == found.group()), text)

    def run(self, command):
        """What a command prints, and whether it succeeded; of one that starts a server nothing, when it is ready."""
        if re.match(r"annod (?!.*--check_config)", command, re.DOTALL):
            self.serve(*command.removesuffix("&").split()[1:])
            return "", True
        self._shell.stdin.write(self._here(command) + "\nstatus=$?; echo; echo =ended=$status\n")
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.startswith("=ended="):
                return self._there("".join(lines)), line.strip() == "=ended=0"
            lines.append(line)
        raise AssertionError(f"the shell ended at: {command}\n{''.join(lines)}")

    def serve(self, *flags):
        """Starts annod with these flags, and waits until it is ready."""
        flags = list(map(self._here, flags))
        for name, usual in (("listen", "7077"), ("http_listen", "9077")):
            if not any(flag.startswith(f"--{name}=") for flag in flags):
                flags.append(f"--{name}=127.0.0.1:{self._ports[usual]}")
        http = next(re.search(r":(\d+)$", flag).group(1) for flag in flags if flag.startswith("--http_listen="))
        log = self.directory / f"log.{http}"
        with open(log, "wb") as output:
            self._servers[http] = subprocess.Popen(
                ["annod", *flags, "--drain_delay=0s", "--durability=os", "--workers=1", "--http_tls=false"],
                cwd=self.directory, env=self._environment, executable=str(self.directory / "bin/annod"), stdout=output, stderr=output)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + _SECONDS
        while True:
            with contextlib.suppress(OSError), opener.open(f"http://127.0.0.1:{http}/readyz", timeout=10):
                return
            if time.monotonic() > deadline or self._servers[http].poll() is not None:
                raise AssertionError(f"annod {' '.join(flags)} is not ready:\n{log.read_text(errors='replace')}")
            time.sleep(0.02)

    def stop(self, http="9077"):
        """Ends the server whose HTTP port that is."""
        server = self._servers.pop(self._ports.get(http, http))
        server.terminate()
        server.wait(timeout=_SECONDS)
