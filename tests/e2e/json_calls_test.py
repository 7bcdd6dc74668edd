"""IndexService as JSON on the HTTP port of a real annod."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import grpc

from annod_server import stop_process
from http_case import HttpCase

JSON = {"Content-Type": "application/json"}


def reason(answer):
    """That of the error, which its details hold in any order."""
    return next((detail["reason"] for detail in answer.get("details", []) if "reason" in detail), None)


class JsonCallsTest(HttpCase):
    def post(self, method, message, **headers):
        answer = self.ask("/v1/" + method, {**JSON, **headers}, json.dumps(message).encode())
        return answer.status, json.loads(answer.body)

    def test_is_off_unless_asked_for(self):
        self.start()
        self.assertEqual(self.ask("/v1/ListIndexes", JSON, b"{}").status, 404)

    def test_answers_as_grpc_does(self):
        self.start("--http_json")
        self.make_words()
        status, answer = self.post("GetNns", {"index": "words", "queries": [{"item": 7}, {"vector": {"values": [1, 2, 3, 0]}}],
                                              "n": 3, "engine": "ENGINE_EXACT", "includeDistances": True})
        self.assertEqual(status, 200)
        self.assertEqual(answer["results"][0]["ids"][0], 7)
        self.assertEqual(answer["results"][0]["distances"][0], 0)
        self.assertEqual(len(answer["results"][1]["ids"]), 3)
        self.assertEqual((answer["version"], answer["engine"]), ("1", "ENGINE_EXACT"))
        status, answer = self.post("Info", {"index": "words"})
        self.assertEqual((status, answer["info"]["itemCount"], answer["info"]["state"]), (200, "2000", "INDEX_STATE_SERVING"))
        status, answer = self.post("ListIndexes", {})
        self.assertEqual([info["index"] for info in answer["indexes"]], ["words"])
        status, answer = self.post("GetNns", {"index": "words", "queries": [{"item": 7}], "n": -1})
        self.assertEqual((status, answer["code"], reason(answer)), (400, 3, "INVALID_FIELD"))
        status, answer = self.post("GetNns", {"index": "nowhere", "queries": [{"item": 7}]})
        self.assertEqual((status, answer["code"], reason(answer)), (404, 5, "INDEX_NOT_FOUND"))
        # A worker that is gone is not missed.
        self.server.kill_worker(self.server.worker_pids()[0])
        self.assertEqual([self.post("Info", {"index": "words"})[0] for _ in range(4)], [200] * 4)

    def test_logs_name_the_client_of_http_and_not_what_a_client_says(self):
        self.start("--http_json", "--slow_query_time=1us", "--log_format=json")
        query = {"index": "nowhere", "queries": [{"item": 7}]}
        body = json.dumps(query)
        with contextlib.closing(http.client.HTTPConnection(self.server.http_url.split("//")[1], timeout=60)) as connection:
            connection.connect()
            own = "ipv4:%s:%d" % connection.sock.getsockname()
            connection.request("POST", "/v1/GetNns", body, {**JSON, "x-request-id": "by-json", "annod-peer": "ipv4:203.0.113.1:1"})
            self.assertEqual(connection.getresponse().status, 404)
        self.assertEqual(self.slow_query("by-json")["peer"], own)
        with grpc.insecure_channel(self.server.address) as channel:
            call = channel.unary_unary("/annod.v1.IndexService/GetNns")
            with self.assertRaises(grpc.RpcError):
                # An index name alone.
                call(b"\n\x07nowhere", timeout=60, metadata=(("x-request-id", "by-grpc"), ("annod-peer", "ipv4:203.0.113.1:1")))
        self.assertRegex(self.slow_query("by-grpc")["peer"], r"^ipv4:127\.0\.0\.1:")

    def slow_query(self, request_id):
        """The line about it, which may come after the answer."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for line in self.server.log().splitlines():
                event = json.loads(line) if line.startswith("{") and line.endswith("}") else {}
                if event.get("message") == "slow query" and event.get("request_id") == request_id:
                    return event
            time.sleep(0.02)
        raise AssertionError(self.server.log())

    def test_a_worker_that_stands_still_costs_a_call_its_time_and_no_more(self):
        self.start("--http_json", "--workers=1")
        self.assertEqual(self.post("ListIndexes", {})[0], 200)
        pid = self.server.worker_pids()[0]
        stop_process(pid)
        try:
            start = time.monotonic()
            status, answer = self.post("ListIndexes", {})
            seconds = time.monotonic() - start
            # Late at the end of its 5 s, or the worker was found and killed before.
            self.assertIn((status, answer["code"]), [(504, 4), (503, 14)])
            self.assertLess(seconds, 30)
            # Probes do not wait for it.
            start = time.monotonic()
            self.assertEqual(self.ask("/livez").status, 200)
            self.assertLess(time.monotonic() - start, 5)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        deadline = time.monotonic() + 60
        while self.post("ListIndexes", {})[0] != 200:
            self.assertLess(time.monotonic(), deadline)

    def test_what_is_large_or_many_is_bounded(self):
        self.start("--http_json")
        self.assertEqual(self.ask("/v1/GetNns").status, 405)
        self.assertEqual(self.ask("/v1/GetNns", JSON, b" " * ((1 << 20) + 1)).status, 413)
        self.assertEqual(self.ask("/v1/ListIndexes", JSON, b" " * (1 << 20)).status, 200)
        chunked = subprocess.run(
            ["curl", "-s", "--noproxy", "*", "-H", "Content-Type: application/json", "-H", "Transfer-Encoding: chunked", "--data-binary", "@-",
             "-o", "/dev/null", "-w", "%{http_code}", self.server.http_url + "/v1/GetNns"],
            input=b" " * (2 << 20), stdout=subprocess.PIPE, check=True)
        self.assertEqual(chunked.stdout, b"413")
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            body = b" " * (1 << 20)
            many = [pool.submit(self.outcome, body) for _ in range(200)]
            start = time.monotonic()
            self.assertEqual(self.ask("/livez").status, 200)
            took = time.monotonic() - start
            self.assertLess(took, self.about_a_second)
            self.assertLessEqual({call.result() for call in many}, {200, 503, "closed"})

    def outcome(self, body):
        try:
            return self.ask("/v1/ListIndexes", JSON, body).status
        except OSError:
            return "closed"  # to make room

    def test_tokens_count_as_on_grpc(self):
        with tempfile.TemporaryDirectory() as directory:
            access = pathlib.Path(directory, "access.json")

            def token(name, *options):
                done = subprocess.run([os.environ.get("ANNODCTL", "client/annodctl"), "token", "create", "--name", name, *options, "--file", str(access)],
                                      check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                path = pathlib.Path(directory, name)
                path.write_text(done.stdout)
                return done.stdout.strip(), str(path)

            admin = token("admin", "--role", "admin")
            tenant = token("tenant", "--role", "read", "--indexes", "team-*")
            self.start("--http_json", f"--access_file={access}")
            for name in ("team-a", "other"):
                self.annodctl("--token_file", admin[1], "create", name, "--dim", "4", "--metric", "euclidean")

            def ask(method, message, caller=None, **headers):
                if caller:
                    headers["Authorization"] = "Bearer " + caller[0]
                status, answer = self.post(method, message, **headers)
                return status, reason(answer) or answer

            self.assertEqual(ask("ListIndexes", {}), (401, "CREDENTIALS_MISSING"))
            self.assertEqual(ask("ListIndexes", {}, ("annod_" + "x" * 43,)), (401, "CREDENTIALS_INVALID"))
            self.assertEqual(ask("Info", {"index": "other"}, tenant), (403, "NOT_ALLOWED"))
            self.assertEqual(ask("Info", {"index": "team-a"}, tenant)[0], 200)
            # The supervisor's own way in is nobody else's.
            self.assertEqual(ask("Info", {"index": "other"}, None, **{"annod-own-call": "1"}), (401, "CREDENTIALS_MISSING"))
            self.assertEqual([info["index"] for info in ask("ListIndexes", {}, tenant)[1]["indexes"]], ["team-a"])
            self.assertEqual([info["index"] for info in ask("ListIndexes", {}, admin)[1]["indexes"]], ["other", "team-a"])
            # The page's question is not held to roles, for it is asked for whoever may see the metrics.
            self.assertEqual(self.ask("/indexes/other").status, 200)


if __name__ == "__main__":
    unittest.main()
