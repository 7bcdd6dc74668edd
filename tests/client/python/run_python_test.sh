#!/usr/bin/env bash
# Runs one Python test file, or program, with the client package.
set -euo pipefail
export PYTHONPATH=$PWD/client/python/site:$PWD/tests/client/python PYTHONDONTWRITEBYTECODE=1
export no_proxy=localhost,127.0.0.1 TMPDIR=${TEST_TMPDIR:-/tmp}
exec /usr/bin/python3 -W error::ResourceWarning "tests/client/python/$1" "${@:2}"
