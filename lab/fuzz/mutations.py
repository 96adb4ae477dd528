"""Spoils good tariffs, CDRs and sessions in every way that a file can be spoilt: by structure, by number, by byte."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

TOKEN = "CANARY-04E1-77"
"""Stands in every record as the driver's token; no output and no refusal may repeat it."""

VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "cdrs"

_RESTRICTIONS: dict[str, Any] = {
    "start_time": "07:00",
    "end_time": "22:30",
    "start_date": "2026-01-01",
    "end_date": "2027-01-01",
    "min_kwh": 1,
    "max_kwh": 40.5,
    "min_power": 0.5,
    "max_power": 150,
    "min_current": 1,
    "max_current": 500,
    "min_duration": 60,
    "max_duration": 36000,
    "day_of_week": ["MONDAY", "SATURDAY"],
}
TARIFF: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "TWT",
    "id": "T-ALL",
    "currency": "EUR",
    "type": "AD_HOC_PAYMENT",
    "tariff_alt_text": [{"language": "en", "text": "0.45 per kWh"}],
    "min_price": {"excl_vat": 0.5, "incl_vat": 0.61},
    "max_price": {"excl_vat": 100, "incl_vat": 121},
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 0.45, "vat": 21, "step_size": 100}],
            "restrictions": _RESTRICTIONS,
        },
        {
            "price_components": [{"type": "FLAT", "price": 2.5, "vat": 21, "step_size": 1}],
            "restrictions": {"reservation": "RESERVATION_EXPIRES"},
        },
        {
            "price_components": [
                {"type": "FLAT", "price": 0.35, "vat": 21, "step_size": 1},
                {"type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1},
                {"type": "TIME", "price": 1.2, "vat": 9, "step_size": 300},
                {"type": "PARKING_TIME", "price": 3.6, "step_size": 60},
            ]
        },
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}
_DRAWN: list[dict[str, Any]] = [
    {"type": kind, "volume": volume}
    for kind, volume in (("MIN_CURRENT", 14), ("MAX_CURRENT", 16), ("MIN_POWER", 9.7), ("MAX_POWER", 11))
]
SESSION: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "TWT",
    "id": "S-1",
    "start_date_time": "2026-03-02T08:00:00Z",
    "kwh": 7.5,
    "cdr_token": {"uid": TOKEN, "type": "AD_HOC_USER", "contract_id": TOKEN},
    "auth_method": "COMMAND",
    "location_id": "LOC-1",
    "evse_uid": "EVSE-1",
    "connector_id": "1",
    "currency": "EUR",
    "charging_periods": [
        {
            "start_date_time": "2026-03-02T08:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 5}, {"type": "CURRENT", "volume": 16}, *_DRAWN],
        },
        {
            "start_date_time": "2026-03-02T08:30:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 2.5}, *_DRAWN],
        },
    ],
    "status": "ACTIVE",
    "last_updated": "2026-03-02T08:45:00Z",
}

_MOST_BYTES = 20 * 1024 * 1024
"""Of one spoilt place: more than the readers take, and little enough for the memory that is left to them."""
_RAW = "@raw{}@"
_HOSTILE: tuple[str, ...] = (
    *("1e999999", "-1e999999", "1e-999999", "1e9999999999999999999", "NaN", "Infinity", "-Infinity", "-0", "-0.0", "0"),
    *("1e18", "1E+30", "9" * 60, "9" * 5_000, "0." + "1" * 5_000, "1e", "1.", "01", "--1", "0x10", "true", "null"),
    *('"1e999999"', '"NaN"', '"1_0"', '" 1 "', '""', '"\\ud800"', '"\\u0000"', '"\\u001b[2J"', '"[red]x"', '"a\\nb"'),
    *('"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"', '"2026-02-30T00:00:00Z"', '"24:00"', '"23:59:60"'),
    *('"2026-03-29T02:30:00"', "1772438400", '"../../etc/passwd"', '"Europe"', '"XXX"', '"JPY"', '"KWD"', '"N/A"'),
    *("[]", "{}", "[[]]", '{"data": []}', "-5", "1e-20", "0.30000000000000004", "4000000000", "86400", "200"),
)


def text_of(tree: Any, raws: Sequence[str] = ()) -> str:
    """The tree as JSON, the marks in it replaced by raw text that no honest writer would write."""
    text = json.dumps(tree)
    for number, raw in enumerate(raws):
        text = text.replace(json.dumps(_RAW.format(number)), raw)
    return text


def good_records() -> list[dict[str, Any]]:
    """CDRs and a session that have a price, each with the token in it."""
    found: list[dict[str, Any]] = [json.loads(path.read_text("utf-8")) for path in sorted(VECTORS.glob("*.json"))]
    for one in found:
        one["cdr_token"] = {"uid": TOKEN, "type": "RFID", "contract_id": TOKEN}
    return [*found, SESSION]


