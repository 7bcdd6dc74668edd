"""tools/count_tests: what a run of tests is counted as."""

import json
import pathlib
import subprocess
import tempfile
import unittest


class CountTestsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.events = []

    def add(self, label, cases, status="PASSED", shard=1, log="", attempt=1):
        """One test action; cases: its <testcase> elements, None for one that left no report."""
        outputs = []
        if cases is not None:
            number = len(self.events)
            for name, text in ("test.xml", f"<testsuites>{cases}</testsuites>"), ("test.log", log):
                path = self.directory / f"{number}.{name}"
                path.write_text(text)
                outputs.append({"name": name, "uri": f"file://{path}"})
        self.events.append(
            {
                "id": {"testResult": {"label": label, "run": 1, "shard": shard, "attempt": attempt}},
                "testResult": {"status": status, "testActionOutput": outputs},
            }
        )

    def count(self):
        path = self.directory / "events"
        path.write_text("".join(json.dumps(event) + "\n" for event in self.events))
        run = subprocess.run(["tools/count_tests", path], capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout, run.stderr

    def test_cases_of_all_shards_and_programs(self):
        self.add("//a:a", '<testcase name="x"/><testcase name="y"/>', shard=1)
        self.add("//a:a", '<testcase name="z"/>', shard=2)
        self.add("//b:b", '<testcase name="x" status="run"/><testcase name="off" status="notrun"/>')
        self.assertEqual(self.count(), ("4 0\n", ""))

    def test_a_failed_case_is_counted_and_its_program_named(self):
        self.add("//a:a", '<testcase name="x"><failure/></testcase><testcase name="y"/>', "FAILED")
        self.assertEqual(self.count(), ("1 1\n", "//a:a failed\n"))

    def test_a_program_without_a_case_failed(self):
        self.add("//a:a", '<testcase name="off" status="notrun"/>')
        self.add("//b:b", '<testcase name="b"/>', log="Ran 0 tests in 0.000s\n")
        self.assertEqual(self.count(), ("0 2\n", "//a:a ran no test\n//b:b ran no test\n"))

    def test_a_shard_may_be_empty(self):
        self.add("//a:a", '<testcase name="x"/>', shard=1)
        self.add("//a:a", "", shard=2)
        self.assertEqual(self.count(), ("1 0\n", ""))

    def test_a_script_has_as_many_cases_as_python_ran(self):
        self.add("//a:a", '<testcase name="a"/>', log="...\nRan 17 tests in 2.0s\n\nOK\n")
        self.assertEqual(self.count(), ("17 0\n", ""))

    def test_what_was_killed_or_not_built_failed(self):
        self.add("//a:a", '<testcase name="x"/>', "TIMEOUT")
        self.events.append({"id": {"testSummary": {"label": "//b:b"}}})
        self.assertEqual(self.count(), ("0 2\n", "//a:a failed\n//b:b ran no test\n"))

    def test_the_last_attempt_counts(self):
        self.add("//a:a", '<testcase name="x"><failure/></testcase>', "FAILED", attempt=1)
        self.add("//a:a", '<testcase name="x"/>', "PASSED", attempt=2)
        self.assertEqual(self.count(), ("1 0\n", ""))


if __name__ == "__main__":
    unittest.main()
