"""Tokens: of whom the server knows, and what clients do with them."""

import asyncio
import hashlib
import json
import os
import pathlib
import tempfile
import time
import unittest
from unittest import mock

import numpy as np
from annod_server import AnnodServer

import annod
from annod import AnnoyIndex, Client, aio, errors


def token_of(name):
    return f"annod_{name:0<43}"


def identity(name, role, **fields):
    digest = hashlib.sha256(token_of(name).encode()).hexdigest()
    return {"name": name, "role": role, "token_sha256": [digest], **fields}


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="annod_python_")
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.access = cls.directory / "access.json"
        cls.write([identity("reader", "read", indexes=["a-*"]), identity("writer", "write")])
        cls.server = AnnodServer(f"--access_file={cls.access}")
        cls.addClassCleanup(cls.server.stop)
        with Client(cls.server.address, token=token_of("writer")) as client:
            for name in ("a-points", "b-points"):
                client.create(name, 3, "euclidean")
                client.add(name, np.eye(3))
                client.build(name)

    @classmethod
    def write(cls, identities):
        fresh = cls.directory / "fresh"
        fresh.write_text(json.dumps({"identities": identities}))
        fresh.chmod(0o600)
        fresh.rename(cls.access)

    def test_the_token_decides(self):
        with Client(self.server.address) as client:
            with self.assertRaises(errors.NotAllowed) as caught:
                client.indexes()
        self.assertEqual((caught.exception.code, caught.exception.reason), ("UNAUTHENTICATED", "CREDENTIALS_MISSING"))
        self.assertIsInstance(caught.exception, PermissionError)
        with Client(self.server.address, token=token_of("stranger")) as client:
            with self.assertRaises(errors.NotAllowed) as caught:
                client.indexes()
        self.assertEqual(caught.exception.reason, "CREDENTIALS_INVALID")
        self.assertNotIn(token_of("stranger"), str(caught.exception))
        with Client(self.server.address, token=token_of("reader")) as client:
            self.assertEqual([info.name for info in client.indexes()], ["a-points"])
            self.assertEqual(client.query("a-points", [[1, 0, 0]], 1).ids.tolist(), [[0]])
            self.assertEqual([len(block.ids) for block in client.stream("a-points", np.eye(3), 1)], [3])
            with self.assertRaises(errors.NotAllowed) as caught:
                client.query("b-points", [[1, 0, 0]], 1)
            self.assertEqual(caught.exception.metadata["index"], "b-points")
            with self.assertRaises(errors.NotAllowed) as caught:
                client.add("a-points", np.eye(3))
            self.assertEqual(caught.exception.metadata["needs"], "write")

    def test_for_asyncio(self):
        async def ask(token):
            async with aio.Client(self.server.address, token=token) as client:
                return await client.query("a-points", [[0, 1, 0]], 1)

        self.assertEqual(asyncio.run(ask(token_of("reader"))).ids.tolist(), [[1]])
        with self.assertRaises(errors.NotAllowed):
            asyncio.run(ask(None))

    def test_a_function_is_asked_for_every_call(self):
        tokens = [token_of("stranger"), token_of("reader")]
        with Client(self.server.address, token=lambda: tokens.pop(0)) as client:
            with self.assertRaises(errors.NotAllowed):
                client.indexes()
            self.assertEqual(len(client.indexes()), 1)

    def test_a_file_is_read_again(self):
        path = self.directory / "token"
        path.write_text(token_of("stranger") + "\n")
        with Client(self.server.address, token=path) as client:
            with self.assertRaises(errors.NotAllowed):
                client.indexes()
            path.write_text(token_of("reader") + "\n")
            deadline = time.monotonic() + 20
            while True:
                try:
                    client.indexes()
                    break
                except errors.NotAllowed:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.05)
            path.unlink()
            client.indexes()

    def test_what_is_no_file_is_not_waited_for(self):
        path = self.directory / "fifo"
        os.mkfifo(path)
        with self.assertRaisesRegex(OSError, "not a regular file"):
            Client(self.server.address, token=path)
        path.unlink()
        path.write_text(token_of("reader"))
        with Client(self.server.address, token=path) as client:
            self.assertEqual(len(client.indexes()), 1)
            path.unlink()
            os.mkfifo(path)
            with mock.patch("annod.wire.tokens._LOOK_SECONDS", 0):
                self.assertEqual(len(client.indexes()), 1)

    def test_annoy_index_and_environment(self):
        os.environ["ANNOD_TOKEN"] = token_of("writer")
        self.addCleanup(os.environ.pop, "ANNOD_TOKEN", None)
        index = AnnoyIndex(3, "euclidean", server=self.server.address)
        for i, row in enumerate(np.eye(3)):
            index.add_item(i, row)
        index.build(2)
        self.assertEqual(index.get_nns_by_vector([0, 0, 1], 1), [2])
        index.unload()
        del os.environ["ANNOD_TOKEN"]
        connection = annod.connect(self.server.address, token=token_of("writer"))
        self.assertEqual(len(Client(connection).indexes()) >= 2, True)

    def test_wrong_tokens_are_not_sent(self):
        for wrong in ("", "a b", "tab\t", "\u00e4", b"bytes", 7):
            with self.assertRaises((TypeError, ValueError)) as caught:
                Client(self.server.address, token=wrong)
            self.assertNotIn("a b", str(caught.exception))
        with self.assertRaises(OSError):
            Client(self.server.address, token=self.directory / "none")

    def test_not_in_plain_text_to_others(self):
        for address in ("annod.example.org:7077", "10.0.0.1:7077", "dns:///localhost.example.org:7077", "127.0.0.1.example.org:7077"):
            with self.assertRaises(ValueError) as caught:
                Client(address, token=token_of("reader"))
            self.assertIn("plain text", str(caught.exception))
            self.assertNotIn(token_of("reader"), str(caught.exception))
            with self.assertRaises(ValueError):
                aio.Client(address, token=token_of("reader"))
            Client(address, token=token_of("reader"), allow_plaintext_token=True).close()
            Client(address, token=token_of("reader"), tls=True).close()
        for address in ("localhost:1", "127.0.0.2:1", "[::1]:1", "unix:/tmp/socket", "dns:///localhost:1"):
            Client(address, token=token_of("reader")).close()


if __name__ == "__main__":
    unittest.main()
