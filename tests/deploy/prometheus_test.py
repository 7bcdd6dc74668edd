"""A real Prometheus scrapes a real annod: rules are evaluated, every panel has data, an alert fires."""

import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import unittest

import rules

from annod_server import AnnodServer
from prometheus import Prometheus

# What Grafana puts in the place of a dashboard's variables.
_VARIABLES = {"$job": ".*", "$instance": ".*", "$index": ".*", "$__rate_interval": "1m"}
# Series that only a server with a certificate has.
_TLS_ONLY = "annod_certificate_expiry_seconds"


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="annod_prometheus_")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.annod = AnnodServer("--recall_sample_fraction=1", "--recall_cpu_fraction=1", "--max_in_flight=8")
        cls.addClassCleanup(cls.annod.stop)
        cls.prometheus = Prometheus(cls.directory.name, re.search(r"metrics on http://([0-9.:]+)", cls.annod.log()).group(1))
        cls.addClassCleanup(cls.prometheus.stop)
        cls.load()

    @classmethod
    def ctl(cls, *arguments, succeeds=True):
        done = subprocess.run(
            [os.environ.get("ANNODCTL_BINARY", "client/annodctl"), "--server", cls.annod.address, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if (done.returncode == 0) != succeeds:
            raise AssertionError(f"annodctl {' '.join(arguments)}: {done.returncode}\n{done.stdout}")

    @classmethod
    def load(cls):
        """A little of everything: items, a build, answers, errors, refusals."""
        draw = random.Random(5)
        items = pathlib.Path(cls.directory.name, "items.csv")
        items.write_text("".join(",".join(f"{draw.gauss(0, 1):.4f}" for _ in range(8)) + "\n" for _ in range(3000)))
        # The first time Prometheus sees a counter, it cannot know how much of it is new.
        cls.ctl("create", "words", "--metric", "angular", "--dim", "8")
        cls.ctl("add", "words", str(items), "--header", "no")
        cls.ctl("build", "words", "--trees", "5")
        cls.ctl("add", "words", str(items), "--header", "no")
        cls.ctl("remove", "words", "--ids", "1")
        cls.prometheus.await_(lambda: cls.prometheus.series("annod_index_version") == 1, "the index to be scraped")
        cls.ctl("query", "no_such_index", "--item", "1", succeeds=False)
        cls.ctl("bench", "words", "--concurrency", "64", "--duration", "3", "--warm_up", "0")

    def test_every_panel_has_data(self):
        queries = {}
        for panel in rules.panels():
            for target in panel["targets"]:
                expression = target["expr"]
                for variable, value in _VARIABLES.items():
                    expression = expression.replace(variable, value)
                self.assertNotIn("$", expression, panel["title"])
                if _TLS_ONLY not in expression:
                    queries[panel["title"] + ", " + target["refId"]] = expression
        self.assertGreater(len(queries), 40)

        def without_data():
            for where in [where for where, expression in queries.items() if self.prometheus.series(expression)]:
                del queries[where]
            return queries

        self.prometheus.await_(lambda: not without_data(), f"data of every panel; none had {queries}")

    def test_every_rule_is_evaluated(self):
        def evaluated():
            found = [rule for group in self.prometheus.get("rules")["groups"] for rule in group["rules"]]
            self.assertEqual([rule["lastError"] for rule in found if rule.get("lastError")], [])
            return len(found) == len(rules.rules()) and all(rule["health"] == "ok" for rule in found)

        self.prometheus.await_(evaluated, "all rules to be evaluated")

    def test_recorded_names_have_series(self):
        for name in rules.records():
            self.prometheus.await_(lambda: self.prometheus.series(name) > 0, name)  # noqa: B023

    def test_the_interval_of_recall_holds_it(self):
        def inside():
            return self.prometheus.series(
                "job_index:annod_recall:lower95_1h <= job_index:annod_recall:ratio_rate1h <= job_index:annod_recall:upper95_1h") == 1

        self.prometheus.await_(inside, "a recall within its interval")

    def test_refused_calls_are_part_of_all_calls(self):
        ratio = "job:annod_refused_calls:ratio_rate5m"
        self.prometheus.await_(lambda: self.prometheus.series(f"0 < {ratio} <= 1") == 1, "a share of refused calls")

    def test_workers_that_die_raise_an_alarm(self):
        for _ in range(3):
            workers = self.annod.worker_pids()
            self.annod.kill_worker(workers[0])
            self.prometheus.await_(
                lambda: workers[0] not in self.annod.worker_pids() and len(self.annod.worker_pids()) == 2, "another worker")  # noqa: B023
        self.prometheus.await_(lambda: self.prometheus.fires("AnnodRestarts"), "AnnodRestarts to fire")


if __name__ == "__main__":
    unittest.main()
