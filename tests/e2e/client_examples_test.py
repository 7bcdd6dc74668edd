"""examples/clients against two annods with TLS and tokens, of which one ends meanwhile."""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import grpc
from annod.v1 import index_service_pb2, index_service_pb2_grpc
from http_case import HttpCase, PATIENCE_SECONDS

# How the languages name a code.
NOT_FOUND = {"Python": "NOT_FOUND", "C++": "code 5", "Node": "NOT_FOUND", "Go": "NotFound"}
UNAUTHENTICATED = {"Python": "UNAUTHENTICATED", "C++": "code 16", "Node": "UNAUTHENTICATED", "Go": "Unauthenticated"}
NEIGHBORS = "origin 0.0000\neast 1.0000\nnorth 3.0000\n"


def modules_of_npm():
    """Where npm has put gRPC: beside a program of it that PATH has."""
    program = shutil.which("proto-loader-gen-types")
    if not program:
        raise AssertionError("no proto-loader-gen-types in PATH: tools/install_packages test, then ./test or its PATH")
    return str(pathlib.Path(program).parent.parent)


def service_config(path):
    """The service config in a file, without what languages write differently."""
    text = re.search(r"loadBalancingConfig.*?tokenRatio\W+0\.5", pathlib.Path(path).read_text(), re.DOTALL).group()
    return re.sub(r",(?=[]}])", "", re.sub(r"[\s\"']", "", text))


class Overloaded(index_service_pb2_grpc.IndexServiceServicer):
    """Refuses two GetNns as annod does that has too much to do, and answers the next."""

    def __init__(self):
        self.refused = 0

    def GetNns(self, request, context):
        if self.refused < 2:
            self.refused += 1
            context.set_trailing_metadata((("grpc-retry-pushback-ms", "50"),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the server is overloaded; try again in 50 ms")
        answer = index_service_pb2.GetNnsResponse()
        answer.results.add(labels=["origin", "east", "north"], distances=[0, 1, 3])
        return answer


class ClientExamplesTest(HttpCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = pathlib.Path(directory.name)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=annod",
             "-addext", "subjectAltName=IP:127.0.0.1,DNS:annod.example", "-keyout", "tls.key", "-out", "tls.crt"],
            cwd=self.top, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(self.top / "tls.key", 0o600)
        for name, role in (("reader", "read"), ("writer", "write")):
            token = subprocess.run(
                [os.environ.get("ANNODCTL", "client/annodctl"), "token", "create", "--name", name, "--role", role, "--file", str(self.top / "access.json")],
                check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            (self.top / name).write_bytes(token)
        (self.top / "bad").write_text("annod_" + "x" * 43)
        self.servers = [self.make_server() for _ in range(2)]

    def make_server(self):
        server = self.start(
            f"--tls_certificate={self.top}/tls.crt", f"--tls_key={self.top}/tls.key", f"--access_file={self.top}/access.json", "--http_tls=false", "--workers=1")
        as_writer = ("--ca", str(self.top / "tls.crt"), "--token_file", str(self.top / "writer"))
        self.annodctl(*as_writer, "create", "points", "--dim", "2", "--metric", "euclidean")
        self.annodctl(*as_writer, "add", "points", self.csv("points.csv", [("label", "x", "y"), ("origin", 0, 0), ("east", 1, 0), ("north", 0, 3)]))
        self.annodctl(*as_writer, "build", "points")
        return server

    def made_in_go(self):
        environment = {**os.environ, "HOME": str(self.top), "GOCACHE": str(self.top / "cache")}
        subprocess.run(["examples/clients/go/make_stubs", self.top / "go"], check=True, env=environment)
        return str(self.top / "go/neighbors")

    def commands(self, label, token, addresses):
        """How each language asks; `label` is what all servers are asked for."""
        ca, token_file = str(self.top / "tls.crt"), str(self.top / token)
        ask = ("points", label)
        options = ("--ca", ca, "--token_file", token_file, "--server_name", "annod.example")
        return {
            "Python": [sys.executable, "examples/clients/python/neighbors.py", *options, "ipv4:" + addresses, *ask],
            "C++": ["examples/neighbors", ca, token_file, "ipv4:" + addresses, *ask, "annod.example"],
            "Node": ["node", "examples/clients/node/neighbors.js", *options, "ipv4:" + addresses, *ask],
            "Go": [self.go, *options, addresses, *ask],
        }

    def run_all(self, label, token="reader", addresses=None):
        """What each language's program ends with and writes."""
        addresses = addresses or ",".join(server.address for server in self.servers)
        environment = {**os.environ, "NODE_PATH": modules_of_npm(), "GRPC_GO_RETRY": "on"}
        for language, command in self.commands(label, token, addresses).items():
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS, env=environment)
            yield language, done.returncode, done.stdout

    def expect_neighbors(self):
        for language, status, text in self.run_all("origin"):
            with self.subTest(language):
                self.assertEqual((status, text), (0, NEIGHBORS))

    def expect_error(self, codes, label, token="reader"):
        for language, status, text in self.run_all(label, token):
            with self.subTest(language):
                self.assertEqual((status, text.split(":")[0]), (1, codes[language]), text)

    def expect_overload_is_waited_for(self):
        fake, service = grpc.server(concurrent.futures.ThreadPoolExecutor(2)), Overloaded()
        index_service_pb2_grpc.add_IndexServiceServicer_to_server(service, fake)
        key, certificate = ((self.top / name).read_bytes() for name in ("tls.key", "tls.crt"))
        port = fake.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
        fake.start()
        self.addCleanup(fake.stop, None)
        for language, status, text in self.run_all("origin", addresses=f"127.0.0.1:{port}"):
            with self.subTest(language):
                self.assertEqual((status, text, service.refused), (0, NEIGHBORS, 2))
            service.refused = 0

    def test_all_have_the_documented_service_config(self):
        documented = service_config("docs/load_balancing.md").replace("perAttemptRecvTimeout:1s,", "")
        for name in ("cpp/neighbors.cc", "go/neighbors.go", "node/neighbors.js", "python/neighbors.py"):
            with self.subTest(name):
                self.assertEqual(service_config(f"examples/clients/{name}"), documented)

    def test_buf_curl_finds_all_by_reflection(self):
        token = (self.top / "reader").read_text().strip()
        done = subprocess.run(
            ["buf", "curl", "--protocol", "grpc", "--cacert", self.top / "tls.crt", "--reflect-header", "*", "-H", f"Authorization: Bearer {token}", "-d",
             '{"index":"points","queries":[{"label":"origin"}],"n":2,"includeLabels":true}', f"https://{self.server.address}/annod.v1.IndexService/GetNns"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_SECONDS, env={**os.environ, "HOME": str(self.top)})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(json.loads(done.stdout)["results"][0]["labels"], ["origin", "east"])

    def test_each_asks_is_told_and_misses_no_server(self):
        self.go = self.made_in_go()
        self.expect_neighbors()
        self.expect_overload_is_waited_for()
        self.expect_error(NOT_FOUND, "nobody")
        self.expect_error(UNAUTHENTICATED, "origin", token="bad")
        self.servers[0].kill_tree()
        for _ in range(2):
            self.expect_neighbors()


if __name__ == "__main__":
    unittest.main()
