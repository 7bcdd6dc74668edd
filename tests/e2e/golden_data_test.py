"""Data directories that released versions wrote are opened, asked and changed by today's annod.

    golden_data_test.py --make DIR     writes such a directory with the annod of ANNOD_BINARY

DIR/data is what annod wrote, DIR/answers.json what it was asked then, and answered.
"""

import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import unittest

from http_case import HttpCase

GOLDEN = pathlib.Path("tests/testdata/data_directories")
METRICS = {"angular": 8, "euclidean": 8, "manhattan": 8, "dot": 8, "hamming": 32}
JSON = {"Content-Type": "application/json"}
ENGINES = ({"engine": "ENGINE_EXACT"}, {"engine": "ENGINE_FOREST", "searchK": 200})


class DataCase(HttpCase):
    def post(self, method, message):
        answer = self.ask("/v1/" + method, JSON, json.dumps(message).encode())
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def questions(self, has_graph):
        for name in METRICS:
            engines = ENGINES + (({"engine": "ENGINE_GRAPH", "beam": 50},) if name in has_graph else ())
            for options in engines:
                yield {"index": name, "queries": [{"item": 3}, {"item": 50}], "n": 5, "includeDistances": True, **options}
        yield {"index": "angular", "queries": [{"label": "label-7"}], "n": 5, "includeLabels": True, "includeStaged": True, **ENGINES[0]}
        yield {"index": "unbuilt", "queries": [{"item": 1}], "n": 3, "includeDistances": True, "includeStaged": True, **ENGINES[0]}


class GoldenDataTest(DataCase):
    def open_copy(self, path):
        directory = tempfile.TemporaryDirectory(prefix="annod_golden_", dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(directory.cleanup)
        data = pathlib.Path(directory.name, "data")
        # Runfiles are links.
        shutil.copytree(path / "data", data, copy_function=lambda source, target: shutil.copyfile(os.path.realpath(source), target))
        self.start("--http_json", data_dir=str(data))

    def assert_near(self, got, wanted):
        self.assertEqual(got["results"][0].keys(), wanted["results"][0].keys())
        for mine, old in zip(got["results"], wanted["results"]):
            self.assertEqual((mine["ids"], mine.get("labels")), (old["ids"], old.get("labels")))
            for a, b in zip(mine.get("distances", []), old.get("distances", [])):
                self.assertAlmostEqual(a, b, delta=1e-5 * max(1, abs(b)))

    def test_each_is_opened_answers_as_then_and_goes_on(self):
        releases = sorted(GOLDEN.iterdir())
        self.assertTrue(releases)
        for release in releases:
            with self.subTest(release=release.name):
                then = json.loads((release / "answers.json").read_text())
                self.open_copy(release)
                for name, facts in then["info"].items():
                    info = self.post("Info", {"index": name})["info"]
                    self.assertEqual({key: info.get(key) for key in facts}, facts)
                for question in then["answers"]:
                    self.assert_near(self.post("GetNns", question["request"]), question["response"])
                # Written on, and built from what lies there.
                for name, dimension in METRICS.items():
                    self.annodctl("add", name, self.csv(name + ".csv", [[1] * dimension]))
                    self.annodctl("build", name, "--trees", "2")
                    self.assertEqual(self.post("Info", {"index": name})["info"]["version"], "2")
                self.annodctl("build", "unbuilt", "--trees", "2")
                self.assertEqual(self.post("Info", {"index": "unbuilt"})["info"]["itemCount"], "4")


class Maker(DataCase):
    """Not a test: writes what the test reads."""

    def make(self, directory):
        self.start("--http_json", data_dir=str(directory / "data"))
        numbers = random.Random(7)
        for name, dimension in METRICS.items():
            count = 1500 if name == "euclidean" else 120
            rows = [[numbers.randrange(2) if name == "hamming" else round(numbers.gauss(0, 1), 4) for _ in range(dimension)] for _ in range(count)]
            path = self.csv(name + ".csv", [["label"] + [f"x{i}" for i in range(dimension)]] + [[f"label-{i}"] + row for i, row in enumerate(rows)])
            self.annodctl("create", name, "--dim", str(dimension), "--metric", name)
            self.annodctl("add", name, path)
            self.annodctl("build", name, "--trees", "2")
        # Beyond the versions: items stored and removed since, and an index never built.
        self.annodctl("add", "angular", self.csv("more.csv", [[0.5] * 8, [0.25] * 8]))
        self.annodctl("remove", "angular", "--ids", "11,12")
        self.annodctl("create", "unbuilt", "--dim", "2", "--metric", "euclidean")
        self.annodctl("add", "unbuilt", self.csv("four.csv", [[0, 0], [1, 0], [0, 2], [3, 3]]))
        names = list(METRICS) + ["unbuilt"]
        infos = {name: self.post("Info", {"index": name})["info"] for name in names}
        keys = ("dimension", "metric", "state", "version", "itemCount", "stagedItemCount", "removedItemCount", "labelCount", "treeCount", "layout", "nextId")
        has_graph = [name for name in names if "graphBytes" in infos[name]]
        document = {
            "info": {name: {key: infos[name].get(key) for key in keys} for name in names},
            "answers": [{"request": question, "response": self.post("GetNns", question)} for question in self.questions(has_graph)],
        }
        (directory / "answers.json").write_text(json.dumps(document, indent=1) + "\n")
        print("with a graph:", has_graph)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        maker = Maker()
        maker.make(pathlib.Path(sys.argv[2]))
        maker.doCleanups()
        # What is of that machine and process alone (docs/format.md).
        data = pathlib.Path(sys.argv[2], "data")
        for path in sorted([*data.rglob(".*"), *data.rglob("PUBLISHED")]):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    else:
        unittest.main(argv=sys.argv, defaultTest="GoldenDataTest")
