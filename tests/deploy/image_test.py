"""What the image says of itself: its version, and the packages in it."""

import importlib.machinery
import importlib.util
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, "deploy/image")
import package_list  # noqa: E402


def load_script(path):
    loader = importlib.machinery.SourceFileLoader("make_root", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_root", loader))
    loader.exec_module(module)
    return module


make_root = load_script("deploy/image/make_root")


class DockerfileTest(unittest.TestCase):
    def test_its_label_is_the_version_of_the_program(self):
        version = re.search(r'kVersion\[\] = "(.+)"', pathlib.Path("core/version.h").read_text()).group(1)
        text = pathlib.Path("Dockerfile").read_text()
        self.assertIn(f'org.opencontainers.image.version="{version}"', text)
        self.assertEqual(set(re.findall(r"annod:(\d\S*)", text)), {version})

    def test_build_image_can_leave_the_stage_that_compiles_out(self):
        text = pathlib.Path("Dockerfile").read_text()
        self.assertEqual(len(re.findall(r"^.* AS build\n(?:.+\n)+\n", text, flags=re.MULTILINE)), 1)


class PackageListTest(unittest.TestCase):
    """Of packages that every Debian has."""

    def setUp(self):
        self.text = package_list.cyclonedx(["base-files", "libc6"], "1.2.3", 1700000000)
        self.components = {found["name"]: found for found in json.loads(self.text)["components"]}

    def test_names_version_and_origin(self):
        libc = self.components["libc6"]
        self.assertTrue(libc["purl"].startswith(f"pkg:deb/debian/libc6@{libc['version']}?arch="))
        self.assertTrue(libc["properties"][0]["value"].startswith("glibc "))
        self.assertEqual(json.loads(self.text)["metadata"]["component"]["version"], "1.2.3")

    def test_names_licences(self):
        self.assertIn("LGPL-2.1", [licence["license"]["name"] for licence in self.components["libc6"]["licenses"]])

    def test_is_the_same_at_the_same_time(self):
        self.assertEqual(self.text, package_list.cyclonedx(["base-files", "libc6"], "1.2.3", 1700000000))
        self.assertIn("2023-11-14T22:13:20Z", self.text)


class MakeRootTest(unittest.TestCase):
    def test_leaves_programs_and_manuals_of_packages_out(self):
        for path in ("/bin/bash", "/usr/bin/env", "/sbin/ldconfig", "/etc/debconf.conf", "/usr/share/man/man1/bash.1.gz",
                     "/usr/share/doc/libc6/NEWS.gz", "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so"):
            self.assertTrue(make_root.LEFT_OUT.match(path), path)
        for path in ("/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libgrpc.so.29", "/etc/os-release",
                     "/usr/share/doc/libc6/copyright"):
            self.assertFalse(make_root.LEFT_OUT.match(path), path)

    def test_knows_the_package_of_a_library(self):
        self.assertEqual(make_root.package_of("/usr/lib/x86_64-linux-gnu/libc.so.6"), "libc6")
        self.assertEqual(make_root.package_of("/lib/x86_64-linux-gnu/libc.so.6"), "libc6")


if __name__ == "__main__":
    unittest.main()
