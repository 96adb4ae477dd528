#!/usr/bin/env bash
# Get prometheus, promtool, alertmanager and amtool where they are not: what checks the alerts and what the drill runs. Debian's packages,
# because they are installed in seconds; promtool from Go's modules takes a core many minutes to build.
set -euo pipefail

have() { command -v promtool && command -v prometheus && command -v amtool && { command -v prometheus-alertmanager || command -v alertmanager; }; }
have >/dev/null && exit 0

cannot() {
  echo "tapwatt: promtool, prometheus and alertmanager are not here and $1; without them no alert and no dashboard is checked" >&2
  exit 1
}
command -v apt-get >/dev/null || cannot "there is no apt-get: install them as your system does"
[ "$(id -u)" = 0 ] || cannot "only root installs them: sudo bash scripts/prometheus.sh"

# Ours are started by tests, on ports of their own. Debian's own services are not to listen beside them, now or after a restart.
policy=/usr/sbin/policy-rc.d
services=(prometheus prometheus-alertmanager)
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
mask() { if [ -d /run/systemd/system ]; then systemctl mask --quiet "${services[@]}"; fi; }
mask
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -qq --no-install-recommends "${services[@]}" >/dev/null; }
install || { apt-get update -qq >/dev/null && install; } || cannot "apt-get does not install prometheus and prometheus-alertmanager"
mask
have >/dev/null || cannot "apt-get has installed something else"
promtool --version 2>&1 | head -1
