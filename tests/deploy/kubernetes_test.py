"""deploy/kubernetes: every overlay renders, its objects are well-formed and keep to the policy."""

import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import kubernetes_policy
import manifests
import rules
import typed
import yaml

VERSION = re.search(r'kVersion\[\] = "(.+)"', pathlib.Path("core/version.h").read_text()).group(1)
# Which package of kubernetes-models has the types of an API version.
_OPERATOR = "monitoring.coreos.com/"


def configs():
    """(overlay, the text of annod.json in it, the pod template that has it) of those that run annod."""
    return [
        (overlay, found["data"]["annod.json"], template)
        for overlay in manifests.overlays() for found in manifests.of_kind(overlay, "ConfigMap") for _, template in manifests.templates(overlay)
        if any(volume.get("configMap", {}).get("name") == found["metadata"]["name"] for volume in template["spec"]["volumes"])]


def without_comments(text):
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def seconds(duration):
    return float(re.fullmatch(r"(\d+)s", duration).group(1))


def type_check(objects):
    """What TypeScript says of objects of Kubernetes: "" if nothing."""
    literals = []
    for found in objects:
        package = "@kubernetes-models/prometheus-operator" if found["apiVersion"].startswith(_OPERATOR) else "kubernetes-models"
        literals.append((f"{package}/{found['apiVersion']}", "I" + found["kind"], found))
    return typed.complaints(literals)


