"""What the documents show is what the programs in them print."""

import doctest
import os
import pathlib
import runpy
import sys
import unittest
from unittest import mock

from annod_server import ServerTest

_TOP = pathlib.Path.cwd()


class DocsTest(ServerTest):
    def setUp(self):
        # The programs write to the working directory.
        directory = os.path.dirname(self.new_path("x"))
        os.chdir(directory)
        self.addCleanup(os.chdir, _TOP)

    def test_python_md(self):
        result = doctest.testfile(str(_TOP / "docs/python.md"), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 30)

    def test_first_query(self):
        program = str(_TOP / "examples/first_query.py")
        with mock.patch.object(sys, "argv", [program, self.server.address]):
            with mock.patch("builtins.print") as printed:
                runpy.run_path(program, run_name="__main__")
        lines = [call.args for call in printed.call_args_list]
        self.assertEqual(lines[0][1][0], 0)
        self.assertEqual([line[2] for line in lines[1:]], [["near"] * 2, ["far"] * 2])


if __name__ == "__main__":
    unittest.main()
