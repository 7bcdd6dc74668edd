"""Generates the stubs if they are not there; the rest is in pyproject.toml."""

import pathlib
import subprocess

from setuptools import setup

_HERE = pathlib.Path(__file__).resolve().parent

if not (_HERE / "annod/v1/types_pb2.py").exists():
    subprocess.run([str(_HERE / "build_stubs")], check=True)

setup()
