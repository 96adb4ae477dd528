"""Who is let in at the simulated provider, which requests it cannot read, and when it gives the same answer again."""

import base64
from typing import Any

import pytest


def basic(user: str, password: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode(), "User-Agent": "tests"}


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "tests"},
        basic("t_other"),
        basic("t_demo", "secret"),
        {"Authorization": "Bearer t_demo", "User-Agent": "x"},
    ],
)
async def test_s30_without_the_right_key_it_says_bad_credentials(world: Any, headers: dict[str, str]) -> None:
    code, refusal = await world.call("GET", "/api/v1/transaction?reference=x", headers=headers)
    assert (code, refusal["failureCode"]) == (401, "bad_credentials")


async def test_a_user_agent_is_mandatory(world: Any) -> None:
    code, refusal = await world.call(
        "GET", "/api/v1/transaction?reference=x", headers={**basic("t_demo"), "User-Agent": ""}
    )
    assert (code, refusal["field"]) == (400, "User-Agent")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"transactionType": "sale"}, "transactionType"),
        ({"method": "card"}, "method"),
        ({"amount": None}, "amount"),
        ({"merchantOrderReference": "x" * 256}, "merchantOrderReference"),
        ({"merchantOrderReference": "\ud800"}, "merchantOrderReference"),
        ({"details": {"operatingEnvironment": "ATTENDED"}}, "details.operatingEnvironment"),
        ({"details": {"terminalId": None}}, "details.terminalId"),
    ],
)
async def test_a_wrong_field_is_named(world: Any, changes: dict[str, Any], field: str) -> None:
    code, refusal = await world.authorise(**changes)
    assert (code, refusal["field"]) == (400, field)


@pytest.mark.parametrize("raw", ["", "{", "[]", "NaN", '{"amount": NaN}', "\udcff"])
async def test_a_body_that_is_no_json_object_is_a_400(world: Any, raw: str) -> None:
    data = raw.encode(errors="surrogateescape")
    async with world.session.post(f"{world.url}/api/v1/capture", data=data, headers=basic("t_demo")) as answer:
        assert answer.status == 400
        assert (await answer.json())["type"] == "invalid_request"


async def test_more_decimals_than_arithmetic_keeps_are_still_seen(world: Any) -> None:
    reference = await world.held(20)
    raw = f'{{"reference": "{reference}", "amount": 9.99000000000000000000000000000000001}}'
    assert (await world.call("POST", "/api/v1/capture", raw=raw))[0] == 400


async def test_unknown_fields_are_ignored(world: Any) -> None:
    assert (await world.authorise(surprise={"a": [1]}))[0] == 200


async def test_an_unknown_path_or_method_is_answered_in_json(world: Any) -> None:
    assert (await world.call("GET", "/api/v1/nothing"))[0] == 404
    assert (await world.call("GET", "/api/v1/capture"))[0] == 405
    assert (await world.call("GET", "/api/v1/transaction"))[0] == 400


async def test_s12_the_same_reference_and_request_get_the_same_answer_word_for_word(world: Any) -> None:
    # given a hold asked for and tapped
    _, first = await world.authorise(20, key="authorise:s1")
    await world.tap()
    # when it is asked for again, the amount written in another way
    code, again = await world.authorise(20.0, key="authorise:s1")
    # then nothing new happens, and the answer is the first one
    assert (code, again) == (200, first)
    assert len(await world.of_order("o1")) == 1
    # and a capture the same
    _, first = await world.post("capture", {"reference": first["reference"], "amount": 5}, "capture:h1")
    _, again = await world.post("capture", {"reference": first["originalReference"], "amount": 5}, "capture:h1")
    assert again == first
    assert (await world.books(first["originalReference"]))["captured"] == 500


async def test_a_refusal_is_remembered_but_a_request_that_could_not_be_read_is_not(world: Any) -> None:
    # given a refused capture of a hold nobody has tapped for yet
    _, asked = await world.authorise(20)
    assert (await world.post("capture", {"reference": asked["reference"]}, "capture:h1"))[0] == 422
    # when the hold stands
    await world.tap()
    # then the same reference is refused for ever, another is not
    assert (await world.post("capture", {"reference": asked["reference"]}, "capture:h1"))[0] == 422
    assert (await world.post("capture", {"reference": asked["reference"], "amount": 1.001}, "capture:h2"))[0] == 400
    assert (await world.post("capture", {"reference": asked["reference"], "amount": 1.01}, "capture:h2"))[0] == 200


async def test_another_request_or_verb_under_a_used_reference_is_a_conflict(world: Any) -> None:
    reference = await world.held(20)
    assert (await world.post("capture", {"reference": reference, "amount": 5}, "k"))[0] == 200
    assert (await world.post("capture", {"reference": reference, "amount": 6}, "k"))[0] == 409
    assert (await world.post("capture", {"reference": reference}, "k"))[0] == 409
    code, refusal = await world.post("refund", {"reference": reference, "amount": 5}, "k")
    assert (code, refusal["field"]) == (409, "Idempotency-Reference")
    assert (await world.books(reference))["refunded"] == 0


@pytest.mark.parametrize(("key", "code"), [("k" * 50, 200), ("k" * 51, 400), ("", 400)])
async def test_an_idempotency_reference_has_1_to_50_characters(world: Any, key: str, code: int) -> None:
    assert (await world.authorise(key=key))[0] == code


async def test_a_forgotten_reference_is_a_new_request(start: Any) -> None:
    clock = [1_700_000_000_000]
    async with start(lambda: clock[0], idempotency_window_s=60, pending_s=10) as world:
        _, first = await world.authorise(key="authorise:s1")
        await world.tap()
        clock[0] += 59_000
        assert (await world.authorise(key="authorise:s1"))[1] == first
        clock[0] += 1_000
        _, second = await world.authorise(key="authorise:s1")
        assert second["reference"] != first["reference"]


async def test_too_many_requests_in_a_second_are_answered_429_and_not_applied(start: Any) -> None:
    async with start(rate_limit=3) as world:
        codes = [(await world.authorise(order="many", terminal=f"T{n}"))[0] for n in range(12)]
        assert 429 in codes
        _, ledger = await world.admin("GET", "/ledger")
        assert len(ledger["transactions"]) == codes.count(200)


async def test_amounts_come_as_integers_and_with_one_or_all_decimals(world: Any) -> None:
    seen = set()
    for number in range(30):
        async with world.session.post(
            f"{world.url}/api/v1/payment",
            json={
                "transactionType": "authorise",
                "method": "terminal",
                "amount": 20,
                "currency": "eur",
                "merchantOrderReference": "o1",
                "details": {"terminalId": f"T{number}", "operatingEnvironment": "UNATTENDED"},
            },
            headers=basic("t_demo"),
        ) as answer:
            seen.add((await answer.text()).split('"amount":')[1].split(",")[0])
    assert seen == {"20", "20.0", "20.00"}
