"""Generates the stubs before the package is put together; the rest is pyproject.toml."""

import pathlib
import subprocess

from setuptools import setup
from setuptools.command.build_py import build_py

_HERE = pathlib.Path(__file__).resolve().parent


class BuildWithStubs(build_py):
    def run(self) -> None:
        if not (_HERE / "annod/v1/types_pb2.py").exists():
            subprocess.run([str(_HERE / "build_stubs")], check=True)
        super().run()


setup(cmdclass={"build_py": BuildWithStubs})
