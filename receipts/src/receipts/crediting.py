"""Makes the credit note of a session: which lines and taxes go back with a refund, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from receipts.credit_note import Credited, CreditLine, CreditNote
from receipts.make import UTC, NoReceipt
from receipts.receipt import LocalMoment, Receipt
from tapwatt.facts.bill import VatShare
from tapwatt.facts.events import Refunded
from tapwatt.money import Money


def make_credit_note(
    receipt: Receipt, refunds: Iterable[Refunded], refund_id: str | None = None, time_zone: str | None = None
) -> CreditNote:
    """The credit note of one refund, or of all of a session together.

    What was taken too much goes back first. The rest is shared over the rates of VAT, and over the lines of each, in
    proportion to what is left of them: no refund credits a cent more of a line than it has, and refunds that give
    everything back credit exactly the bill. NoReceipt, in one sentence, if there is no such refund or the amounts do
    not agree with the receipt.
    """
    known = sorted({one.refund_reference: one for one in refunds}.values(), key=_order)
    wrong = _wrong(receipt, known, refund_id)
    if wrong:
        raise NoReceipt(f"session {receipt.session_id} has no credit note: {wrong}")
    left = _Left.of(receipt)
    before = after = left
    credited: list[Refunded] = []
    for one in known:
        if refund_id is None or one.refund_id == refund_id:
            before = left if not credited else before
            credited.append(one)
        left = left.less(one.amount.minor)
        after = left if one in credited else after
    currency = receipt.taken.currency

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=currency)

    amount = sum(one.amount.minor for one in credited)
    back_before = sum(one.amount.minor for one in known[: known.index(credited[0])])
    zone = time_zone or _zone(receipt)
    lines = [
        CreditLine(what=line.what, vat_percent=line.vat_percent, incl_vat=money(was - now))
        for line, was, now in zip(receipt.lines, before.lines, after.lines, strict=True)
        if was != now
    ]
    shares = [
        VatShare(percent=share.percent, excl_vat=money(e), vat=money(v), incl_vat=money(e + v))
        for share, (e, v) in zip(receipt.vat, _differences(before.vat, after.vat), strict=True)
        if e or v
    ]
    return CreditNote(
        receipt=receipt,
        refunds=tuple(_credited(one, zone) for one in credited),
        amount=money(amount),
        taken_too_much=money(before.too_much - after.too_much),
        lines=tuple(lines),
        vat=tuple(shares),
        back_before=money(back_before),
        back_in_all=money(back_before + amount),
        kept=money(receipt.taken.minor - back_before - amount),
    )


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount in whole minor units, shared in proportion: the largest remainders get what is left over.

    The shares add up to the amount, and none is more than its weight where all weights together are not less.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(amount * weights[n] % whole), n))
    for number in by_remainder[: amount - sum(shares)]:
        shares[number] += 1
    return shares


@dataclass(frozen=True, slots=True)
class _Left:
    """What of a bill has not gone back yet, in minor units: beyond it, by rate (without VAT, and VAT), and by line."""

    too_much: int
    vat: tuple[tuple[int, int], ...]
    lines: tuple[int, ...]
    rates: tuple[object, ...]
    rate_of: tuple[object, ...]

    @classmethod
    def of(cls, receipt: Receipt) -> _Left:
        """A bill of which nothing has gone back."""
        return cls(
            receipt.taken_too_much.minor if receipt.taken_too_much is not None else 0,
            tuple((share.excl_vat.minor, share.vat.minor) for share in receipt.vat),
            tuple(line.incl_vat.minor for line in receipt.lines),
            tuple(share.percent for share in receipt.vat),
            tuple(line.vat_percent for line in receipt.lines),
        )

    def less(self, amount: int) -> _Left:
        """After so much more has gone back."""
        beyond = min(amount, self.too_much)
        shares = split(amount - beyond, [excl + vat for excl, vat in self.vat])
        vat, lines = [], list(self.lines)
        for share, (excl, tax), rate in zip(shares, self.vat, self.rates, strict=True):
            without, on_top = split(share, [excl, tax])
            vat.append((excl - without, tax - on_top))
            numbers = [number for number, of in enumerate(self.rate_of) if of == rate]
            for number, part in zip(numbers, split(share, [self.lines[n] for n in numbers]), strict=True):
                lines[number] -= part
        return _Left(self.too_much - beyond, tuple(vat), tuple(lines), self.rates, self.rate_of)


def _differences(before: tuple[tuple[int, int], ...], after: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    return [(e - f, v - w) for (e, v), (f, w) in zip(before, after, strict=True)]


def _wrong(receipt: Receipt, known: list[Refunded], refund_id: str | None) -> str:
    if not any(refund_id is None or one.refund_id == refund_id for one in known):
        return "nothing of it went back" if refund_id is None else f"no refund {refund_id} of it went back"
    currencies = {one.amount.currency for one in known} - {receipt.taken.currency}
    if currencies:
        return f"{receipt.taken} was taken, and refunds are in {', '.join(sorted(currencies))}"
    back = Money(minor=sum(one.amount.minor for one in known), currency=receipt.taken.currency)
    return f"{receipt.taken} was taken, and {back} went back" if back > receipt.taken else ""


def _credited(one: Refunded, zone: str) -> Credited:
    return Credited(
        refund_id=one.refund_id,
        refund_reference=one.refund_reference,
        amount=one.amount,
        refunded_at=LocalMoment.at(one.refunded_at, zone) if one.refunded_at is not None else None,
        reason=one.reason,
    )


def _order(one: Refunded) -> tuple[str, str]:
    return one.refunded_at.isoformat() if one.refunded_at is not None else "", one.refund_reference


def _zone(receipt: Receipt) -> str:
    moments = (receipt.issued_at, receipt.ended_at, receipt.started_at)
    return next((one.time_zone for one in moments if one is not None), UTC)
