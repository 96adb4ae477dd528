"""Which fingerprint keys a service started from here would have, by their versions alone."""

from __future__ import annotations

from collections.abc import Mapping

from tapwatt.provider.fingerprints import parse_keys
from tapwatt_cli.ops.findings import Finding

VARIABLE = "TAPWATT_FINGERPRINT_KEYS"


def key_findings(environment: Mapping[str, str]) -> list[Finding]:
    """One if keys are set in this environment; none where they are not, as on a host that runs no service."""
    if VARIABLE not in environment:
        return []
    what = "fingerprint keys"
    try:
        versions = sorted(parse_keys(environment[VARIABLE]))
    except ValueError as error:
        return [Finding(what, False, f"{VARIABLE} cannot be used", str(error))]
    older = f"; {', '.join(map(str, versions[:-1]))} still known" if len(versions) > 1 else ""
    return [Finding(what, True, f"version {versions[-1]} is current{older}")]
