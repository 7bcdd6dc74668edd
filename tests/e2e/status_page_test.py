"""The status page of a real annod, as a browser without JavaScript gets it."""

import base64
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from annod_server import stop_process
from http_case import HttpCase, PATIENCE_SECONDS, Page

HOSTILE = "<script>alert('x')</script>"


class StatusPageTest(HttpCase):
    def await_(self, condition, what):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = condition()
            if found:
                return found
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.1)

    def status(self):
        answer = self.ask("/")
        self.assertEqual(answer.status, 200)
        return Page(answer.body)

    def index_page(self):
        """The page of "words", or None if it was refused."""
        answer = self.ask("/indexes/words")
        if answer.status == 503:
            self.assertEqual(answer.headers["Retry-After"], "1")
            return None
        self.assertEqual(answer.status, 200)
        return answer

    def check_is_harmless(self, answer):
        policy = answer.headers["Content-Security-Policy"]
        self.assertTrue(policy.startswith("default-src 'none'; style-src 'sha256-"), policy)
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        page = Page(answer.body)
        self.assertFalse(page.tags & {"script", "img", "iframe", "object", "form"}, page.tags)
        self.assertFalse({name for name in page.attributes if name.startswith("on") or name in ("style", "src")})
        self.assertNotIn("://", answer.body)
        return page

    def test_shows_what_the_server_does(self):
        self.start("--recall_sample_fraction=1", "--recall_cpu_fraction=1")
        self.assertIn("There is none", self.status().sections["indexes"])
        self.make_words()
        self.annodctl("add", "words", self.csv("more.csv", [(1, 2, 3, 4)]))
        self.annodctl("query", "words", "--item", "7", "-n", "5")
        page = self.check_is_harmless(self.ask("/"))
        row = page.row("indexes", index="words")
        self.assertEqual(row["state"], "serving")
        self.assertEqual(row["version"], "1")
        self.assertEqual(row["items"], "2,000")
        self.await_(lambda: self.status().row("indexes", index="words")["staged"] == "1", "the staged item")
        self.assertRegex(row["GetNns"], r"^[0-9.]+/s$")
        self.assertRegex(row["p99"], r"^[0-9.]+ (µs|ms|s)$")
        recall = self.await_(lambda: re.search(r"^[01]\.\d+ \([01]\.\d+ to [01]\.\d+\)$",
                                               self.status().row("indexes", index="words")["recall, 15 min"]), "recall")
        self.assertTrue(recall)
        processes = page.rows["processes"][1:]
        self.assertEqual([row["process"] for row in processes], ["worker 0", "worker 1", "writer 2"])
        self.assertEqual([row["health"] for row in processes], ["serves", "serves", "answers"])
        self.assertIn("annod", page.sections["versions"])
        self.assertIn("gRPC", page.sections["versions"])
        self.assertIn("None in the last", page.sections["trouble"])

    def test_shows_an_index_with_its_curve(self):
        self.start()
        self.make_words("--feature_names", f"a,{HOSTILE},c,d")
        page = self.check_is_harmless(self.ask("/indexes/words"))
        self.assertIn("euclidean", page.sections["settings"])
        self.assertIn(HOSTILE, page.sections["settings"])
        self.assertIn("kept1", page.sections["kept"])
        self.assertIn("annod_queries_total{index=\"words\"}", page.sections["metrics"])
        self.assertIn("search_k", page.sections["recall"])
        self.assertIn("svg", page.tags)
        for path in ("/indexes/nowhere", "/indexes/", "/indexes/%3Cscript%3E", "/indexes/a%00b", "/indexes/..%2f..%2fetc"):
            answer = self.ask(path)
            self.assertEqual(answer.status, 404, path)
            self.check_is_harmless(answer)

    def test_tells_trouble(self):
        self.start()
        self.make_words()
        self.server.kill_worker(self.server.worker_pids()[0])
        told = ("processes restarted (SIGKILL): 1", "child died role=worker")  # one after the other
        self.await_(lambda: all(words in self.status().sections["trouble"] for words in told), "trouble")
        self.await_(lambda: "1" in [row["restarts"] for row in self.status().rows["processes"][1:]], "a restart")

    def test_workers_that_stand_still_do_not_hold_it_up(self):
        self.start("--worker_stall_timeout=1h")
        self.make_words()
        pids = self.server.worker_pids()
        for pid in pids:
            stop_process(pid)
        try:
            self.assertEqual(self.status().row("indexes", index="words")["items"], "2,000")
            # Many ask for what nobody can say; probes do not notice.
            asking = [subprocess.Popen(["curl", "-s", "-m", "30", "--noproxy", "*", "-o", "/dev/null", self.server.http_url + "/indexes/words"])
                      for _ in range(20)]
            start = time.monotonic()
            self.assertEqual(self.ask("/livez").status, 200)
            took = time.monotonic() - start
            self.assertLess(took, self.about_a_second)
            # It is refused, to be asked for again, while too many others wait.
            page = Page(self.await_(self.index_page, "the page").body)
            self.assertIn("settings not shown", page.sections["unknown"])
            self.assertIn("GetNns", page.sections["live"])
            for process in asking:
                process.wait(timeout=PATIENCE_SECONDS)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def test_is_for_those_who_may_read_the_metrics(self):
        with tempfile.TemporaryDirectory() as directory:
            access = pathlib.Path(directory, "access.json")

            def token(name, *options):
                done = subprocess.run([os.environ.get("ANNODCTL", "client/annodctl"), "token", "create", "--name", name, *options, "--file", str(access)],
                                      check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                return done.stdout.strip()

            operator = token("operator", "--role", "read")
            tenant = token("tenant", "--role", "admin", "--indexes", "team-*")
            self.start(f"--access_file={access}", "--metrics_need_token")
            for path in ("/", "/indexes/words", "/metrics"):
                bearer = lambda text: {"Authorization": f"Bearer {text}"}
                refused = self.ask(path)
                self.assertEqual(refused.status, 401)
                self.assertIn("Basic", refused.headers["WWW-Authenticate"])
                self.assertEqual(self.ask(path, bearer("annod_" + "x" * 43)).status, 401)
                self.assertEqual(self.ask(path, bearer(tenant)).status, 403)
                allowed = 404 if "words" in path else 200
                self.assertEqual(self.ask(path, bearer(operator)).status, allowed)
                password = base64.b64encode(f"me:{operator}".encode()).decode()
                self.assertEqual(self.ask(path, {"Authorization": f"Basic {password}"}).status, allowed)
                for bad in ("Basic", "Basic !!", "Basic " + base64.b64encode(operator.encode()).decode(), "Digest x"):
                    self.assertEqual(self.ask(path, {"Authorization": bad}).status, 401, bad)
            self.assertEqual(self.ask("/readyz").status, 200)


if __name__ == "__main__":
    unittest.main()
