#!/usr/bin/env bash
# Runs one Python test of what released versions promised.
set -euo pipefail
export PYTHONPATH=$PWD/client/python/site PYTHONDONTWRITEBYTECODE=1 TMPDIR=${TEST_TMPDIR:-/tmp}
exec /usr/bin/python3 "tests/compatibility/$1"
