"""What bench/serving makes of its measurements."""

import importlib.machinery
import importlib.util
import os
import pathlib
import unittest

PATH = pathlib.Path("bench/serving").resolve()


def load_script():
    loader = importlib.machinery.SourceFileLoader("serving", str(PATH))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("serving", loader))
    loader.exec_module(module)
    return module


serving = load_script()


def run(calls, p50=1.0, p99=5.0, cpu=0.5, rate=None):
    return {"rate": rate, "calls_per_second": calls, "queries_per_second": calls * 64,
            "answered": 1000, "failed": [], "server_cpu_s": cpu, "latency_ms": {"p50": p50, "p99": p99}}


class FakePopen:
    pid = 1


def server(name, calls, p99=5.0, cpu=0.5):
    made = serving.Server(name, FakePopen, 7077, {"beam": 40}, 0.95)
    for kind in ("closed", "one", "batch"):
        made.runs[kind] = [run(calls, p99=p99, cpu=cpu)]
    made.runs["rate"] = [run(100, rate=100, p99=p99)]
    return made


def table_of(*servers):
    """The table of these servers and a search of 50 us."""
    lines = [serving.summarize(one, 64, one.runs["batch"]) for one in servers]
    lines.append(serving.summarize_search(40, [
        {"recall": 0.95, "queries_per_second": 800000, "cpu_us_per_query": 50}]))
    return serving.table(lines)


class SummaryTest(unittest.TestCase):
    def test_takes_the_median_of_the_rounds(self):
        measured = server("annod", 10)
        measured.runs["closed"] = [run(9000, cpu=0.2), run(1000, cpu=0.9), run(8000, cpu=0.3)]
        line = serving.summarize(measured, 64, measured.runs["batch"])
        self.assertEqual(line["calls_per_second"], 8000)
        self.assertEqual(line["cpu_s_per_1000_calls"], 0.3)
        self.assertEqual(line["batch"], {"size": 64, "queries_per_second": 640})
        self.assertEqual(line["equal_rate"]["rate"], 100)
        self.assertEqual(line["recall"], 0.95)
        self.assertEqual(line["refused_share"], 0)

    def test_says_how_many_calls_were_refused(self):
        measured = server("annod", 10)
        measured.runs["closed"][0]["failed"] = [{"code": "RESOURCE_EXHAUSTED", "calls": 250}]
        line = serving.summarize(measured, 64, measured.runs["batch"])
        self.assertEqual(line["refused_share"], 0.2)
        self.assertIn("annod refused 20.0% of the calls when saturated", serving.table([line]))

    def test_the_table_ends_with_ratios(self):
        text = table_of(server("echo", 20000, cpu=0.01), server("annod", 12000, p99=2, cpu=0.09),
                        server("python", 2000, p99=8))
        self.assertIn("annod / python: calls/s x 6.00, p99 x 0.25 saturated, x 0.25 at 100/s", text)
        self.assertIn("annod / (echo + search): CPU x 1.50", text)
        self.assertIn("annod / search: queries/s in batches x 0.96", text)
        self.assertNotIn("node", text)
        self.assertNotIn("searching", text)

    def test_an_echo_that_searches_adds_its_ratios(self):
        text = table_of(server("echo", 20000, cpu=0.01), server("annod", 12000, cpu=0.09),
                        server(serving.SEARCHING_ECHO, 13000, cpu=0.075))
        self.assertIn("searching echo / (echo + search): CPU x 1.25", text)
        self.assertIn("annod / searching echo: CPU x 1.20", text)


class ProcessTest(unittest.TestCase):
    def test_reads_cpu_seconds_whatever_the_process_is_called(self):
        ticks = os.sysconf("SC_CLK_TCK")
        stat = f"12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 {3 * ticks} {2 * ticks} 0 0"
        self.assertEqual(serving.cpu_seconds_of_stat(stat), 5)

    def test_counts_this_process(self):
        self.assertIn(os.getpid(), serving.children_of(os.getpid()))
        self.assertGreaterEqual(serving.cpu_seconds(os.getpid()), 0)

    def test_counts_the_cores_of_taskset(self):
        self.assertEqual(serving.cpu_count("0"), 1)
        self.assertEqual(serving.cpu_count("0,2-5,7"), 6)


class TuningTest(unittest.TestCase):
    def test_finds_the_first_that_is_enough(self):
        for first in range(9):
            self.assertEqual(serving.first_true(10, lambda i, first=first: i >= first), first)
        self.assertEqual(serving.first_true(10, lambda i: False), 9)


if __name__ == "__main__":
    unittest.main()
