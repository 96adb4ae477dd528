"""The audit of money that went back: refunds, captures cancelled at the portal, and what drivers' banks took back."""

from __future__ import annotations

from collections.abc import Iterator

from tapwatt.facts.events import Captured, ChargedBack, Refunded
from tapwatt.money import Money
from tapwatt_cli.ops.case_files import CaseFile
from tapwatt_cli.ops.ledger_page import Account


def money_back(case: CaseFile, account: Account) -> Iterator[tuple[str, str]]:
    """What is wrong with the money that went back to the card of this hold, as (expected, found).

    What was said once under one of the provider's references counts once. taken - refunded - charged back >= 0.
    """
    refunds = {one.refund_reference: one.amount.minor for one in case.all(Refunded)}
    charged_back = {one.chargeback_reference: one.amount.minor for one in case.all(ChargedBack)}
    said = sum(refunds.values()) + sum(charged_back.values())
    pairs = (
        ("given back", sum(refunds.values()), 0 if _never_said(case, account) else account.refunded),
        ("charged back", sum(charged_back.values()), sum(e.amount.minor for e in account.chargebacks if e.amount)),
    )
    for what, told, done in pairs:
        if told != done:
            yield f"{_money(account, told)} {what}, as said", f"{_money(account, done)} in the ledger"
    captured = case.one(Captured)
    if captured is not None and captured.taken.minor < said:
        yield f"at most {captured.taken} back, as taken", f"{_money(account, said)} said to be back"


def cancelled(account: Account) -> bool:
    """Whether all that was taken was cancelled by hand: nothing stands of it, and nothing of the hold."""
    return bool(account.captures) and account.taken == account.refunded


def _never_said(case: CaseFile, account: Account) -> bool:
    """A capture that was cancelled before the session was settled was never said to be taken."""
    return case.one(Captured) is None and cancelled(account)


def _money(account: Account, minor: int) -> Money:
    return Money(minor=minor, currency=account.currency)
