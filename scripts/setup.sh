#!/usr/bin/env bash
# Make .venv: the locked packages, then Tapwatt's own distributions in place. Runs again only when a lock, a distribution or the Python changed.
set -euo pipefail
cd "$(dirname "$0")/.."

pythons="3.11 3.12 3.13 3.14" # those that are tested; README.md, .ci/run and every requires-python say the same
distributions=(shared pricing receipts watch services/authoriser services/token-matcher services/tariff services/capturer simulator cli)

version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true; }
fits() { [[ " $pythons " == *" $(version "$1") "* ]]; }

python=${PYTHON:-.venv/bin/python}
if [ -z "${PYTHON:-}" ] && ! fits "$python"; then
  python=python3
  for other in python3 python3.14 python3.13 python3.12 python3.11; do
    fits "$other" && python=$other && break
  done
fi
fits "$python" || {
  found=$(version "$python")
  echo "tapwatt: Python ${pythons// /, } can run this and '$python' is ${found:-none that runs}; install one of them, or say which with PYTHON=/path/to/python3.13" >&2
  exit 1
}

wanted=$({ "$python" -V; cat requirements.lock scripts/setup.sh "${distributions[@]/%//pyproject.toml}"; } | cksum)
[ "$(cat .venv/.made-from 2>/dev/null || true)" = "$wanted" ] && exit 0

echo "tapwatt: setting up .venv (once; a minute or two)"
made_already() { [ "$(.venv/bin/python -V 2>/dev/null)" = "$("$python" -V)" ] && .venv/bin/python -m pip --version >/dev/null 2>&1; }
made_already || "$python" -m venv --clear .venv || {
  rm -rf .venv
  echo "tapwatt: '$python -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2
  exit 1
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
editable=()
for folder in "${distributions[@]}"; do editable+=(-e "$folder"); done
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "${editable[@]}"
echo "$wanted" >.venv/.made-from
