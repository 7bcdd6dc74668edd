#!/usr/bin/env bash
# Runs one Python test of this folder.
set -euo pipefail
export PYTHONPATH=$PWD/tests/docs:$PWD/tests/client/python PYTHONDONTWRITEBYTECODE=1
export no_proxy=localhost,127.0.0.1 TMPDIR=${TEST_TMPDIR:-/tmp}
exec /usr/bin/python3 "tests/docs/$1" "${@:2}"
