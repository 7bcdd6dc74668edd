"""examples/clients against two annods with TLS and tokens, of which one ends meanwhile."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from http_case import HttpCase, PATIENCE_SECONDS

EXAMPLE = "examples/clients/python/neighbors.py"


class PythonTest(HttpCase):
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
        self.servers = [self.make_server() for _ in range(2)]

    def make_server(self):
        server = self.start(
            f"--tls_certificate={self.top}/tls.crt", f"--tls_key={self.top}/tls.key", f"--access_file={self.top}/access.json", "--http_tls=false", "--workers=1")
        as_writer = ("--ca", str(self.top / "tls.crt"), "--token_file", str(self.top / "writer"))
        self.annodctl(*as_writer, "create", "points", "--dim", "2", "--metric", "euclidean")
        self.annodctl(*as_writer, "add", "points", self.csv("points.csv", [("label", "x", "y"), ("origin", 0, 0), ("east", 1, 0), ("north", 0, 3)]))
        self.annodctl(*as_writer, "build", "points")
        return server

    def ask(self, label, token="reader"):
        target = "ipv4:" + ",".join(server.address for server in self.servers)
        done = subprocess.run(
            [sys.executable, EXAMPLE, "--ca", self.top / "tls.crt", "--token_file", self.top / token, "--server_name", "annod.example", target, "points", label],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS)
        return done.returncode, done.stdout + done.stderr

    def test_asks_and_is_told(self):
        self.assertEqual(self.ask("origin"), (0, "origin 0.0000\neast 1.0000\nnorth 3.0000\n"))
        status, text = self.ask("nobody")
        self.assertEqual((status, text.split(":")[0]), (1, "NOT_FOUND"))
        (self.top / "bad").write_text("annod_" + "x" * 43)
        status, text = self.ask("origin", token="bad")
        self.assertEqual((status, text.split(":")[0]), (1, "UNAUTHENTICATED"))

    def test_a_server_that_is_gone_is_not_missed(self):
        gone = self.servers[0].address
        self.servers[0].kill_tree()
        self.assertEqual([self.ask("east")[0] for _ in range(3)], [0] * 3, gone)


if __name__ == "__main__":
    unittest.main()
