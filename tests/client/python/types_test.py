"""The package is typed: mypy --strict finds nothing, in it or in who uses it."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

_USER = """
from typing import Optional

import numpy as np
import numpy.typing as npt

import annod
from annod import aio, results


def nearest(rows: "npt.NDArray[np.float32]") -> "npt.NDArray[np.int32]":
    with annod.Client("localhost:7077", timeout=5.0) as client:
        info: results.IndexInfo = client.info("points")
        name: str = info.name
        found = client.query(name, rows, 10, include_labels=True)
        distances: Optional["npt.NDArray[np.float32]"] = found.distances
        assert distances is not None
        return found.ids


async def count() -> int:
    async with aio.Client() as client:
        return len(await client.query("points", [[1.0, 2.0]]))


index = annod.AnnoyIndex(3, "angular")
ids = index.get_nns_by_item(0, 1)
"""
_WRONG = """
import annod

annod.Client().info(7)
"""


def mypy(directory, *arguments):
    environment = {**os.environ, "MYPYPATH": str(pathlib.Path("client/python/site").resolve())}
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", directory, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


class TypesTest(unittest.TestCase):
    def test_strictly(self):
        with tempfile.TemporaryDirectory(prefix="annod_python_") as directory:
            whole = mypy(directory, "-p", "annod")
            self.assertEqual(whole[0], 0, whole[1])
            for text, status in ((_USER, 0), (_WRONG, 1)):
                program = pathlib.Path(directory, "program.py")
                program.write_text(text)
                result = mypy(directory, str(program))
                self.assertEqual(result[0], status, result[1])


if __name__ == "__main__":
    unittest.main()
