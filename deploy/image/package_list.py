"""The Debian packages of an image as a CycloneDX list: names, versions, licences."""

import datetime
import json
import pathlib
import re
import subprocess

_FORMAT = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Maintainer}"


def licences(package):
    """The short names that the package's copyright file gives, as Debian writes them."""
    path = pathlib.Path("/usr/share/doc", package, "copyright")
    text = path.read_text(errors="replace") if path.exists() else ""
    if not text.startswith("Format:"):
        named = re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9+])", text)
    else:
        named = [name.strip() for name in re.findall(r"^License:[ \t]*(\S.*)$", text, flags=re.MULTILINE)]
    return sorted(set(named))


def component(package):
    name, version, architecture, source, source_version, maintainer = subprocess.run(
        ["dpkg-query", "--show", "--showformat", _FORMAT, package],
        check=True, stdout=subprocess.PIPE, text=True).stdout.split("\t")
    made = {
        "type": "library",
        "bom-ref": f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=debian-12",
        "supplier": {"name": maintainer},
        "name": name,
        "version": version,
        "purl": f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=debian-12",
        "properties": [{"name": "debian:source", "value": f"{source} {source_version}"}],
    }
    found = licences(name)
    if found:
        made["licenses"] = [{"license": {"name": licence}} for licence in found]
    return made


def cyclonedx(packages, version, epoch):
    """The list as JSON, version 1.5; the same for the same packages and time."""
    time = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": {"type": "container", "bom-ref": "annod", "name": "annod", "version": version,
                          "licenses": [{"license": {"id": "Apache-2.0"}}]},
        },
        "components": [component(package) for package in packages],
    }, indent=1) + "\n"
