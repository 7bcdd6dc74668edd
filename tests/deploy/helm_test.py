"""deploy/helm/annod: its values render to the objects of deploy/kubernetes' overlays.

Helm is not there; render_chart.go does what the chart needs of it.
"""

import copy
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import manifests
import yaml

CHART = pathlib.Path("deploy/helm/annod")
VERSION = re.search(r'kVersion\[\] = "(.+)"', pathlib.Path("core/version.h").read_text()).group(1)
REPLICAS = {"replicas": {"enabled": True}}
MONITORING = {"monitoring": {"enabled": True}}


@functools.lru_cache(maxsize=None)
def renderer():
    directory = tempfile.mkdtemp(prefix="annod_helm_", dir=os.environ.get("TEST_TMPDIR"))
    program = pathlib.Path(directory, "render_chart")
    # Debian's Go libraries are for GOPATH, not modules.
    environment = {**os.environ, "HOME": directory, "GOCACHE": f"{directory}/cache", "GO111MODULE": "off", "GOPROXY": "off",
                   "GOPATH": f"{directory}:/usr/share/gocode"}
    subprocess.run(["go", "build", "-o", program, "tests/deploy/render_chart.go"], check=True, env=environment)
    return program


def render(values, namespace="annod"):
    return subprocess.run([renderer(), CHART, namespace], input=json.dumps(values), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def objects(values, namespace="annod"):
    done = render(values, namespace)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [found for found in yaml.safe_load_all(done.stdout) if found]


def comparable(found):
    """Objects by kind and name, without what says that a configuration has changed: a hash in
    its name here, an annotation there; configurations as what they say."""
    by_name = {}
    for one in copy.deepcopy(found):
        if one["kind"] == "Namespace":
            continue
        if one["kind"] == "ConfigMap":
            one["metadata"]["name"] = re.sub(r"-config-\w{10}$", "-config", one["metadata"]["name"])
            one["data"]["annod.json"] = json.loads(re.sub(r"^\s*//.*$", "", one["data"]["annod.json"], flags=re.MULTILINE))
        # Some versions of kubectl write them although they are empty.
        for part in "annotations", "labels":
            if not one["metadata"].get(part, True):
                del one["metadata"][part]
        template = one["spec"].get("template") if "spec" in one else None
        if template:
            template["metadata"].pop("annotations", None)
            for volume in template["spec"]["volumes"]:
                if "configMap" in volume:
                    volume["configMap"]["name"] = re.sub(r"-config-\w{10}$", "-config", volume["configMap"]["name"])
            for container in template["spec"]["containers"]:
                container["volumeMounts"].sort(key=lambda mount: mount["name"])
            template["spec"]["volumes"].sort(key=lambda volume: volume["name"])
        by_name[one["kind"], one["metadata"]["name"]] = one
    return by_name


class HelmTest(unittest.TestCase):
    maxDiff = None

    def expect_same(self, values, rendered):
        ours, theirs = comparable(objects(values)), comparable(rendered)
        self.assertEqual(ours.keys(), theirs.keys())
        for name in ours:
            self.assertEqual(ours[name], theirs[name])

    def test_renders_what_the_overlays_do(self):
        for overlay, values in {"single": {}, "mtls": {"tls": {"enabled": True}}, "replicas": REPLICAS, "monitoring": MONITORING}.items():
            with self.subTest(overlay):
                self.expect_same(values, manifests.rendered(overlay))
        with self.subTest("monitoring of replicas"):
            self.expect_same({**REPLICAS, **MONITORING}, manifests.rendered("monitoring", base="replicas"))

    def test_values_change_what_they_name(self):
        values = {
            "image": {"digest": "sha256:" + "0" * 64}, "config": {"workers": 8, "keep_versions": 3}, "storage": {"size": "100Gi", "class": "fast"},
            "resources": {"limits": {"memory": "32Gi"}}, "clients": {"matchLabels": {"annod-client": None, "team": "search"}},
            "replicas": {"enabled": True, "min": 5, "follow": "grpc://elsewhere:7077", "storageSize": "90Gi"},
            "monitoring": {"enabled": True, "endpoint": {"scheme": "https"}}, "monitoringNamespace": "prometheus",
        }
        found = comparable(objects(values, "search"))
        self.assertEqual({one["metadata"]["namespace"] for one in found.values()}, {"search"})
        writer, replica = found["StatefulSet", "annod"]["spec"], found["Deployment", "annod-replica"]["spec"]["template"]
        self.assertTrue(writer["template"]["spec"]["containers"][0]["image"].endswith("annod@sha256:" + "0" * 64))
        self.assertEqual(writer["template"]["spec"]["containers"][0]["resources"]["limits"], {"cpu": "2", "memory": "32Gi", "ephemeral-storage": "1Gi"})
        claim = writer["volumeClaimTemplates"][0]["spec"]
        self.assertEqual((claim["resources"]["requests"]["storage"], claim["storageClassName"]), ("100Gi", "fast"))
        config = found["ConfigMap", "annod-config"]["data"]["annod.json"]
        self.assertEqual((config["workers"], config["threads"], config["keep_versions"]), (8, 2, 3))
        self.assertEqual(found["ConfigMap", "annod-replica-config"]["data"]["annod.json"]["follow"], "grpc://elsewhere:7077")
        self.assertEqual(found["HorizontalPodAutoscaler", "annod-replica"]["spec"]["minReplicas"], 5)
        self.assertIn({"name": "data", "emptyDir": {"sizeLimit": "90Gi"}}, replica["spec"]["volumes"])
        self.assertEqual(replica["metadata"]["labels"]["team"], "search")
        callers, scrapers = found["NetworkPolicy", "annod"]["spec"]["ingress"]
        self.assertEqual(callers["from"][0]["podSelector"], {"matchLabels": {"team": "search"}})
        self.assertEqual(scrapers["from"][0]["namespaceSelector"], {"matchLabels": {"kubernetes.io/metadata.name": "prometheus"}})
        self.assertEqual(found["PodMonitor", "annod"]["spec"]["podMetricsEndpoints"][0]["scheme"], "https")

    def test_another_configuration_restarts_the_pods(self):
        def annotations(values):
            return [one["spec"]["template"]["metadata"]["annotations"] for one in objects(values) if one["kind"] == "StatefulSet"]

        self.assertEqual(annotations({}), annotations({}))
        self.assertNotEqual(annotations({}), annotations({"config": {"workers": 4}}))

    def test_replicas_of_a_writer_with_tls_are_refused(self):
        done = render({**REPLICAS, "tls": {"enabled": True}})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("docs/replicas.md", done.stderr)

    def test_is_of_this_version(self):
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        self.assertEqual((chart["version"], chart["appVersion"]), (VERSION, VERSION))


if __name__ == "__main__":
    unittest.main()
