"""A session's trace on a running ring: everything that the four services did for it, under one id, out by OTLP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.demo.collector import Collector

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as one:
        yield one


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_a_session_is_one_trace_from_its_request_to_its_money(tmp_path: Path, collector: Collector) -> None:
    env = {
        **os.environ,
        "TAPWATT_RUN_DIR": str(tmp_path),
        **collector.environment,
    }
    command = (sys.executable, "-m", "tapwatt_cli", "demo", "--json")
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert "0 lost, 0 twice, 0 wrong" in json.loads(done.stdout)["audit"]["line"]
    # the trace of a session that was stopped by its card and captured
    whole = [
        spans
        for spans in collector.traces.values()
        if {"send tapwatt.token-matched.v1", "send tapwatt.captured.v1"} <= {span.name for _, span in spans}
    ]
    assert len(whole) >= 10
    for spans in whole:
        names = {(service, span.name) for service, span in spans}
        assert {
            ("tapwatt-authoriser", "process tapwatt.session-requested.v1"),
            ("tapwatt-authoriser", "provider authorise"),
            ("tapwatt-authoriser", "send tapwatt.authorised.v1"),
            ("tapwatt-token-matcher", "process tapwatt.authorised.v1"),
            ("tapwatt-token-matcher", "process tapwatt.stop-requested.v1"),
            ("tapwatt-token-matcher", "provider read_token"),
            ("tapwatt-token-matcher", "send tapwatt.token-matched.v1"),
            ("tapwatt-tariff", "process tapwatt.charging-ended.v1"),
            ("tapwatt-tariff", "send tapwatt.session-priced.v1"),
            ("tapwatt-tariff", "EVALSHA"),
            ("tapwatt-capturer", "process tapwatt.session-priced.v1"),
            ("tapwatt-capturer", "provider capture"),
            ("tapwatt-capturer", "send tapwatt.captured.v1"),
        } <= names
        # one session, and each hearer stands under the span of what it heard
        sessions = {attributes(span).get("tapwatt.session") for _, span in spans} - {None}
        assert len(sessions) == 1
        ids = {span.span_id for _, span in spans}
        heard = [span for _, span in spans if span.name == "process tapwatt.session-priced.v1"]
        assert heard[0].parent_span_id in ids
