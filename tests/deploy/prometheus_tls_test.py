"""Prometheus scrapes annod by TLS; an alert on its certificate fires, and ends when that is renewed."""

import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from prometheus import Prometheus

_START_SECONDS = 60


def make_certificate(directory, days):
    """A certificate for this machine that signs itself, put in the place of the one before."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
         "-subj", "/CN=annod", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "new.key", "-out", "new.crt"],
        cwd=directory, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(directory / "new.key", 0o600)
    for suffix in ("key", "crt"):
        os.replace(directory / f"new.{suffix}", directory / f"tls.{suffix}")


class CertificateTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="annod_prometheus_")
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)
        make_certificate(self.directory, days=1)
        # Prometheus reads the file for each connection, so it goes along with the renewal.
        target = self.start_annod()
        self.prometheus = Prometheus(
            self.directory, target, scheme="https", tls_config={"ca_file": str(self.directory / "tls.crt")})
        self.addCleanup(self.prometheus.stop)

    def start_annod(self):
        log = self.directory / "log"
        with open(log, "wb") as output:
            annod = subprocess.Popen(
                [os.environ.get("ANNOD_BINARY", "server/annod"), f"--data_dir={self.directory}/data", "--listen=127.0.0.1:0",
                 "--http_listen=127.0.0.1:0", "--drain_delay=0s", "--workers=1", f"--tls_certificate={self.directory}/tls.crt",
                 f"--tls_key={self.directory}/tls.key"],
                stdout=output, stderr=output)

        def stop():
            annod.terminate()
            annod.wait(timeout=_START_SECONDS)

        self.addCleanup(stop)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and annod.poll() is None:
            found = re.search(r"metrics on https://([0-9.:]+)", log.read_text(errors="replace"))
            if found:
                return found.group(1)
            time.sleep(0.02)
        raise AssertionError(f"annod did not start:\n{log.read_text(errors='replace')}")

    def test_an_old_certificate_raises_an_alarm_until_it_is_renewed(self):
        self.prometheus.await_(lambda: self.prometheus.series("up == 1") == 1, "a scrape by TLS")
        self.prometheus.await_(lambda: self.prometheus.fires("AnnodCertificateExpired"), "AnnodCertificateExpired to fire")
        make_certificate(self.directory, days=90)
        self.prometheus.await_(
            lambda: self.prometheus.series("annod_certificate_expiry_seconds - time() > 80 * 86400") == 1, "the new certificate")
        self.prometheus.await_(lambda: not self.prometheus.fires("AnnodCertificateExpired"), "AnnodCertificateExpired to end")


if __name__ == "__main__":
    unittest.main()
