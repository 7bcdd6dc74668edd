"""The commands that the pages show, run; numbers aside they print what the pages say."""

import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import console

TOP = pathlib.Path.cwd()
WORDS = TOP / "examples/words/words-20k.vec.gz"
PROGRAMS = ("server/annod", "client/annodctl")


def random_rows(seed, count=2000):
    draw = random.Random(seed)
    return "".join(",".join(f"{draw.gauss(0, 1):.4f}" for _ in range(8)) + "\n" for _ in range(count))


class KubectlTest(unittest.TestCase):
    def test_is_told_the_namespace(self):
        for page in sorted(TOP.glob("docs/**/*.md")):
            for line in page.read_text().splitlines():
                for command in re.findall(r"kubectl [^`|&]*", line):
                    if re.search(r"\b(exec|logs|describe|rollout|secret|port-forward|wait|delete)\b", command):
                        with self.subTest(page.name):
                            self.assertIn(" -n annod ", command)


class CommandsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="annod_docs_")
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(os.path.realpath(scratch.name))
        self.shell = console.Console(self.directory, PROGRAMS)
        self.addCleanup(self.shell.close)
        for name in ("srv/indexes", "srv/ann", "var/lib/annod", "mnt", "tmp/d", "examples/words"):
            (self.directory / name).mkdir(parents=True)
        for name in ("words-20k.vec.gz", "examples/words/words-20k.vec.gz"):
            os.symlink(WORDS, self.directory / name)

    def write(self, name, text):
        (self.directory / name).write_text(text)

    def do(self, command):
        printed, succeeded = self.shell.run(command)
        self.assertTrue(succeeded, f"{command}\n{printed}")
        return printed

    def check(self, page, *commands):
        """Runs all commands of a page in its order, or those named, or that begin with a name that ends in a blank.
        One of which the page shows no output has to succeed."""
        begun = tuple(name for name in commands if name.endswith(" "))
        found = [step for step in console.steps(TOP / page) if not commands or step.command in commands or step.command.startswith(begun)]
        self.assertTrue(found)
        for step in found:
            with self.subTest(command=step.command):
                printed, succeeded = self.shell.run(step.command)
                if not (console.agree(step.output, printed.splitlines()) if step.output else succeeded):
                    self.fail("\n".join([f"$ {step.command}", "--- the page has", *step.output, "--- printed", printed]))

    def await_(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def make_index(self, rows, dim, trees):
        self.do(f"annodctl create words --dim {dim} --metric angular && annodctl add words {rows} && annodctl build words --trees {trees}")

    def make_certificates(self):
        """ca.pem signs server, alice and mallory's other.pem does not count; tls.crt is the server's."""
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        for name in ("ca", "other"):
            openssl("req", "-x509", *key, "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
        for name, alternative in (("tls", "DNS:localhost,IP:127.0.0.1"), ("alice", "DNS:alice.example")):
            openssl("req", *key, "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-copy_extensions", "copy",
                    "-out", f"{name}.pem")
        shutil.copy(self.directory / "tls.pem", self.directory / "tls.crt")
        shutil.copy(self.directory / "ca.pem", self.directory / "ca.crt")

    def test_migration(self):
        self.do("annodctl file build words-20k.vec.gz --metric angular --output words.ann --trees 20; cp words.ann /srv/indexes/words.ann")
        self.check("docs/migration.md")

    def test_json(self):
        self.shell.serve("--data_dir=data", "--http_json")
        self.make_index("words-20k.vec.gz", 100, 20)
        self.check("docs/json.md")

    def test_access(self):
        page = "docs/access.md"
        self.check(page, "annod ", "annodctl --token_file ", "annodctl token create ", "annodctl token list ")
        digits = re.search(r"[0-9a-f]{12}", self.do("annodctl token list --file access.json")).group()
        revoke = next(step.command for step in console.steps(TOP / page) if step.command.startswith("annodctl token revoke "))
        self.assertIn("revoked 1 of 'ingest'", self.do(re.sub(r"[0-9a-f]{12}", digits, revoke)))

    def test_tls(self):
        self.make_certificates()
        self.check("docs/tls.md", "annod ")
        self.shell.serve("--data_dir=data", "--tls_certificate=tls.crt", "--tls_key=tls.key", "--tls_client_ca=ca.pem")
        self.check("docs/tls.md", "annodctl ")

    def test_replicas(self):
        page = "docs/replicas.md"
        self.shell.serve("--data_dir=data")
        self.write("rows.csv", random_rows(1))
        self.make_index("rows.csv", 8, 5)
        info = "annodctl --server 127.0.0.1:7177 info words"
        self.check(page, "annod ")
        self.await_(lambda: "replica behind  no" in self.do(info))
        self.await_(lambda: "annod_replica_source_version" in self.do("curl http://127.0.0.1:9177/metrics"))
        self.check(page, info, "annodctl --server 127.0.0.1:7177 drop ", "curl ")
        self.shell.stop()
        self.await_(lambda: "Connection refused" in self.do(info))
        self.check(page, info + " | ")
        self.shell.stop("9177")
        self.shell.serve("--data_dir=data")
        self.do("annodctl build words --trees 5; cp -a data /mnt/published")
        self.shell.serve("--data_dir=p", "--listen=127.0.0.1:7177", "--http_listen=127.0.0.1:9177", "--follow=/mnt/published", "--follow_in_place")
        self.check(page, "ls ")

    def test_curl(self):
        self.make_certificates()
        self.do("annodctl token create --name writer --role write --file access.json > writer; annodctl token create --name reader --role read --file access.json > token")
        self.shell.serve("--data_dir=data", "--tls_certificate=tls.crt", "--tls_key=tls.key", "--access_file=access.json")
        self.write("points.csv", "label,x,y\norigin,0,0\neast,1,0\nnorth,0,3\n")
        ctl = "annodctl --ca ca.pem --token_file writer"
        self.do(f"{ctl} create points --dim 2 --metric euclidean; {ctl} add points points.csv; {ctl} build points")
        self.check("docs/clients/curl.md")

    def test_api(self):
        self.shell.serve("--data_dir=data")
        self.write("rows.csv", "oxygen,1,0\nwater,0,1\n")
        self.make_index("rows.csv", 2, 1)
        self.check("docs/api.md")

    def test_annodctl_at_a_server(self):
        self.write("points.csv", "".join(f"{i},{i % 7}\n" for i in range(60000)) + "3,x\n")
        self.write("houses.csv", "name,rooms,area\nmain street,3,80\nstation road,,55\n")
        self.shell.serve("--data_dir=data", "--attach_dirs=/srv/ann")
        self.do("annodctl create points --dim 2 --metric euclidean; annodctl create copy --dim 2 --metric euclidean")
        page = "docs/annodctl.md"
        self.check(page, *(f"annodctl {what} " for what in ("create", "add", "fit", "transform", "build", "query", "eval", "export", "info", "serialize", "settings",
                                                     "rebuild", "health")), "cat houses.csv")
        self.do("annodctl drop words --yes; cp words.ann /srv/ann/words.ann")
        self.check(page, "annodctl deserialize ", "annodctl attach ")
        self.do("for name in points copy houses words-l2 old; do annodctl drop $name --yes; done")
        self.check(page, "annodctl list", "annodctl remove ")

    def test_readme(self):
        self.shell.serve("--data_dir=data")
        self.make_index("words-20k.vec.gz", 100, 10)
        (self.directory / "bazel-bin/client").mkdir(parents=True)
        os.symlink(self.directory / "bin/annodctl", self.directory / "bazel-bin/client/annodctl")
        self.check("README.md")

    def test_first_commands_of_the_runbook(self):
        self.make_certificates()
        self.write("annod.json", '{"data_dir": "data"}')
        self.write("var/lib/annod/index", "")
        self.shell.serve("--data_dir=data")
        self.write("rows.csv", random_rows(1))
        self.make_index("rows.csv", 8, 5)
        self.do("annodctl query words --item 7; annodctl add words rows.csv")
        for alert, command in console.first_commands(TOP / "docs/runbook.md").items():
            if "kubectl" in command:
                continue
            # Of what is wrong nothing is to be found here: what is looked through must be there.
            command = re.sub(r" \| grep -E?v .*", "", command)
            for name, here in (("HOST", "127.0.0.1"), ("REPLICA", "127.0.0.1"), ("NAME", "words"), ("INDEX", "words"), ("FILE", "annod.json"),
                               ("TLS_CERTIFICATE", "tls.crt")):
                command = re.sub(rf"\b{name}\b", here, command)
            with self.subTest(alert):
                self.do(command)

    def test_annodctl_on_files(self):
        self.write("seven.csv", "".join(",".join(str((i * j) % 13 + .5) for j in range(1, 8)) + "\n" for i in range(60)))
        self.do("annodctl file build seven.csv --metric angular --output seven.ann --trees 4; "
                       "annodctl file convert seven.ann index.portable --to portable --metric angular --dim 7")
        page = "docs/annodctl.md"
        self.check(page, "annodctl file build ")
        self.do("cp words.ann other.ann; head -c 4000000 words.ann > cut.ann")
        self.check(page, *(f"annodctl file {what} " for what in ("info", "query", "distance", "verify", "eval", "convert")))
        self.do("rm words.ann.graph")
        self.check(page, "annodctl file graph ")


if __name__ == "__main__":
    unittest.main()
