"""A server that speaks TLS, and one that wants certificates of its clients."""

import asyncio
import os
import pathlib
import subprocess
import tempfile
import unittest
from unittest import mock

import annod
from annod import AnnoyIndex, Client, Tls, aio, errors
from annod_server import AnnodServer


class Ca:
    """Certificates made with openssl, in a directory of their own."""

    def __init__(self, directory, name):
        self._directory = pathlib.Path(directory)
        self.path = self._directory / f"{name}.crt"
        self._key = self._directory / f"{name}.key"
        self._openssl("req", "-x509", "-keyout", self._key, "-out", self.path, "-subj", f"/CN={name}", "-days", "2", *self._NEW)

    _NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)

    def issue(self, name, alternative):
        """Paths of a certificate and its key."""
        certificate, key = self._directory / f"{name}.crt", self._directory / f"{name}.key"
        request, extension = self._directory / f"{name}.csr", self._directory / f"{name}.ext"
        extension.write_text(f"subjectAltName={alternative}")
        self._openssl("req", "-keyout", key, "-out", request, "-subj", f"/CN={name}", *self._NEW)
        self._openssl(
            "x509", "-req", "-in", request, "-CA", self.path, "-CAkey", self._key, "-CAcreateserial", "-days", "2", "-extfile", extension, "-out", certificate
        )
        return str(certificate), str(key)


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="annod_python_")
        cls.addClassCleanup(directory.cleanup)
        cls.ca = Ca(directory.name, "ca")
        cls.clients = Ca(directory.name, "clients")
        cls.mine = cls.clients.issue("me", "URI:spiffe://here/me")
        certificate, key = cls.ca.issue("server", "DNS:annod.example,IP:127.0.0.1")
        flags = (f"--tls_certificate={certificate}", f"--tls_key={key}", "--http_tls=false", "--workers=1")
        cls.open = AnnodServer(*flags)
        cls.addClassCleanup(cls.open.stop)
        cls.closed = AnnodServer(*flags, f"--tls_client_ca={cls.clients.path}")
        cls.addClassCleanup(cls.closed.stop)

    def failure(self, server, tls):
        with Client(server.address, tls=tls, retry=annod.NO_RETRY) as client:
            with self.assertRaises(errors.NotAnswering) as caught:
                client.indexes()
        return str(caught.exception)

    def test_an_index_on_a_server_with_tls(self):
        with Client(self.open.address, tls=Tls(ca=self.ca.path)) as client:
            self.assertEqual(client.indexes(), [])
            index = AnnoyIndex(2, "dot", server=client)
            index.add_item(0, [1, 2])
            index.build(1)
            self.assertEqual(index.get_nns_by_vector([1, 1], 1), [0])
            index.unload()

    def test_a_certificate_of_the_client(self):
        tls = Tls(self.ca.path, *self.mine)
        with Client(self.closed.address, tls=tls) as client:
            self.assertEqual(client.indexes(), [])

        async def ask():
            async with aio.Client(self.closed.address, tls=tls) as client:
                return await client.indexes()

        self.assertEqual(asyncio.run(ask()), [])

    def test_the_name_of_the_server(self):
        with Client(self.open.address, tls=Tls(ca=self.ca.path, server_name="annod.example")) as client:
            self.assertEqual(client.indexes(), [])
        self.failure(self.open, Tls(ca=self.ca.path, server_name="other.example"))

    def test_the_environment(self):
        certificate, key = self.mine
        names = {"ANNOD_CA": str(self.ca.path), "ANNOD_CERTIFICATE": certificate, "ANNOD_KEY": key, "ANNOD_SERVER": self.closed.address}
        with mock.patch.dict(os.environ, names):
            with Client() as client:
                self.assertEqual(client.indexes(), [])
            self.failure(self.closed, False)

    def test_who_does_not_fit_is_told_what_to_give(self):
        self.assertIn("tls=", self.failure(self.open, None))
        self.assertIn("Tls(ca=)", self.failure(self.open, Tls(ca=self.clients.path)))
        self.assertIn("Tls(certificate=, key=)", self.failure(self.closed, Tls(ca=self.ca.path)))
        self.failure(self.closed, Tls(self.ca.path, *self.ca.issue("other", "URI:spiffe://here/other")))

    def test_a_server_without_tls(self):
        plain = AnnodServer("--workers=1")
        self.addCleanup(plain.stop)
        self.assertIn("does not speak TLS", self.failure(plain, Tls(ca=self.ca.path)))

    def test_files_that_cannot_be_used_are_named(self):
        certificate, key = self.mine
        self.assertRaisesRegex(ValueError, "key is missing", Tls, certificate=certificate)
        self.assertRaisesRegex(ValueError, f"ca {key} is not PEM", Tls, ca=key)
        self.assertRaises(OSError, Tls, ca="/nowhere/ca.crt")
        with tempfile.TemporaryDirectory(prefix="annod_python_") as directory:
            fifo = pathlib.Path(directory) / "fifo"
            os.mkfifo(fifo)
            self.assertRaisesRegex(OSError, "not a regular file", Tls, ca=fifo)


if __name__ == "__main__":
    unittest.main()
