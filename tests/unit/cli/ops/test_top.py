"""`tapwatt top`: what is told, what is wrong in words, what nobody tells, and that it fits 80 by 24."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from rich.console import Console
from typer.testing import CliRunner

from tapwatt.errors import TapwattError
from tapwatt_cli.app import app
from tapwatt_cli.ops.commands.top import addresses
from tapwatt_cli.ops.metric_samples import Change, Sample, Snapshot
from tapwatt_cli.ops.metric_sources import Prometheus, Workers
from tapwatt_cli.ops.top import STEPS, Standing, standing
from tapwatt_cli.ops.top_page import screen, seconds

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
WORKING = [
    *(Sample("tapwatt_records_in_flight", {"service": step, "instance": step}, 1) for step in STEPS),
    Sample("tapwatt_provider_up", {"service": "capturer"}, 1),
    Sample("tapwatt_redis_up", {"service": "capturer"}, 1),
    Sample("tapwatt_held_minor_units", {"operator": "NL-TWT", "currency": "EUR"}, 5000),
    Sample("tapwatt_money_minor_units_total", {"operator": "NL-TWT", "currency": "EUR", "movement": "captured"}, 1234),
]


def told(samples: Iterable[Sample], missing: dict[str, str] | None = None) -> Change:
    now = Snapshot(10, tuple(samples), missing or {})
    return Change(Snapshot(0), now)


def shown(found: Standing, width: int = 80) -> str:
    out = Console(width=width, height=24, record=True, file=StringIO(), no_color=True)
    out.print(screen(found, AT, width), highlight=False)
    return out.export_text()


def test_a_ring_that_works_has_nothing_wrong_and_its_money_is_told() -> None:
    found = standing(told(WORKING))
    assert found.wrong == ()
    text = shown(found)
    assert "EUR held 50.00, taken 12.34, let go 0" in text
    assert "nothing that is known" in text


def test_what_nobody_tells_is_a_question_mark_and_not_zero() -> None:
    text = shown(standing(told(WORKING)))
    assert "? holds" in text
    assert "? disputed" in text
    assert "Kafka answers?" in text


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        (Sample("tapwatt_provider_up", {"service": "authoriser"}, 0), "The provider does not answer (authoriser)."),
        (
            Sample("tapwatt_provider_key_accepted", {"service": "capturer"}, 0),
            "The provider does not take our key (capturer).",
        ),
        (Sample("tapwatt_kafka_up", {"service": "tariff"}, 0), "Kafka does not answer (tariff)."),
        (
            Sample("tapwatt_redis_up", {"service": "tariff"}, 0),
            "Redis does not do what it is told (tariff): the log says why.",
        ),
        (
            Sample("tapwatt_view_whole", {"service": "tariff"}, 0),
            "A view is being rebuilt (tariff): every answer is 'not yet'.",
        ),
        (
            Sample("tapwatt_exporter_up_to_date", {"of": "lag"}, 0),
            "The exporter does not know yet what it tells (lag).",
        ),
        (
            Sample("tapwatt_holds_past_expiry", {}, 2),
            "Holds that ran out, and nobody says what became of them: 2.",
        ),
        (Sample("tapwatt_quarantined_sessions", {}, 1), "Sessions in quarantine, since they contradict themselves: 1."),
        (Sample("tapwatt_disputes_standing", {}, 3), "Sessions in dispute: 3."),
        (
            Sample("tapwatt_oldest_unknown_outcome_seconds", {}, 301),
            "For 301 s it is unknown whether money moved.",
        ),
        (
            Sample("tapwatt_oldest_unsettled_seconds", {"state": "priced"}, 700),
            "A session is over for 700 s and not settled.",
        ),
        (
            Sample("tapwatt_consumer_lag_seconds", {"group": "mine.capturer", "topic": "mine.tapwatt.x.v1"}, 400),
            "capturer is behind by 400 s.",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Sample) else "",
)
def test_what_is_wrong_is_said_in_a_sentence(sample: Sample, sentence: str) -> None:
    assert standing(told([*WORKING, sample])).wrong == (sentence,)
    assert sentence in shown(standing(told([*WORKING, sample])), 120)


@pytest.mark.parametrize(
    "sample",
    [
        Sample("tapwatt_oldest_unknown_outcome_seconds", {}, 60),
        Sample("tapwatt_oldest_unsettled_seconds", {"state": "charging"}, 90000),
        Sample("tapwatt_consumer_lag_seconds", {"group": "capturer", "topic": "tapwatt.capturer.retry-day.v1"}, 80000),
        Sample("tapwatt_disputes_standing", {}, 0),
    ],
    ids=lambda sample: sample.name,
)
def test_what_is_usual_is_not_wrong(sample: Sample) -> None:
    assert standing(told([*WORKING, sample])).wrong == ()


def test_a_service_without_a_worker_is_said_to_be_gone() -> None:
    gone = [sample for sample in WORKING if sample.labels.get("instance") != "tariff"]
    assert standing(told(gone, {"http://10.0.0.3:8080": "does not answer (TimeoutError)"})).wrong == (
        "http://10.0.0.3:8080 does not answer (TimeoutError).",
        "No worker of tariff is seen.",
    )


@pytest.mark.parametrize("width", [60, 80])
def test_everything_at_once_fits_the_screen(width: int) -> None:
    # given three currencies, and more wrong than there is room for
    money = [
        Sample("tapwatt_money_minor_units_total", {"currency": currency, "movement": "captured"}, 123456789)
        for currency in ("CHF", "EUR", "JPY")
    ]
    wrong = [f"page: Something is wrong, number {number}." for number in range(9)]
    lines = shown(standing(told([*WORKING, *money]), wrong), width).splitlines()
    # then no line is too long, and on 80 columns all of it is there
    assert max(map(len, lines)) <= width
    assert width < 80 or len(lines) <= 24
    assert "and 4 more" in lines[-1]
    assert "(and JPY)" in " ".join(word for line in lines for word in line.split())


def test_what_a_log_or_an_alert_says_cannot_move_the_cursor() -> None:
    assert "\x1b" not in shown(standing(told(WORKING), ["page: \x1b[2J gone."]))


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "?"), (0, "0 s"), (0.025, "25 ms"), (4, "4 s"), (720, "12 min"), (10800, "3 h"), (200000, "2.31 d")],
)
def test_a_time_is_read_at_a_glance(value: float | None, words: str) -> None:
    assert seconds(value) == words


@asynccontextmanager
async def answering(pages: dict[str, Any]) -> AsyncIterator[str]:
    """Something that answers these paths, with text or JSON; its address."""

    async def answer(request: web.Request) -> web.Response:
        page = pages[request.path]
        return web.Response(text=page) if isinstance(page, str) else web.json_response(page)

    served = web.Application()
    for path in pages:
        served.router.add_get(path, answer)
    runner = web.AppRunner(served)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


WORKER = """# TYPE tapwatt_build_info gauge
tapwatt_build_info{service="tariff",version="0.1.0",python="3.12"} 1.0
# TYPE tapwatt_redis_up gauge
tapwatt_redis_up 0.0
# TYPE tapwatt_dead_letters_standing gauge
tapwatt_dead_letters_standing{service="capturer",kind="poison"} 2.0
"""


async def test_a_worker_is_known_by_its_build_and_what_it_says_of_others_stays() -> None:
    # given a worker, and one that does not answer
    async with answering({"/metrics": WORKER}) as at, aiohttp.ClientSession() as http:
        now = (await Workers(http, [at, "127.0.0.1:1"]).change()).now
    # then
    assert [one.labels["service"] for one in now.of("tapwatt_redis_up")] == ["tariff"]
    assert now.total("tapwatt_dead_letters_standing", service="capturer") == 2
    assert list(now.missing) == ["http://127.0.0.1:1"]


async def test_where_nobody_answers_it_is_one_sentence() -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(TapwattError, match=r"nobody tells any metrics: .* does not answer"):
            await Workers(http, ["127.0.0.1:1"]).change()


async def test_a_prometheus_tells_the_last_minute_and_its_alerts_the_urgent_first() -> None:
    # given
    series = {"metric": {"__name__": "tapwatt_redis_up", "service": "tariff"}, "value": [1.0, "1"]}
    alerts = [
        {"state": "firing", "labels": {"severity": "ticket"}, "annotations": {"summary": "Later."}},
        {"state": "firing", "labels": {"severity": "page"}, "annotations": {"summary": "Now."}},
        {"state": "pending", "labels": {"severity": "page"}, "annotations": {"summary": "Perhaps."}},
        {"state": "firing", "labels": {"severity": "inform"}, "annotations": {"summary": "By the way."}},
    ]
    pages = {"/api/v1/query": {"data": {"result": [series]}}, "/api/v1/alerts": {"data": {"alerts": alerts}}}
    async with answering(pages) as at, aiohttp.ClientSession() as http:
        there = Prometheus(http, f"http://{at}")
        change = await there.change()
        # then
        assert change.seconds == 60
        assert change.now.least("tapwatt_redis_up", service="tariff") == 1
        assert await there.alerts() == ["page: Now.", "ticket: Later."]


@pytest.mark.parametrize(
    ("page", "sentence"),
    [({"data": {"result": []}}, "knows nothing of Tapwatt"), ("hello", "does not answer as a Prometheus does")],
)
async def test_a_prometheus_that_is_none_or_knows_nothing_is_one_sentence(page: Any, sentence: str) -> None:
    async with answering({"/api/v1/query": page}) as at, aiohttp.ClientSession() as http:
        with pytest.raises(TapwattError, match=sentence):
            await Prometheus(http, f"http://{at}").change()


def test_what_tapwatt_up_printed_has_all_addresses(tmp_path: Path) -> None:
    ring = tmp_path / "ring.json"
    ring.write_text(json.dumps({"services": {"tariff": "http://a"}, "exporter": "http://b"}))
    assert addresses(["c"], ring) == ["c", "http://a", "http://b"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"services": 1}', '{"services": {}, "exporter'])
def test_another_file_is_one_sentence(text: str, tmp_path: Path) -> None:
    ring = tmp_path / "ring.json"
    ring.write_text(text)
    with pytest.raises(TapwattError, match="is not the line that `tapwatt up --json` prints"):
        addresses([], ring)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TapwattError, match="cannot be read"):
        addresses([], tmp_path / "no")


def test_without_any_address_it_says_what_to_give() -> None:
    done = CliRunner().invoke(app, ["top"], env={"TAPWATT_TOP_AT": "", "TAPWATT_TOP_PROMETHEUS": ""})
    assert isinstance(done.exception, TapwattError)
    assert "--at host:port" in str(done.exception)
