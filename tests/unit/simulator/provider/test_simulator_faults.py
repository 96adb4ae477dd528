"""Each fault of the simulated provider: what the merchant sees, and what the ledger says happened."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from simulator.provider.faults import Fault, Faults, Subject


async def fault(world: Any, **fields: Any) -> None:
    code, answer = await world.admin("POST", "/faults", fields)
    assert code == 200, answer


@pytest.mark.parametrize(("kind", "code"), [("too_many_requests", 429), ("error_before", 503)])
async def test_before_applying_means_nothing_was_applied(world: Any, kind: str, code: int) -> None:
    reference = await world.held(20)
    await fault(world, kind=kind, verb="capture", count=1)
    assert (await world.post("capture", {"reference": reference}, "k"))[0] == code
    assert (await world.books(reference))["captured"] == 0
    assert (await world.post("capture", {"reference": reference}, "k"))[0] == 200


async def test_s10_after_applying_means_it_was_applied_and_the_same_reference_tells(world: Any) -> None:
    reference = await world.held(20)
    await fault(world, kind="error_after", status=500, verb="capture", count=1)
    assert (await world.post("capture", {"reference": reference, "amount": 7}, "k"))[0] == 500
    assert (await world.books(reference))["captured"] == 700
    assert (await world.post("capture", {"reference": reference, "amount": 7}, "k"))[0] == 200
    assert (await world.books(reference))["captured"] == 700


async def test_s10_a_lost_answer_was_applied_and_is_found_by_its_order(world: Any) -> None:
    reference = await world.held(20)
    await fault(world, kind="answer_lost", verb="capture", order_reference="o1", count=1)
    with pytest.raises(aiohttp.ClientError):
        await world.post("capture", {"reference": reference, "amount": 7}, "k")
    capture = (await world.of_order("o1"))[-1]
    assert (capture["type"], capture["originalReference"], capture["amount"]) == ("capture", reference, 7)


async def test_s09_a_late_request_is_not_there_yet_when_asked_for_and_comes_later_once(world: Any) -> None:
    await fault(world, kind="late_apply", verb="authorise", seconds=0.4, count=1)
    with pytest.raises(aiohttp.ClientError):
        await world.authorise(key="authorise:s1")
    assert await world.of_order("o1") == []
    await asyncio.sleep(0.7)
    (late,) = await world.of_order("o1")
    assert late["status"] == "pending"
    # and its reference gives that one
    assert (await world.authorise(key="authorise:s1"))[1]["reference"] == late["reference"]


async def test_s09_a_late_request_that_was_repeated_meanwhile_is_applied_once(world: Any) -> None:
    reference = await world.held(20)
    await fault(world, kind="late_apply", verb="capture", seconds=0.3, count=1)
    with pytest.raises(aiohttp.ClientError):
        await world.post("capture", {"reference": reference, "amount": 7}, "k")
    assert (await world.post("capture", {"reference": reference, "amount": 7}, "k"))[0] == 200
    await asyncio.sleep(0.6)
    assert await world.lines(reference) == [("hold", 2000), ("capture", 700), ("release", 1300)]


async def test_latency_delays_the_effect_and_a_slow_answer_only_the_answer(world: Any) -> None:
    reference = await world.held(20)
    await fault(world, kind="latency", verb="status", seconds=0.2, count=1)
    began = time.monotonic()
    await world.status(reference)
    assert time.monotonic() - began >= 0.2
    await fault(world, kind="slow_answer", verb="capture", seconds=0.4)
    asking = asyncio.create_task(world.post("capture", {"reference": reference}))
    await asyncio.sleep(0.15)
    assert not asking.done()
    assert (await world.books(reference))["captured"] == 2000
    assert (await asking)[0] == 200


async def test_a_pending_capture_moves_money_later_and_holds_off_others(world: Any) -> None:
    reference = await world.held(20)
    await fault(world, kind="pending", verb="capture", seconds=0.3)
    _, taken = await world.post("capture", {"reference": reference, "amount": 7}, "k")
    assert taken["status"] == "pending"
    assert (await world.post("reversal", {"reference": reference}))[0] == 422
    assert (await world.books(reference))["captured"] == 0
    await asyncio.sleep(0.6)
    assert (await world.status(taken["reference"]))["status"] == "success"
    assert await world.lines(reference) == [("hold", 2000), ("capture", 700), ("release", 1300)]


async def test_a_decline_by_code_strikes_terminals_and_settlement(world: Any) -> None:
    await fault(world, kind="decline", verb="authorise", terminal="T1", failure_code="fraud_detected", count=1)
    await world.authorise()
    assert (await world.tap())[1]["failure_code"] == "fraud_detected"
    reference = await world.held(20)
    await fault(world, kind="decline", verb="capture", failure_code="processing_error", count=1)
    code, refusal = await world.post("capture", {"reference": reference}, "k1")
    assert (code, refusal["failureCode"]) == (422, "processing_error")
    assert (await world.post("capture", {"reference": reference}, "k1"))[0] == 422
    assert (await world.post("capture", {"reference": reference}, "k2"))[0] == 200


@pytest.mark.parametrize(("measure", "held"), [({"amount_minor": 1234}, 1234), ({"percent": 33}, 660)])
async def test_s07_a_partial_approval_on_demand(world: Any, measure: dict[str, int], held: int) -> None:
    await fault(world, kind="partial_approval", verb="authorise", **measure)
    reference = await world.held(20)
    assert (await world.books(reference))["authorised"] == held


@pytest.mark.parametrize(("status", "authorised"), [("success", 2000), ("failed", 0)])
async def test_s11_manual_intervention_is_undecided_until_the_helpdesk_decides(
    world: Any, status: str, authorised: int
) -> None:
    await fault(world, kind="manualintervention", verb="authorise", count=1)
    _, asked = await world.authorise()
    assert (await world.tap())[1]["status"] == "manualintervention"
    assert (await world.books(asked["reference"]))["authorised"] == 0
    assert (await world.post("capture", {"reference": asked["reference"]}))[0] == 422
    code, _ = await world.admin("POST", f"/transactions/{asked['reference']}/resolve", {"status": status})
    assert code == 200
    assert (await world.status(asked["reference"]))["status"] == status
    assert (await world.books(asked["reference"]))["authorised"] == authorised
    assert (await world.admin("POST", f"/transactions/{asked['reference']}/resolve", {"status": status}))[0] == 404


async def test_s11_a_capture_in_manual_intervention_takes_its_money_when_resolved(world: Any) -> None:
    reference = await world.held(20)
    await fault(world, kind="manualintervention", verb="capture", count=1)
    code, taken = await world.post("capture", {"reference": reference, "amount": 7}, "k")
    assert (code, taken["status"]) == (200, "manualintervention")
    assert "statusFinalDate" not in taken
    assert (await world.books(reference))["captured"] == 0
    await world.admin("POST", f"/transactions/{taken['reference']}/resolve", {"status": "success"})
    assert (await world.books(reference))["captured"] == 700


async def test_faults_are_listed_with_their_strikes_and_taken_away(world: Any) -> None:
    await fault(world, kind="error_before", verb="status", skip=1, count=1)
    codes = [(await world.call("GET", "/api/v1/transaction?merchantOrderReference=o1"))[0] for _ in range(3)]
    assert codes == [200, 503, 200]
    _, listed = await world.admin("GET", "/faults")
    assert [(one["id"], one["struck"]) for one in listed] == [("fault-1", 1)]
    assert (await world.admin("DELETE", "/faults/fault-1"))[0] == 200
    assert (await world.admin("DELETE", "/faults/fault-1"))[0] == 404
    assert (await world.admin("DELETE", "/faults"))[1] == []


async def test_faults_can_be_there_from_the_start(start: Any) -> None:
    async with start(faults=[{"kind": "error_before", "verb": "authorise", "count": 1}]) as world:
        assert [(await world.authorise())[0] for _ in range(2)] == [503, 200]


def test_a_probability_strikes_the_same_calls_in_any_order_and_about_as_often_as_it_says() -> None:
    struck = []
    for order in (range(1000), reversed(range(1000))):
        faults = Faults("seed", (Fault(kind="latency", probability=0.2),), lambda: 0)
        struck.append({n for n in order if faults.strike("latency", Subject("capture", order_reference=f"o{n}"))})
    assert struck[0] == struck[1]
    assert 150 < len(struck[0]) < 250
    other = Faults("another seed", (Fault(kind="latency", probability=0.2),), lambda: 0)
    assert {n for n in range(1000) if other.strike("latency", Subject("capture", order_reference=f"o{n}"))} != struck[0]
