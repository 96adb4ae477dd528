#!/usr/bin/env bash
# Make .venv: the locked packages, then Tapwatt's own distributions in place. Runs again only when a lock or a distribution changed.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
distributions=(shared pricing receipts services/authoriser services/token-matcher services/tariff services/capturer simulator cli)

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "tapwatt: Python 3.11 or newer is needed and '$python' is not; install it, or say which with PYTHON=/path/to/python3.11" >&2
  exit 1
}

wanted=$(cat requirements.lock scripts/setup.sh "${distributions[@]/%//pyproject.toml}" | cksum)
[ "$(cat .venv/.made-from 2>/dev/null || true)" = "$wanted" ] && exit 0

echo "tapwatt: setting up .venv (once; a minute or two)"
[ -x .venv/bin/python ] || "$python" -m venv .venv || {
  echo "tapwatt: '$python -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2
  exit 1
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
editable=()
for folder in "${distributions[@]}"; do editable+=(-e "$folder"); done
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "${editable[@]}"
echo "$wanted" >.venv/.made-from
