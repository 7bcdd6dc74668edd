"""Network namespaces of this machine as hosts: one for clients and balancer, one for each server."""

import pathlib
import shutil
import subprocess

PREFIX = "annodlb"
FRONT = f"{PREFIX}-front"
FRONT_ADDRESS = "10.77.0.1"


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


def inside(namespace, *command):
    return ["ip", "netns", "exec", namespace, *command]


class Network:
    """A bridge in FRONT, and hosts 10.77.0.11, 12, ... behind it."""

    def __init__(self, hosts):
        self.hosts = {f"{PREFIX}-{number}": f"10.77.0.{10 + number}" for number in range(1, hosts + 1)}

    def __enter__(self):
        self.__exit__()  # what an interrupted run left
        for namespace in (FRONT, *self.hosts):
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", FRONT, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", FRONT, "address", "add", f"{FRONT_ADDRESS}/24", "dev", "bridge")
        run("ip", "-n", FRONT, "link", "set", "bridge", "up")
        for number, (namespace, address) in enumerate(self.hosts.items(), 1):
            run("ip", "-n", FRONT, "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", namespace)
            run("ip", "-n", FRONT, "link", "set", f"port{number}", "master", "bridge", "up")
            run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", namespace, "link", "set", "eth0", "up")
        resolver = pathlib.Path("/etc/netns", FRONT)
        resolver.mkdir(parents=True, exist_ok=True)
        (resolver / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        return self

    def __exit__(self, *_):
        for namespace in (FRONT, *self.hosts):
            subprocess.run(["ip", "netns", "delete", namespace], stderr=subprocess.DEVNULL)
        shutil.rmtree(f"/etc/netns/{FRONT}", ignore_errors=True)

    def link(self, namespace, state):
        run("ip", "-n", FRONT, "link", "set", f"port{list(self.hosts).index(namespace) + 1}", state)

    def drop_all(self, namespace, on):
        """100 % loss, in both directions."""
        for chain in ("INPUT", "OUTPUT"):
            run(*inside(namespace, "iptables", "-A" if on else "-D", chain, "-o" if chain == "OUTPUT" else "-i", "eth0", "-j", "DROP"))

    def delay(self, namespace, milliseconds):
        """Delays what the host sends; False if this kernel has no netem."""
        done = subprocess.run(
            ["tc", "-n", namespace, "qdisc", "replace", "dev", "eth0", "root", "netem", "delay", f"{milliseconds}ms"], stderr=subprocess.DEVNULL)
        return done.returncode == 0

    def no_delay(self, namespace):
        subprocess.run(["tc", "-n", namespace, "qdisc", "delete", "dev", "eth0", "root"], stderr=subprocess.DEVNULL)
