"""The simulated acquirer's file: what moved on a day, signed as it reaches the merchant, with fees and a count."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any


async def lines(world: Any, days: str) -> list[list[str]]:
    code, text = await world.admin_text("GET", f"/settlement-file?{days}")
    assert code == 200, text
    return list(csv.reader(StringIO(text)))


async def test_a_day_has_a_line_a_movement_and_a_last_line_that_counts_them(world: Any) -> None:
    # given a capture of 12.34 of which 5.00 went back, and a hold that was let go
    reference = await world.held(20)
    assert (await world.post("capture", {"reference": reference, "amount": 12.34}, "k"))[0] == 200
    assert (await world.post("refund", {"reference": reference, "amount": 5}, "r"))[0] == 200
    # when its file is fetched
    today = datetime.now(UTC).date().isoformat()
    header, taken, back, total = await lines(world, f"first={today}&last={today}")
    # then money of the merchant's stands there alone, the hold does not
    told = [dict(zip(header, row, strict=True)) for row in (taken, back)]
    assert [(one["type"], one["amount"], one["fee"]) for one in told] == [
        ("capture", "12.34", "0.11"),
        ("refund", "-5.00", "0.00"),
    ]
    assert {one["original_reference"] for one in told} == {reference}
    assert (total[2], total[3]) == ("total", "2")


async def test_a_day_on_which_nothing_moved_is_a_file_with_its_count_alone(world: Any) -> None:
    header, total = await lines(world, "first=2001-01-01&last=2001-01-02")
    assert (total[0], total[2], total[3]) == ("2001-01-02", "total", "0")
    assert len(header) == len(total)


async def test_days_that_are_none_are_refused_in_a_sentence(world: Any) -> None:
    code, text = await world.admin_text("GET", "/settlement-file?first=yesterday")
    assert code == 400
    assert "give first and last" in text
