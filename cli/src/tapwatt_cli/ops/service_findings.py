"""Whether a service that runs is ready, and which version it is, by its own word at /readyz and /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tapwatt_cli.ops.findings import Finding

_BUILD = "tapwatt_build_info"
_WITHIN = aiohttp.ClientTimeout(total=5)
_LONGEST_ANSWER = 300
_LARGEST_PAGE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """What one address said: its readiness in its own words, and what runs there; nothing where it does not say."""

    address: str
    ready: bool
    said: str
    service: str = ""
    version: str = ""


async def service_findings(addresses: Sequence[str]) -> list[Finding]:
    """One for each address, all asked at once; and one where not all are of one version."""
    if not addresses:
        return [Finding("services", True, "not asked: --service http://HOST:PORT says how one is and its version")]
    async with aiohttp.ClientSession(timeout=_WITHIN) as http:
        return findings(await asyncio.gather(*(_ask(http, one) for one in addresses)))


def findings(told: Sequence[Told]) -> list[Finding]:
    """What they said, in their order, and whether all that say it are of one version."""
    found = [_of(one) for one in told]
    versions = sorted({one.version for one in told if one.version})
    if len(versions) > 1:
        ran = ", ".join(f"{one.service} {one.version}" for one in told if one.version)
        found.append(Finding("versions", False, ran, "an upgrade has stopped half way: finish it, or go back"))
    return found


def _of(one: Told) -> Finding:
    version = f"version {one.version}" if one.version else "its version is not known"
    name = f"{one.service or 'service'} {one.address}"
    return Finding(name, one.ready, f"{one.said}; {version}", "mend what it names; its log says since when")


async def _ask(http: aiohttp.ClientSession, address: str) -> Told:
    base = (address if "://" in address else f"http://{address}").rstrip("/")
    try:
        async with http.get(f"{base}/readyz") as answer:
            ready, said = answer.status == 200, (await answer.text("utf-8", "replace")).strip()
        async with http.get(f"{base}/metrics") as answer:
            page = (await answer.content.read(_LARGEST_PAGE)).decode("utf-8", "replace")
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Told(address, False, f"does not answer ({str(error) or 'not within 5 s'})")
    labels = _build(page)
    words = "ready" if ready else f"not ready: {said[:_LONGEST_ANSWER] or 'it does not say why'}"
    return Told(address, ready, words, labels.get("service", ""), labels.get("version", ""))


def _build(page: str) -> dict[str, str]:
    """The labels of the build info; none where this is no page of metrics."""
    try:
        families = [
            family for family in text_string_to_metric_families(page) if family.name.startswith("tapwatt_build")
        ]
    except ValueError:
        return {}
    return next((dict(one.labels) for family in families for one in family.samples if one.name == _BUILD), {})
