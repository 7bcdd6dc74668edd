"""The Kubernetes objects of each overlay, as `kubectl kustomize` renders them."""

import atexit
import functools
import pathlib
import shutil
import subprocess
import tempfile

import yaml

OVERLAYS = pathlib.Path("deploy/kubernetes/overlays")


def overlays():
    return sorted(path.name for path in OVERLAYS.iterdir() if path.is_dir())


@functools.lru_cache(maxsize=None)
def _copied():
    """A copy without symbolic links, which Bazel's sandbox is full of and kustomize follows nowhere."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="annod_manifests_"))
    atexit.register(shutil.rmtree, directory)
    return shutil.copytree(OVERLAYS.parent, directory / "kubernetes")


@functools.lru_cache(maxsize=None)
def rendered(overlay, base=None):
    """Every object of an overlay, on another base if one is given."""
    path = _copied() / OVERLAYS.name / overlay
    if base:
        path = shutil.copytree(path, path.with_name(f"{overlay}_on_{base}"))
        kustomization = path / "kustomization.yaml"
        kustomization.write_text(kustomization.read_text().replace("  - ../single\n", f"  - ../{base}\n"))
    done = subprocess.run(["kubectl", "kustomize", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{overlay}: {done.stderr}")
    return list(yaml.safe_load_all(done.stdout))


def of_kind(overlay, kind):
    return [found for found in rendered(overlay) if found["kind"] == kind]


def templates(overlay):
    """(kind, pod template) of what makes pods."""
    return [(found["kind"], found["spec"]["template"]) for found in rendered(overlay) if "template" in found.get("spec", {})]
