#!/usr/bin/env bash
# Runs one Python test against the real programs.
set -euo pipefail
export PYTHONPATH=$PWD/tests/e2e:$PWD/tests/client/python:$PWD/client/python/site PYTHONDONTWRITEBYTECODE=1
export no_proxy=localhost,127.0.0.1 TMPDIR=${TEST_TMPDIR:-/tmp}
exec /usr/bin/python3 "tests/e2e/$1"
