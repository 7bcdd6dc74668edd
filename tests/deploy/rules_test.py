"""The rules of deploy/prometheus: promtool passes them, each alert is tried and explained."""

import pathlib
import re
import subprocess
import unittest

import rules
import yaml

CASES = pathlib.Path("tests/deploy/alerts_cases.yml")
RUNBOOK = pathlib.Path("docs/runbook.md")


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def entries():
    """heading -> text of each entry of the runbook."""
    parts = re.split(r"^## (.+)\n", RUNBOOK.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


class PromtoolTest(unittest.TestCase):
    def test_passes_the_rules(self):
        status, output = promtool("check", "rules", "--lint=all", "--lint-fatal", *sorted(rules.RULES.glob("*.yml")))
        self.assertEqual(status, 0, output)

    def test_passes_the_configuration(self):
        status, output = promtool("check", "config", "deploy/prometheus/prometheus.yml")
        self.assertEqual(status, 0, output)
        self.assertIn("3 rule files found", output)

    def test_sees_each_alert_fire_and_be_silent(self):
        status, output = promtool("test", "rules", CASES)
        self.assertEqual(status, 0, output)


class AlertsTest(unittest.TestCase):
    def test_each_has_a_case_of_silence_and_one_of_fire(self):
        tried = {}
        for case in yaml.safe_load(CASES.read_text())["tests"]:
            for moment in case["alert_rule_test"]:
                tried.setdefault(moment["alertname"], set()).add(bool(moment["exp_alerts"]))
        self.assertEqual(tried, {name: {False, True} for name in rules.alerts()})

    def test_each_has_an_entry_in_the_runbook_and_points_to_it(self):
        self.assertEqual(set(rules.alerts()), {heading for heading in entries() if heading.startswith("Annod")})
        for name, alert in rules.alerts().items():
            self.assertEqual(alert["annotations"]["runbook_url"], "docs/runbook.md#" + name.lower())

    def test_each_entry_says_meaning_first_command_and_remedy(self):
        for heading, text in entries().items():
            if heading.startswith("Annod"):
                for part in ("**Meaning**", "**First**", "**Remedy**"):
                    self.assertIn(part, text, heading)
                self.assertRegex(text, "```\n[^`]+\n```", heading + " shows no command")

    def test_each_says_how_bad_it_is(self):
        for name, alert in rules.alerts().items():
            self.assertIn(alert["labels"]["severity"], ("critical", "warning", "info"), name)


class MetricsTest(unittest.TestCase):
    def test_what_rules_and_panels_read_exists(self):
        known = rules.catalog() | rules.records() | rules.OTHERS
        expressions = {rule.get("alert") or rule["record"]: rule["expr"] for rule in rules.rules()}
        for panel in rules.panels():
            for target in panel["targets"]:
                expressions[panel["title"] + " " + target["refId"]] = target["expr"]
        for where, expression in expressions.items():
            names = {name for name in rules.names_in(expression) if name not in known and rules.base(name) not in known}
            self.assertEqual(names, set(), where)

    def test_a_name_that_does_not_exist_would_be_found(self):
        self.assertEqual(
            rules.names_in('sum(rate(annod_no_such{a="annod_b"}[5m])) / job_index:annod_c:ratio'),
            {"annod_no_such", "job_index:annod_c:ratio"})

    def test_each_record_is_read_by_an_alert_a_panel_or_another(self):
        text = "".join(rule["expr"] for rule in rules.rules()) + rules.DASHBOARD.read_text()
        for name in rules.records():
            self.assertIn(name, text)


if __name__ == "__main__":
    unittest.main()
