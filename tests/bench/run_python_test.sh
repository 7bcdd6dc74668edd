#!/usr/bin/env bash
# Runs one Python test of bench's scripts.
set -euo pipefail
export PYTHONPATH=$PWD/bench PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "tests/bench/$1"
