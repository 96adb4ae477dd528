"""Troubles of the simulated provider that last a while, pages that are none of its own, and what it forgets."""

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator.provider.faults import Fault, FaultKind, Faults, Subject


class Time:
    """Epoch milliseconds that pass when they are told to."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.mark.parametrize("kind", ["too_many_requests", "error_before"])
def test_a_storm_lasts_as_long_as_it_was_set_for_and_is_lifted_early(kind: FaultKind) -> None:
    time = Time()
    faults = Faults("seed", (Fault(kind=kind, for_s=45),), time)
    struck = []
    for _ in range(50):
        struck.append(faults.strike(kind, Subject("capture")) is not None)
        time.ms += 1000
    assert struck == [True] * 45 + [False] * 5
    # set again it begins anew, and taken away it is over
    again = faults.add(Fault(kind=kind, for_s=45))
    assert faults.strike(kind, Subject("status"))
    faults.remove(again.id)
    assert faults.strike(kind, Subject("status")) is None


def test_a_storm_may_begin_later() -> None:
    time = Time()
    faults = Faults("seed", (Fault(kind="too_many_requests", after_s=10, for_s=5),), time)
    struck = []
    for _ in range(20):
        struck.append(faults.strike("too_many_requests", Subject("token")) is not None)
        time.ms += 1000
    assert struck == [False] * 10 + [True] * 5 + [False] * 5


async def test_a_429_storm_strikes_every_verb_while_it_lasts(start: Any) -> None:
    time = Time()
    async with start(now=time) as world:
        hold = await world.held(20)
        _, asked = await world.authorise(terminal="T2")
        await world.admin("POST", "/faults", {"kind": "too_many_requests", "for_s": 45})
        calls = [
            ("POST", "/api/v1/payment", {}),
            ("POST", "/api/v1/token", {}),
            ("POST", "/api/v1/capture", {"reference": hold}),
            ("POST", "/api/v1/reversal", {"reference": hold}),
            ("POST", "/api/v1/refund", {"reference": hold}),
            ("GET", f"/api/v1/transaction?reference={hold}", None),
            ("GET", "/api/v1/transaction?merchantOrderReference=o1", None),
            ("POST", asked["cancelUrl"], {}),
        ]
        assert [(await world.call(*call))[0] for call in calls] == [429] * len(calls)
        time.ms += 45_000
        assert (await world.post("capture", {"reference": hold}))[0] == 200


async def test_a_page_of_the_ingress_is_no_answer_of_the_provider_and_nothing_was_applied(world: Any) -> None:
    hold = await world.held(20)
    await world.admin("POST", "/faults", {"kind": "ingress_page", "verb": "capture", "status": 404, "count": 1})
    async with world.session.post(
        f"{world.url}/api/v1/capture",
        json={"reference": hold},
        headers={"Authorization": "Basic dF9kZW1vOg==", "User-Agent": "tests"},
    ) as answer:
        assert (answer.status, answer.content_type) == (404, "text/html")
        assert (await answer.text()).startswith("<html>")
    assert (await world.books(hold))["captured"] == 0
    assert (await world.post("capture", {"reference": hold}))[0] == 200


async def test_s30_a_key_that_is_not_taken_any_more_is_refused_at_every_door_until_it_is(world: Any) -> None:
    hold = await world.held(20)
    await world.admin("POST", "/faults", {"kind": "key_refused", "id": "key"})
    status, said = await world.post("capture", {"reference": hold})
    assert (status, said["failureCode"]) == (401, "bad_credentials")
    assert (await world.call("GET", f"/api/v1/transaction?reference={hold}", None))[0] == 401
    await world.admin("DELETE", "/faults/key")
    assert (await world.books(hold))["captured"] == 0
    assert (await world.post("capture", {"reference": hold}))[0] == 200


async def test_a_reference_may_be_forgotten_before_its_time(world: Any) -> None:
    _, first = await world.authorise(key="authorise:s1")
    assert (await world.authorise(key="authorise:s1"))[1]["reference"] == first["reference"]
    await world.tap(entry="contact")
    await world.admin("POST", "/faults", {"kind": "reference_forgotten", "verb": "authorise", "count": 1})
    _, second = await world.authorise(key="authorise:s1")
    assert second["reference"] != first["reference"]
    assert [one["status"] for one in await world.of_order("o1")] == ["success", "pending"]


async def test_a_provider_that_ignores_references_answers_the_status_truly(start: Any) -> None:
    async with start(faults=[{"kind": "reference_forgotten"}]) as world:
        hold = await world.held(20)
        code, taken = await world.post("capture", {"reference": hold, "amount": 7}, "k")
        assert code == 200
        assert (await world.post("capture", {"reference": hold, "amount": 7}, "k"))[0] == 422
        assert (await world.status(taken["reference"]))["status"] == "success"


def token(order: str = "o1") -> dict[str, Any]:
    return {
        "method": "terminal",
        "merchantOrderReference": order,
        "details": {"terminalId": "T1", "operatingEnvironment": "UNATTENDED"},
    }


async def test_a_card_read_sent_twice_is_two_prompts_whatever_its_reference(world: Any) -> None:
    _, first = await world.post("token", token(), "token:1")
    await world.tap()
    _, second = await world.post("token", token(), "token:1")
    assert second["reference"] != first["reference"]
    assert [one["status"] for one in await world.of_order("o1")] == ["success", "pending"]


async def test_a_card_read_may_be_applied_late(world: Any) -> None:
    await world.admin("POST", "/faults", {"kind": "late_apply", "verb": "token", "seconds": 0.2, "count": 1})
    with pytest.raises(aiohttp.ClientError):
        await world.post("token", token(), "token:1")
    assert await world.of_order("o1") == []
    await asyncio.sleep(0.5)
    assert [one["status"] for one in await world.of_order("o1")] == ["pending"]


async def test_a_terminal_that_is_not_set_up_is_refused_until_it_is(start: Any) -> None:
    async with start(terminals=["T2"]) as world:
        code, refusal = await world.authorise(key="authorise:s1")
        assert (code, refusal["failureCode"], refusal["field"]) == (422, "invalid_config", "details.terminalId")
        assert (await world.post("token", token()))[0] == 422
        assert await world.of_order("o1") == []
        assert (await world.admin("GET", "/terminals/T1"))[1]["state"] == "unknown"
        await world.admin("POST", "/terminals/T1/state", {"state": "online"})
        assert (await world.authorise(key="authorise:s2"))[1]["status"] == "pending"


async def test_a_capture_may_say_nothing_of_the_card(start: Any) -> None:
    async with start(capture_repeats_card=False) as world:
        hold = await world.held(20)
        _, taken = await world.post("capture", {"reference": hold})
        assert taken["details"] == {}
        assert (await world.status(hold))["details"]["maskedPan"]
