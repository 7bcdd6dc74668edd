"""Labels keep their type, between Python and the command line."""

import json
import os
import subprocess
import unittest

import numpy as np

from annod import Annoy, Client, labels
from annod_server import ServerTest

_TEXTS = ["near", "true", "null", "1.50", "007", '"quoted"', "{}", " spaced ", "grün"]
_OTHERS = [True, None, 7, 1.5, [1, "a"], {"a": 1}, "", False]


class LabelTypesTest(ServerTest):
    def ctl(self, *arguments):
        done = subprocess.run([os.environ.get("ANNODCTL_BINARY", "client/annodctl"), *arguments, "--server", self.server.address], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def shown(self, name, item):
        return json.loads(self.ctl("get", name, "--item", str(item), "--json"))["items"][0]["label"]

    def test_text_of_python_is_shown_as_it_is(self):
        Annoy(metric="l2", index="from-python").fit(np.eye(len(_TEXTS)), _TEXTS)
        for item, text in enumerate(_TEXTS):
            self.assertEqual(self.shown("from-python", item), text)

    def test_text_of_the_command_line_is_text_in_python(self):
        self.ctl("create", "from-ctl", "--dim", "2", "--metric", "euclidean")
        for item, text in enumerate(_TEXTS):
            self.ctl("add", "from-ctl", "--vector", f"{item},1", "--id", str(item), "--label", text)
        self.ctl("build", "from-ctl")
        self.assertEqual(Annoy(index="from-ctl").y, _TEXTS)
        with Client() as client:
            self.assertEqual(client.query("from-ctl", items=range(len(_TEXTS)), n=1, include_labels=True).labels, [[text] for text in _TEXTS])
            self.assertEqual(client.get("from-ctl", labels=_TEXTS).ids.tolist(), list(range(len(_TEXTS))))

    def test_other_types_come_back_to_python_and_carry_a_mark_elsewhere(self):
        Annoy(metric="l2", index="others").fit(np.eye(len(_OTHERS)), _OTHERS)
        back = Annoy(index="others").y
        self.assertEqual([(type(label), label) for label in back], [(type(label), label) for label in _OTHERS])
        for item in range(len(_OTHERS)):
            self.assertTrue(self.shown("others", item).startswith(labels.MARK))


if __name__ == "__main__":
    unittest.main()
