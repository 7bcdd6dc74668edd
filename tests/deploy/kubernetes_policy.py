"""What annod's objects on Kubernetes must keep to: yields what is wrong, in words."""

import re


def of_pod(kind, template, version):
    """The restricted Pod Security Standard and what an operator expects, of a pod template."""
    pod = template["spec"]
    if pod.get("automountServiceAccountToken") is not False:
        yield "a token of the API server is mounted"
    if not pod.get("serviceAccountName"):
        yield "no service account of its own"
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield name
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "may run as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    for volume in pod.get("volumes", []):
        if not {"configMap", "secret", "emptyDir", "persistentVolumeClaim"} & set(volume):
            yield f"volume {volume['name']} is of a kind that is not allowed"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"volume {volume['name']} has no limit"
    for container in pod["containers"] + pod.get("initContainers", []):
        for wrong in of_container(container, version):
            yield f"{container['name']}: {wrong}"
    if kind == "Job":
        return
    if "topologySpreadConstraints" not in pod:
        yield "pods may all lie on one node"
    for container in pod["containers"]:
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if probe not in container:
                yield f"{container['name']}: no {probe}"


def of_container(container, version):
    image = container["image"]
    if not re.search(r":[^/]+$", image) or image.endswith(":latest"):
        yield f"image {image} may be another tomorrow"
    elif not image.endswith(":" + version):
        yield f"image {image} is not of this release, {version}"
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False:
        yield "privileges may grow"
    if context.get("privileged"):
        yield "privileged"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "its root can be written to"
    if context.get("capabilities", {}).get("drop") != ["ALL"] or context["capabilities"].get("add"):
        yield "has capabilities"
    resources = container.get("resources", {})
    for kind in ("requests", "limits"):
        for name in ("cpu", "memory", "ephemeral-storage"):
            if name not in resources.get(kind, {}):
                yield f"{kind} say nothing of {name}"


def of_overlay(objects):
    """What objects of one overlay owe each other."""
    names = {(found["kind"], found["metadata"]["name"]) for found in objects}
    pods = [found["spec"]["template"] for found in objects if "template" in found.get("spec", {})]
    labels = [pod["metadata"]["labels"] for pod in pods]

    def selected(wanted):
        return any(wanted.items() <= found.items() for found in labels)

    def selected_by(selector):
        expressions = selector.get("matchExpressions", [])
        return any(
            selector.get("matchLabels", {}).items() <= found.items() and all(found.get(one["key"]) in one["values"] for one in expressions if one["operator"] == "In")
            for found in labels)

    for found in objects:
        where = f"{found['kind']} {found['metadata']['name']}"
        if found["kind"] != "Namespace" and found["metadata"].get("namespace") != "annod":
            yield f"{where}: not in the namespace annod"
        spec = found.get("spec", {})
        if found["kind"] == "Service" and not selected(spec["selector"]):
            yield f"{where}: selects no pod"
        if found["kind"] == "NetworkPolicy" and not selected(spec["podSelector"]["matchLabels"]):
            yield f"{where}: selects no pod"
        if found["kind"] in ("Deployment", "PodDisruptionBudget", "PodMonitor", "StatefulSet") and not selected_by(spec["selector"]):
            yield f"{where}: selects no pod"
        if found["kind"] == "StatefulSet" and ("Service", spec["serviceName"]) not in names:
            yield f"{where}: no service {spec['serviceName']}"
    for pod in pods:
        spec = pod["spec"]
        if ("ServiceAccount", spec["serviceAccountName"]) not in names:
            yield f"no service account {spec['serviceAccountName']}"
        if not any(found["kind"] == "NetworkPolicy" for found in objects):
            yield "no network policy"
        for volume in spec.get("volumes", []):
            name = volume.get("configMap", {}).get("name")
            if name and ("ConfigMap", name) not in names:
                yield f"no config map {name}"
            name = volume.get("persistentVolumeClaim", {}).get("claimName")
            if name and ("PersistentVolumeClaim", name) not in names:
                yield f"no claim {name}"
        mounted = {mount["name"] for container in spec["containers"] for mount in container.get("volumeMounts", [])}
        claimed = {
            claim["metadata"]["name"] for found in objects for claim in found.get("spec", {}).get("volumeClaimTemplates", [])
        }
        for name in mounted ^ ({volume["name"] for volume in spec.get("volumes", [])} | claimed):
            yield f"volume {name} is mounted or there, not both"
