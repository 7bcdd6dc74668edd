#!/usr/bin/env bash
# Runs one Python test of the tools.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "tests/tools/$1"
