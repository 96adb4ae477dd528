"""Prices and rates that can be charged and that surely nobody meant: 30 a kWh, VAT of 0.21 %, a fee that is a cap."""

from __future__ import annotations

from collections.abc import Iterator

from pricing.checking.finding import WORD, Finding, Subject, warning
from pricing.engine.line_words import plain
from tapwatt.tariffs import Dimension, PriceComponent

_ABOUT_A_EURO = {
    **dict.fromkeys(("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD", "KWD", "BHD", "OMR", "JOD", "BGN"), 1),
    **dict.fromkeys(("PLN", "RON", "AED", "SAR", "QAR", "ILS", "MYR", "BRL", "GEL"), 5),
    **dict.fromkeys(("DKK", "SEK", "NOK", "CNY", "HKD", "ZAR", "MXN"), 10),
    **dict.fromkeys(("CZK", "TRY", "UAH", "THB", "TWD", "PHP", "MDL", "MKD"), 45),
    **dict.fromkeys(("INR", "ALL", "RSD", "ISK", "JPY"), 150),
    **dict.fromkeys(("HUF",), 400),
}
"""How much of a currency is worth a euro, roughly and at the most; of others no price is doubted."""

_MOST = {Dimension.ENERGY: 3, Dimension.TIME: 120, Dimension.PARKING_TIME: 120}
"""Euros a kWh or an hour beyond which nobody charges: twice what the dearest charger asks."""
_MOST_FEE = 10
_LEAST_VAT, _MOST_VAT = 1, 30
"""Percent. No country has a rate below 1 and above 0; the highest is 27 (Hungary)."""
_PER = {Dimension.ENERGY: "a kWh", Dimension.TIME: "an hour", Dimension.PARKING_TIME: "an hour"}


def implausible(subject: Subject) -> Iterator[Finding]:
    """Prices and rates that are out of proportion."""
    euro = _ABOUT_A_EURO.get(subject.tariff.currency)
    measured = any(c.type is not Dimension.FLAT and c.price for _, _, c in subject.components())
    for _, path, component in subject.components():
        yield from _rate(path, component)
        if euro is None:
            continue
        if component.type is Dimension.FLAT:
            if measured and component.price >= _MOST_FEE * euro:
                yield _fee(subject, path, component)
        elif component.price > _MOST[component.type] * euro:
            yield warning(
                f"{path}.price",
                f"{WORD[component.type]} costs {plain(component.price)} {subject.tariff.currency} "
                f"{_PER[component.type]}; is that meant?",
                "A price is in whole units of the currency, not in cents; energy is per kWh, time per hour.",
            )


def _fee(subject: Subject, path: str, component: PriceComponent) -> Finding:
    amount = f"{plain(component.price)} {subject.tariff.currency}"
    return warning(
        f"{path}.price",
        f"a fee of {amount} is charged on top of everything else; is it meant as the most that a session costs?",
        "A FLAT is a fee. The most that a session costs is max_price.",
    )


def _rate(path: str, component: PriceComponent) -> Iterator[Finding]:
    vat = component.vat
    if vat is not None and 0 < vat < _LEAST_VAT:
        says = f"the VAT is {plain(vat)} %, less than any country has; is {plain(vat * 100)} % meant?"
        yield warning(f"{path}.vat", says, "vat is in percent: 21 and not 0.21.")
    elif vat is not None and vat > _MOST_VAT:
        says = f"the VAT is {plain(vat)} %, more than any country has"
        yield warning(f"{path}.vat", says, "vat is in percent: 21 and not 121.")
