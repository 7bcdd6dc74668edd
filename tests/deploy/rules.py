"""What deploy/prometheus and deploy/grafana hold, for their tests."""

import json
import pathlib
import re

import yaml

RULES = pathlib.Path("deploy/prometheus/rules")
DASHBOARD = pathlib.Path("deploy/grafana/annod.json")
CATALOG = pathlib.Path("server/metrics/metric_catalog.cc")
# What others than annod measure.
OTHERS = {
    "ALERTS",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "up",
}
_NAME = re.compile(r"\b(?:annod|kubelet|node|job[a-z_]*:annod)[a-z0-9_]*(?:[_:][a-z0-9_:]+)+")


def rules():
    """Every rule of every file."""
    return [
        rule
        for path in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]


def alerts():
    """name -> the alerting rule."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def records():
    """Names that recording rules make."""
    return {rule["record"] for rule in rules() if "record" in rule}


def panels():
    """The panels of the dashboard that show data."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def names_in(expression):
    """Names of metrics that a PromQL expression reads, as far as they are annod's or its host's."""
    return set(_NAME.findall(re.sub(r'"[^"]*"', '""', expression)))


def catalog():
    """Names of the metrics that annod's source lists."""
    return set(re.findall(r'"(annod_[a-z_]+)"', CATALOG.read_text()))


def base(name):
    """The family of a histogram's series."""
    return re.sub(r"_(bucket|count|sum)$", "", name)
