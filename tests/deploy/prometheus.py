"""Debian's Prometheus with the shipped rules, for tests."""

import json
import pathlib
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import rules
import yaml

_DEADLINE_SECONDS = 60
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    """Debian's Prometheus with the shipped configuration, but in seconds instead of minutes."""

    def __init__(self, directory, target, **job):
        """Scrapes `target`; `job` adds to its scrape_config, as docs/monitoring.md says."""
        config = yaml.safe_load(pathlib.Path("deploy/prometheus/prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(path.resolve()) for path in rules.RULES.glob("*.yml")]
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
        config["scrape_configs"][0].update(job)
        path = pathlib.Path(directory, "prometheus.yml")
        path.write_text(yaml.safe_dump(config))
        self._log = pathlib.Path(directory, "prometheus.log")
        # Somebody else may take a port that was free a moment ago.
        while not self._start(path, directory, free_port()):
            pass

    def _start(self, path, directory, port):
        """Whether it is ready; False if it did not get the port."""
        self._url = f"http://127.0.0.1:{port}"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory}/tsdb", f"--web.listen-address=127.0.0.1:{port}"],
                stdout=log, stderr=log)
        try:
            self.await_(lambda: self._answers("/-/ready"), "Prometheus to be ready")
        except AssertionError:
            self.stop()
            if "address already in use" in self._log.read_text():
                return False
            raise
        return True

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=_DEADLINE_SECONDS)

    def get(self, path, **parameters):
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        with _OPENER.open(self._url + "/api/v1/" + path + query, timeout=30) as answer:
            return json.load(answer)["data"]

    def series(self, expression):
        """How many series `expression` has now."""
        return len(self.get("query", query=expression)["result"])

    def fires(self, name):
        """Whether that alert fires now."""
        return any(alert["labels"]["alertname"] == name and alert["state"] == "firing" for alert in self.get("alerts")["alerts"])

    def await_(self, condition, what):
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError(f"waited in vain for {what}\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def _answers(self, path):
        try:
            with _OPENER.open(self._url + path, timeout=5):
                return True
        except OSError:
            return False
