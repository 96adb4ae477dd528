"""A tariff that cannot be read in part: every fault with its path, and what is wrong with the rest."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import MONDAY, WORKDAYS, brief, element, energy, findings, says, written

from pricing.checking.check import check
from tapwatt.tariffs import Tariff, contradiction


def test_a_good_tariff_has_no_findings_and_says_what_it_charges() -> None:
    checked = check("$", written(energy()), MONDAY)
    assert checked.findings == ()
    assert checked.good
    assert checked.tariff_id == "T"


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"id": ""}, "$.id", ""),
        ({"currency": "EURO"}, "$.currency", ""),
        ({"currency": "XAU"}, "$.currency", ""),
        ({"elements": []}, "$.elements", ""),
        ({"elements": [{"price_components": []}]}, "$.elements[0].price_components", ""),
        ({"min_price": [5]}, "$.min_price", "not an object"),
        ({"max_price": {"incl_vat": 5}}, "$.max_price.before_taxes", "missing"),
        ({"start_date_time": "tomorrow"}, "$.start_date_time", "not a time"),
        ({"tax_included": "MAYBE"}, "$.tax_included", ""),
        ({"preauthorize_amount": -1}, "$.preauthorize_amount", "less than 0"),
    ],
)
def test_a_field_that_cannot_be_read_is_an_error_at_its_path(change: dict[str, Any], path: str, said: str) -> None:
    tariff = {**written(energy()), **change}
    assert brief(tariff) == [("error", path)]
    assert said in says(tariff, path)


@pytest.mark.parametrize(
    ("restrictions", "name"),
    [
        ({"min_soc": 20}, "min_soc"),
        ({"day_of_week": ["FUNDAY"]}, "day_of_week[0]"),
        ({"start_date": "2026-02-30"}, "start_date"),
        ({"min_kwh": -1}, "min_kwh"),
        ({"reservation": "MAYBE"}, "reservation"),
    ],
)
def test_a_restriction_that_cannot_be_read_is_an_error(restrictions: dict[str, Any], name: str) -> None:
    assert brief(written(energy(**restrictions))) == [("error", f"$.elements[0].restrictions.{name}")]


def test_a_price_that_is_missing_is_an_error_and_never_nothing() -> None:
    tariff = written({"price_components": [{"type": "ENERGY", "step_size": 1}]})
    assert brief(tariff) == [("error", "$.elements[0].price_components[0].price")]


def test_all_faults_are_said_also_those_of_what_can_be_read() -> None:
    # given a fault in one element, another in a limit, and what contradicts itself in the rest
    tariff = written(
        energy(weather="sunny"),
        energy(price="cheap"),
        energy("0.30", min_kwh=9, max_kwh=3),
        min_price={"excl_vat": 9},
        max_price={"excl_vat": 3},
        tax_included="MAYBE",
        end_date_time="2026-01-01T00:00:00Z",
    )
    # then each has its own path, the worst first, in the numbering of the file
    assert brief(tariff) == [
        ("error", "$.elements[0].restrictions.weather"),
        ("error", "$.elements[1].price_components[0].price"),
        ("error", "$.tax_included"),
        ("error", "$.min_price"),
        ("warning", "$.end_date_time"),
        ("warning", "$.elements[2].restrictions.max_kwh"),
    ]


def test_what_cannot_be_read_is_not_repeated() -> None:
    # given something in the wrong place that should not be seen
    tariff = written(energy(price="4111111111111111x"), tax_included="4111111111111111")
    assert len(findings(tariff)) == 2
    assert not [f for f in findings(tariff) if "4111" in f.says + f.path + f.hint]


def test_what_the_service_refuses_is_never_good() -> None:
    # given every way in which a tariff that can be read contradicts itself
    several = [
        written(energy(), min_price={"excl_vat": 2, "incl_vat": 1}),
        written(energy(), min_price={"excl_vat": 2}, max_price={"excl_vat": 1}),
        written(energy(), start_date_time="2026-05-01T00:00:00Z", end_date_time="2026-04-01T00:00:00Z"),
        written(energy(), preauthorize_amount="1.234"),
        written(energy(start_time="09:00+01:00", end_time="10:00")),
    ]
    for tariff in several:
        # then what the authoriser refuses is an error here
        assert contradiction(Tariff.model_validate(tariff)) is not None
        assert "error" in [severity for severity, _ in brief(tariff)]


@pytest.mark.parametrize(
    ("tariff", "expected"),
    [
        (written(energy(), colour="green"), ("note", "$")),
        (written(energy(), tariff_group="city"), ("note", "$")),
        (written({**energy(), "restriction": {"min_kwh": 5}}), ("error", "$.elements[0].restriction")),
        (
            written({"price_components": [{"type": "ENERGY", "price": 1, "vat": 21, "stepsize": 1}]}),
            ("error", "$.elements[0].price_components[0].stepsize"),
        ),
        (
            written(
                {"price_components": [{"type": "ENERGY", "price": 1, "taxes": [{"name": "VAT", "percentage": 21}]}]}
            ),
            ("error", "$.elements[0].price_components[0].taxes"),
        ),
        (written(energy(), min_prize={"excl_vat": 5}), ("error", "$.min_prize")),
        (written(energy(), max_price={"excl_vat": 5, "inkl_vat": 6}), ("error", "$.max_price.inkl_vat")),
        (written(energy(), taxes=[]), ("error", "$.taxes")),
        (written(energy(), restrictions={"min_kwh": 5}), ("error", "$.restrictions")),
    ],
)
def test_a_field_that_ocpi_does_not_have_is_refused_where_money_depends_on_it_and_noted_elsewhere(
    tariff: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert brief(tariff) == [expected]


def test_what_ocpi_has_beside_prices_is_well() -> None:
    tariff = written(
        energy(),
        country_code="NL",
        party_id="TWA",
        tariff_alt_text=[{"language": "en", "text": "0.54 a kWh"}],
        tariff_alt_url="https://example.com/tariff",
        energy_mix={"is_green_energy": True},
        last_updated="2026-01-01T00:00:00Z",
    )
    assert brief(tariff) == []


def test_too_many_restrictions_to_compare_are_said_to_be_and_soon() -> None:
    # given elements that cut each other on every axis
    steps = [
        energy(
            n + 1, min_kwh=n, max_kwh=n + 50, min_duration=60 * n, max_duration=60 * (n + 70), start_time=f"0{n % 9}:00"
        )
        for n in range(150)
    ]
    # when it is checked
    began = time.monotonic()
    said = [f"{f.severity}: {f.says}" for f in findings(written(*steps))]
    # then it is said that it was not looked at, within seconds on the slowest machine
    assert [one for one in said if one.startswith("note: there are too many restrictions to compare")]
    assert time.monotonic() - began < 30


def test_a_price_for_every_hour_of_the_week_is_not_too_many() -> None:
    # given 168 elements and a fallback that nobody meets
    hours = [
        element(
            ("ENERGY", f"0.{100 + hour}"),
            ("TIME", "1"),
            start_time=f"{hour:02d}:00",
            end_time=f"{(hour + 1) % 24:02d}:00",
            day_of_week=[day],
        )
        for day in [*WORKDAYS, "SATURDAY", "SUNDAY"]
        for hour in range(24)
    ]
    # then they cover the week
    assert brief(written(*hours)) == []
    assert brief(written(*hours, energy())) == [("warning", "$.elements[168].price_components[0]")]
