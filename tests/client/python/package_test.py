"""The package stands alone: what a copy of its folder, and nothing else, makes."""

import filecmp
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

_FOLDER = pathlib.Path("client/python")
_MOST_MODULES = 20
_VERSION = re.search(r'kVersion\[\] = "(.+)"', pathlib.Path("core/version.h").read_text()).group(1)
_PROGRAM = "import annod, annod.aio; from annod.v1 import admin_service_pb2_grpc; print(annod.__file__, annod.__version__)"


def run(*command, cwd):
    """Runs a command without the tree's package in its path; its output."""
    environment = {**os.environ, "HOME": str(cwd), "PIP_CONFIG_FILE": os.devnull}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    if done.returncode:
        raise AssertionError(f"{command} exits with {done.returncode}:\n{done.stdout}")
    return done.stdout


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._directory = tempfile.TemporaryDirectory(prefix="annod_python_")
        cls.top = pathlib.Path(cls._directory.name)
        cls.copy = cls.top / "copy"
        for path in _FOLDER.rglob("*"):
            relative = path.relative_to(_FOLDER)
            if path.is_file() and relative.parts[0] != "site" and "__pycache__" not in relative.parts:
                (cls.copy / relative.parent).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path.resolve(), cls.copy / relative)
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(cls.top / "dist"), ".", cwd=cls.copy)
        cls.wheel = next((cls.top / "dist").glob("*.whl"))
        cls.sdist = next((cls.top / "dist").glob("*.tar.gz"))

    @classmethod
    def tearDownClass(cls):
        cls._directory.cleanup()

    def install(self, what, name):
        """Installs something, and imports it from there."""
        target = self.top / name
        run(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(target), str(what), cwd=self.top)
        where, version = run(sys.executable, "-c", f"import sys; sys.path.insert(0, {str(target)!r}); {_PROGRAM}", cwd=self.top).split()
        self.assertEqual(pathlib.Path(where), target / "annod" / "__init__.py")
        self.assertEqual(version, _VERSION)

    def test_the_wheel_holds_every_module_and_the_types(self):
        names = set(zipfile.ZipFile(self.wheel).namelist())
        for path in (self.copy / "annod").rglob("*"):
            if path.suffix in (".py", ".pyi") or path.name == "py.typed":
                self.assertIn(str(path.relative_to(self.copy)), names)

    def test_the_wheel_installs(self):
        self.install(self.wheel, "from_wheel")

    def test_the_sdist_installs(self):
        names = tarfile.open(self.sdist).getnames()
        self.assertIn(f"annod-{_VERSION}/annod/v1/types_pb2.py", names)
        self.assertIn(f"annod-{_VERSION}/build_stubs", names)
        self.install(self.sdist, "from_sdist")

    def test_the_folder_alone_installs(self):
        self.install(self.copy, "from_folder")

    def test_the_committed_stubs_are_those_of_the_protos(self):
        # Bazel makes the site's stubs of the protos.
        made, committed = pathlib.Path("client/python/site/annod/v1"), _FOLDER / "annod/v1"
        names = sorted(path.name for path in made.iterdir() if path.suffix in (".py", ".pyi"))
        self.assertEqual(names, sorted(path.name for path in committed.iterdir() if path.suffix in (".py", ".pyi")))
        for name in names:
            self.assertTrue(filecmp.cmp(made / name, committed / name, shallow=False), f"{name} is old: run client/python/build_stubs")

    def test_folders_are_small(self):
        for folder, _, files in os.walk(self.copy / "annod"):
            modules = [name for name in files if name.endswith(".py")]
            self.assertLessEqual(len(modules), _MOST_MODULES, folder)
            for name in modules:
                if not name.endswith(("_pb2.py", "_pb2_grpc.py")):
                    lines = (pathlib.Path(folder) / name).read_text().count("\n")
                    self.assertLessEqual(lines, 420, name)


if __name__ == "__main__":
    unittest.main()