class OverlaysTest(unittest.TestCase):
    def test_keep_to_the_policy(self):
        for overlay in manifests.overlays():
            wrong = list(kubernetes_policy.of_overlay(manifests.rendered(overlay)))
            for kind, template in manifests.templates(overlay):
                wrong += kubernetes_policy.of_pod(kind, template, VERSION)
            self.assertEqual(wrong, [], overlay)

    def test_have_the_fields_of_their_kinds_and_no_others(self):
        objects = [found for overlay in manifests.overlays() for found in manifests.rendered(overlay)]
        self.assertEqual(type_check(objects), "")

    def test_a_field_that_does_not_exist_would_be_found(self):
        wrong = copy.deepcopy(manifests.of_kind("single", "StatefulSet")[0])
        wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
        self.assertIn("readinesProbe", type_check([wrong]))

    def test_annod_takes_its_configuration(self):
        for overlay, text, _ in configs():
            with self.subTest(overlay):
                with tempfile.TemporaryDirectory() as directory:
                    prepare_files(directory, text)
                    path = pathlib.Path(directory, "annod.json")
                    path.write_text(text.replace("/etc/annod", directory))
                    done = subprocess.run(
                        [os.environ.get("ANNOD_BINARY", "server/annod"), f"--config={path}", f"--data_dir={directory}/data", "--check_config"],
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                    self.assertEqual(done.returncode, 0, done.stdout)

    def test_drains_before_it_is_killed(self):
        for overlay, text, template in configs():
            with self.subTest(overlay):
                config = json.loads(without_comments(text))
                self.assertLess(
                    seconds(config["drain_delay"]) + seconds(config["drain_timeout"]), template["spec"]["terminationGracePeriodSeconds"])

    def test_ports_and_probes_are_those_of_the_configuration(self):
        for overlay, text, template in configs():
            with self.subTest(overlay):
                config = json.loads(without_comments(text))
                container = template["spec"]["containers"][0]
                ports = {port["name"]: port["containerPort"] for port in container["ports"]}
                self.assertEqual(ports, {"grpc": int(config["listen"].split(":")[-1]), "http": int(config["http_listen"].split(":")[-1])})
                scheme = "HTTPS" if "tls_certificate" in config else None
                for probe, path in (("startupProbe", "/livez"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")):
                    self.assertEqual(container[probe]["httpGet"], {"path": path, "port": "http", **({"scheme": scheme} if scheme else {})})

    def test_only_one_writer(self):
        for overlay in manifests.overlays():
            for found in manifests.of_kind(overlay, "StatefulSet"):
                self.assertEqual(found["spec"]["replicas"], 1, overlay)

    def test_replicas_follow_the_writer_and_are_let_in(self):
        (text, template), = [(text, template) for overlay, text, template in configs() if overlay == "replicas" and "follow" in text]
        config = json.loads(without_comments(text))
        writer, = [found for found in manifests.of_kind("replicas", "Service") if found["metadata"]["name"] == "annod"]
        self.assertEqual(config["follow"], f"grpc://annod.annod.svc:{writer['spec']['ports'][0]['port']}")
        policy, = [found for found in manifests.of_kind("replicas", "NetworkPolicy") if found["metadata"]["name"] == "annod"]
        allowed = policy["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"]
        self.assertLessEqual(allowed.items(), template["metadata"]["labels"].items())
        # Nobody who wants the writer gets a replica.
        self.assertNotEqual(writer["spec"]["selector"]["app.kubernetes.io/name"], template["metadata"]["labels"]["app.kubernetes.io/name"])
        scaler, = manifests.of_kind("replicas", "HorizontalPodAutoscaler")
        self.assertIn(scaler["spec"]["scaleTargetRef"]["name"], [found["metadata"]["name"] for found in manifests.of_kind("replicas", "Deployment")])

    def test_replicas_are_watched_too(self):
        objects = manifests.rendered("monitoring", base="replicas")
        self.assertEqual(list(kubernetes_policy.of_overlay(objects)), [])
        pods = {found["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] for found in objects if "template" in found.get("spec", {})}
        monitor, = [found for found in objects if found["kind"] == "PodMonitor"]
        self.assertEqual(set(monitor["spec"]["selector"]["matchExpressions"][0]["values"]), pods)
        # The namespace's name is Prometheus', who is let in to the port that is scraped.
        policies = [found for found in objects if found["kind"] == "NetworkPolicy"]
        self.assertEqual({policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for policy in policies
                          if policy["spec"]["ingress"][1]["ports"][0]["port"] == monitor["spec"]["podMetricsEndpoints"][0]["port"]}, pods)

    def test_the_operator_gets_the_rules_of_prometheus(self):
        rule, = manifests.of_kind("monitoring", "PrometheusRule")
        shipped = [
            group for name in ("targets", "recording", "alerts") for group in yaml.safe_load((rules.RULES / f"{name}.yml").read_text())["groups"]]
        self.assertEqual(rule["spec"]["groups"], shipped, "run deploy/kubernetes/copy_rules")


class PolicyTest(unittest.TestCase):
    """The policy finds what it is there for."""

    def wrong(self, change):
        template = copy.deepcopy(manifests.templates("single")[0][1])
        change(template["spec"], template["spec"]["containers"][0])
        return list(kubernetes_policy.of_pod("StatefulSet", template, VERSION))

    def test_finds_each_fault(self):
        def change(pod, container):
            container["image"] = "registry.example.com/annod:latest"
            del pod["securityContext"]["seccompProfile"]
            del container["resources"]["limits"]["memory"]
            container["securityContext"]["readOnlyRootFilesystem"] = False
            del container["readinessProbe"]
            pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}})

        self.assertEqual(self.wrong(change), [
            "no seccomp profile",
            "volume host is of a kind that is not allowed",
            "annod: image registry.example.com/annod:latest may be another tomorrow",
            "annod: its root can be written to",
            "annod: limits say nothing of memory",
            "annod: no readinessProbe",
        ])
        self.assertEqual(self.wrong(lambda pod, container: container.pop("image") and container.update(image="annod")),
                         ["annod: image annod may be another tomorrow"])


def prepare_files(directory, config):
    """The secrets that a configuration names, made up."""
    if "tls_certificate" not in config:
        return
    for name in ("tls", "access"):
        pathlib.Path(directory, name).mkdir()
    tls = pathlib.Path(directory, "tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=annod",
         "-addext", "subjectAltName=DNS:annod", "-keyout", tls / "tls.key", "-out", tls / "tls.crt"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.copy(tls / "tls.crt", tls / "ca.crt")
    os.chmod(tls / "tls.key", 0o600)
    shutil.copy("deploy/kubernetes/access.example.json", pathlib.Path(directory, "access", "access.json"))


if __name__ == "__main__":
    unittest.main()