def spoilt(tree: Any, chance: Random) -> str:
    """The object as JSON text, spoilt in one to four places."""
    tree, raws = copy.deepcopy(tree), list[str]()
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        tree = chance.choice(_WAYS)(tree, chance, raws)
    text = text_of(tree, raws)
    return chance.choice(_WRAPPED)(text) if chance.random() < 0.1 else text


def spoilt_bytes(text: bytes, chance: Random) -> bytes:
    """The text with bytes changed, left out, doubled or put in."""
    found = bytearray(text)
    for _ in range(chance.choice((1, 1, 2, 3, 8, 40))):
        at = chance.randrange(len(found) + 1)
        end = min(len(found), at + chance.choice((1, 1, 2, 8, 64, 400)))
        match chance.randrange(5):
            case 0:
                found[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
            case 1:
                del found[at:end]
            case 2:
                found[at:at] = found[at:end]
            case 3:
                found[at:at] = chance.choice(_HOSTILE).encode()
            case _:
                found[at:end] = chance.choice(
                    (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\xff", b"\x00", b"e9")
                )
    return bytes(found)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(found) < 2_000:
        one = waiting.pop()
        keys: list[Any] = list(one) if isinstance(one, dict) else list(range(len(one))) if isinstance(one, list) else []
        found.extend((one, key) for key in keys)
        waiting.extend(one[key] for key in keys)
    return found


def _somewhere(change: Callable[[Any, Any, Random, list[str]], None]) -> Callable[[Any, Random, list[str]], Any]:
    def way(tree: Any, chance: Random, raws: list[str]) -> Any:
        if places := _places(tree):
            change(*chance.choice(places), chance, raws)
        return tree

    return way


def _mark(raw: str, raws: list[str]) -> str:
    raws.append(raw)
    return _RAW.format(len(raws) - 1)


def _replace(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    inside[key] = _mark(chance.choice(_HOSTILE), raws)


def _remove(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    del inside[key]


def _double(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    if isinstance(inside, list):
        inside.insert(key, copy.deepcopy(inside[key]))
    else:
        # the same name twice in one object
        inside[_mark(f'{json.dumps(key)}: {json.dumps(inside[key])}, "x"', raws)] = 1


def _rename(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    if isinstance(inside, dict):
        inside[chance.choice(("", "min_soc", "a\nb", "price", "4111111111111111", "\ud800", "x" * 5_000))] = inside.pop(
            key
        )


def _wrap(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    inside[key] = chance.choice(([inside[key]], {"data": inside[key]}, [inside[key], inside[key]]))


def _deep(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    levels = chance.choice((5, 50, 900, 5_000, 100_000))
    left, right = chance.choice((("[", "]"), ('{"a":', "}")))
    inside[key] = _mark(left * levels + "1" + right * levels, raws)


def _long(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    inside[key] = chance.choice("9xZ\n é") * chance.choice((37, 300, 1_000, 1_000_000))


def _many(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    one = inside[key]
    if isinstance(one, list) and one:
        text = json.dumps(chance.choice(one))
        times = min(chance.choice((2, 10, 100, 3_000, 100_000)), _MOST_BYTES // len(text))
        inside[key] = _mark("[" + ",".join([text] * times) + "]", raws)


def _nudge(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    one = inside[key]
    if isinstance(one, int | float) and not isinstance(one, bool):
        factor = chance.choice((-1, 0, 10, 1_000, 1_000_000))
        inside[key] = chance.choice((str(one), one * factor, one + 1, _mark(f"{one}000000000000000001", raws)))
    elif isinstance(one, str) and "T" in one and len(one) > 18:
        inside[key] = (
            f"20{chance.randrange(20, 40):02}-{chance.randrange(1, 13):02}-{chance.randrange(1, 30):02}" + one[10:]
        )


def _swap(inside: Any, key: Any, chance: Random, raws: list[str]) -> None:
    other = chance.choice((TARIFF, SESSION, _RESTRICTIONS, TARIFF["elements"], SESSION["charging_periods"]))
    inside[key] = copy.deepcopy(other)


_WAYS: tuple[Callable[[Any, Random, list[str]], Any], ...] = tuple(
    _somewhere(change)
    for change in (
        *([_replace] * 4),
        *([_nudge] * 3),
        _remove,
        _remove,
        _double,
        _rename,
        _wrap,
        _deep,
        _long,
        _many,
        _swap,
    )
)
_WRAPPED: tuple[Callable[[str], str], ...] = (
    lambda text: f'{{"data": {text}, "status_code": 1000}}',
    lambda text: f"[{text}]",
    lambda text: f"[{text}, {text}]",
    lambda text: f"\ufeff{text}",
    lambda text: f"{text}{text}",
    lambda text: text[: len(text) // 2],
    lambda text: "",
)
