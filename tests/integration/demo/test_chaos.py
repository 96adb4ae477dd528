"""The chaos run, small: twenty kills of services, the broker and Redis among them, and the provider's ledger judges."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(600)]

SESSIONS, KILLS = 60, 20


def test_s12_s21_s33_whatever_is_killed_meanwhile_no_money_is_lost_and_none_taken_twice() -> None:
    # given sixty drivers who come whether anybody answers or not, and a provider that loses a third of its answers
    # when twenty services are killed with -9, the broker and Redis too, Redis flushed, a worker frozen, and poison said
    arguments = ("--sessions", str(SESSIONS), "--kills", str(KILLS), "--rate", "1", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout)
    # then every session ends at the provider as it truly went
    assert told["differences"] == []
    assert told["ledger"] == "ledger: 0 lost, 0 twice, 0 above the hold, 0 wrong"
    assert told["audit"] == f"audit: {SESSIONS} sessions, 0 lost, 0 twice, 0 wrong"
    assert (told["denied"], told["unaccounted"]) == ([], [])
    assert done.returncode == 0
    # and all of it was really broken
    assert told["kills"] >= KILLS
    struck = {one["kind"]: one["number"] for one in told["healed"]}
    assert {"broker killed", "Redis killed", "Redis flushed", "worker frozen", "scaled out and in"} <= set(struck)
    assert all(struck[f"{service} killed"] for service in ("authoriser", "token-matcher", "tariff", "capturer"))
