"""A source tree of a few files, and the tools run over it."""

import pathlib
import subprocess
import tempfile
import unittest


class TreeTestCase(unittest.TestCase):
    """self.root holds a small tree that is as it should be."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.add_library("core", [])
        self.write("core/metric.h", "")
        self.add_library("core/annoy", ["//core", "//third_party/debian:absl"])
        self.write("core/annoy/node.h", '#include "core/metric.h"\n')
        self.write("core/annoy/node.cc", '#include "core/annoy/node.h"\n#include "absl/status/status.h"\n')
        self.add_library("core/forest", ["//core", "//core/annoy"])
        self.write("core/forest/grower.cc", '#include "core/annoy/node.h"\n#include "core/metric.h"\n')
        self.write("proto/annod/v1/types.proto", "")
        self.add_library("server", ["//core/annoy", "//proto:annod_v1"])
        self.write("server/call.cc", '#include "annod/v1/types.pb.h"\n#include "core/annoy/node.h"\n')

        self.name("core", "core/annoy", "core/forest", "server")

    def name(self, *folders):
        """Has docs/architecture.md say what belongs into `folders`."""
        (self.root / "docs").mkdir(exist_ok=True)
        with open(self.root / "docs/architecture.md", "a") as page:
            page.writelines(f"| `{folder}` | things |\n" for folder in folders)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def add_library(self, folder, deps):
        self.write(folder + "/BUILD.bazel", f'load("//tools:cc.bzl", "folder_library")\n\nfolder_library(deps = {deps})\n')

    def run_tool(self, *command):
        """Its exit status and what it printed."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr
