"""What tests of the HTTP port share: a real annod, annodctl, and pages as text by place."""

import html.parser
import os
import pathlib
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from annod_server import AnnodServer

PATIENCE_SECONDS = 60
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_EMPTY = {"meta"}


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body


class Page(html.parser.HTMLParser):
    """A page's text by the id of its section; `rows` of a section are cells by their name."""

    def __init__(self, text):
        super().__init__()
        self.tags = set()
        self.attributes = set()
        self.sections = {}
        self.rows = {}
        self._open = []
        self._section = None
        self._cell = None
        self.feed(text)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        values = dict(attrs)
        if tag not in _EMPTY:
            self._open.append(tag)
        if tag == "section":
            self._section = values["id"]
            self.sections[self._section] = ""
            self.rows[self._section] = []
        elif tag == "tr" and self._section:
            self.rows[self._section].append({})
        elif tag == "td":
            self._cell = values["data-name"]
            self.rows[self._section][-1][self._cell] = ""

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self._open and self._open[-1] == tag, f"</{tag}> in {self._open}"
        self._open.pop()
        if tag == "section":
            self._section = None
        elif tag == "td":
            self._cell = None

    def handle_data(self, data):
        if self._section:
            self.sections[self._section] += data
        if self._cell:
            self.rows[self._section][-1][self._cell] += data

    def row(self, section, **wanted):
        """The cells of the row of which `wanted` is true."""
        for row in self.rows[section]:
            if all(row.get(name) == value for name, value in wanted.items()):
                return row
        raise AssertionError(f"no {wanted} in {self.rows[section]}")


class HttpCase(unittest.TestCase):
    maxDiff = None

    def start(self, *flags, data_dir=None):
        begun = time.monotonic()
        self.server = AnnodServer(*flags, data_dir=data_dir)
        # What has to take less than a second, on a machine that is slower or busy.
        self.about_a_second = 1 + 5 * (time.monotonic() - begun)
        self.addCleanup(self.server.stop)
        return self.server

    def annodctl(self, *arguments, check=True):
        return subprocess.run(
            [os.environ.get("ANNODCTL", "client/annodctl"), "--server", self.server.address, *arguments],
            check=check, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS)

    def ask(self, path, headers=None, body=None):
        request = urllib.request.Request(self.server.http_url + path, headers=headers or {}, data=body)
        try:
            with _OPENER.open(request, timeout=PATIENCE_SECONDS) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    def csv(self, name, rows):
        """A file of rows of numbers."""
        path = pathlib.Path(os.environ.get("TEST_TMPDIR", "/tmp"), name)
        path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
        return str(path)

    def make_words(self, *create):
        """An index "words" of 2,000 vectors, built once."""
        path = self.csv("words.csv", ((i % 50, i // 50, i % 7, i % 3) for i in range(2000)))
        self.annodctl("create", "words", "--dim", "4", "--metric", "euclidean", *create)
        self.annodctl("add", "words", path)
        self.annodctl("build", "words", "--trees", "5")
