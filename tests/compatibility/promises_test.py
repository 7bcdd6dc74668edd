"""What released versions promised (docs/compatibility.md) by name is still there today.

    promises_test.py --make DIR     writes the lists of today's programs, at a release

DIR/protos.binpb is an image of the protos of annod.v1, for buf; the other files have a name a
line, and what belongs to it.
"""

import inspect
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import annod

PROMISES = pathlib.Path("tests/testdata/promises")
PROTO = pathlib.Path("proto")
CATALOG = pathlib.Path("server/metrics/metric_catalog.cc")
# Words of the services' comments that look like reasons and are codes of gRPC, enums or files.
_OTHERS = re.compile(
    r"(?:METRIC|SERIALIZE)_\w+|MANIFEST|OK|CANCELLED|UNKNOWN|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|UNAUTHENTICATED|RESOURCE_EXHAUSTED|"
    r"FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS")


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def flags():
    """annod's flags, and settings, which have the same names."""
    return set(re.findall(r"^  (?:-\w,)?--(\w+)", output(os.environ.get("ANNOD_BINARY", "server/annod"), "--help"), re.MULTILINE))


def commands():
    """annodctl's commands, each with an option."""
    text = output(os.environ.get("ANNODCTL", "client/annodctl"), "completion", "fish").replace("'\\''", "")
    return {f"{command} --{option}".strip() for command, option in re.findall(r"__annodctl_is ([\w -]*)'.* -l '?([\w-]+)", text)}


def metrics():
    """A family and one of its labels a line; one without labels alone."""
    families = re.findall(r'\{"(annod_\w+)",\s*(k\w+),.*?\{([^}]*)\}\}', CATALOG.read_text(), re.DOTALL)
    return {f"{name} {kind} {label}".strip() for name, kind, labels in families for label in re.findall(r"\w+", labels) or [""]}


def reasons():
    """Reasons of errors that comments of the services name."""
    comments = "".join(line for path in (PROTO / "annod/v1").glob("*_service.proto") for line in path.read_text().splitlines(True) if line.lstrip().startswith("//"))
    return {word for word in re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", comments) if len(word) > 6 and not _OTHERS.fullmatch(word)}


def python():
    """Public names of the package; of calls of the clients each parameter."""
    names = set(annod.__all__) | {f"errors.{name}" for name in vars(annod.errors) if name[0].isupper()}
    for label, client in (("Client", annod.Client), ("aio.Client", annod.aio.Client)):
        for name, call in inspect.getmembers(client, inspect.isfunction):
            if not name.startswith("_") or name == "__init__":
                names |= {f"{label}.{name} {parameter}" for parameter in inspect.signature(call).parameters if parameter != "self"}
    return names


LISTS = {"flags": flags, "annodctl": commands, "metrics": metrics, "reasons": reasons, "python": python}


def image(path):
    """The protos as buf compares them."""
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            ["buf", "build", PROTO, "--path", PROTO / "annod/v1", "--exclude-source-info", "-o", path],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "HOME": home})


class PromisesTest(unittest.TestCase):
    def test_names_stay(self):
        for release in sorted(path.name for path in PROMISES.iterdir()):
            for name, today in LISTS.items():
                with self.subTest(release=release, list=name):
                    promised = set((PROMISES / release / f"{name}.txt").read_text().splitlines())
                    self.assertGreater(len(promised), 10)
                    self.assertEqual(sorted(promised - today()), [], "was promised and is gone")

    def test_wire_stays(self):
        for release in sorted(path.name for path in PROMISES.iterdir()):
            with self.subTest(release), tempfile.TemporaryDirectory() as directory:
                self.assertEqual(self.broken(directory, PROMISES / release / "protos.binpb"), "")

    def test_a_field_that_is_gone_would_be_found(self):
        global PROTO
        kept = PROTO
        self.addCleanup(lambda: globals().update(PROTO=kept))
        with tempfile.TemporaryDirectory() as directory:
            for path in kept.rglob("*.proto"):
                copy = pathlib.Path(directory, "proto", path.relative_to(kept))
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(path.read_text().replace("int32 search_k = 4;", ""))
            PROTO = pathlib.Path(directory, "proto")
            self.assertIn('"search_k" on message "GetNnsRequest" was deleted', self.broken(directory, PROMISES / "0.2.0" / "protos.binpb"))

    def broken(self, directory, against):
        today = pathlib.Path(directory, "today.binpb")
        image(today)
        return subprocess.run(["buf", "breaking", today, "--against", against], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, "HOME": directory}).stdout


def make(directory):
    directory.mkdir(parents=True, exist_ok=True)
    image(directory / "protos.binpb")
    for name, today in LISTS.items():
        (directory / f"{name}.txt").write_text("".join(line + "\n" for line in sorted(today())))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make(pathlib.Path(sys.argv[2]))
    else:
        unittest.main()
