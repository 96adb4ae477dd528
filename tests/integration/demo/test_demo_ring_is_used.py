"""The commands for a ring that runs already: replay recorded sessions through it, audit it, look at its topics."""

from __future__ import annotations

import json

import pytest
from tests.integration.demo.lived import Lived

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]


def test_recorded_sessions_are_charged_as_they_were_billed_and_the_one_that_differs_is_named(lived: Lived) -> None:
    # given records of OCPI 2.2.1 and 2.3.0 that were replayed, the last with a total that is a cent too high
    replay = lived.commands["replay"]
    document = json.loads(replay.out)
    # then those that are right are the same to the cent
    same = {one["session_id"]: (one["billed"], one["charged"]) for one in document["replayed"] if one["same"]}
    assert same == {"CDR-1001": (1581, 1581), "CDR-2001": (1904, 1904)}
    # and the other is named, with exit code 1
    assert document["differ"] == ["CDR-DIFFERS"]
    assert replay.exit_code == 1
    assert "Traceback" not in replay.err


def test_a_running_ring_is_audited_from_outside(lived: Lived) -> None:
    # given the audit as its own command, after the replay
    audit = lived.commands["audit"]
    # then it has seen the demo's sessions and the replayed ones, and found nothing
    assert audit.exit_code == 0, audit.out + audit.err
    sessions = lived.day.report.sessions + 3
    assert audit.out.strip() == f"audit: {sessions} sessions, 0 lost, 0 twice, 0 wrong"


def test_a_running_ring_has_every_declared_topic(lived: Lived) -> None:
    topics = lived.commands["topics"]
    assert topics.exit_code == 0, topics.out + topics.err
    assert topics.out.strip().endswith("0 created, 0 differ")
