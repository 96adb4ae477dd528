"""Decides when a session is priced, by which of the words that were said of its end, and what of them is disputed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    ChargingEnded,
    MeterRead,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SettlementDecided,
)
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.money import RoundingPolicy
from tariff.bills import CannotPrice, by_tariff, decided, nothing_owed
from tariff.disputes import charged_without_hold, contradicts, disputed
from tariff.plausibility import Limits, doubted
from tariff.reading import Fault, at
from tariff.words import Ended, Session, Word, replaced, same_energy, standing

Heard = Authorised | AuthorisationDeclined | SessionCancelled | MeterRead | ChargingEnded | SettlementDecided
Said = SessionPriced | SessionDisputed


@dataclass(frozen=True, slots=True)
class Rules:
    """How a session at one place is priced and what is believed of it."""

    rounding: RoundingPolicy
    limits: Limits


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows: a price, and from which word; and a dispute for each word that is not believed."""

    price: tuple[Word, SessionPriced] | None = None
    disputes: tuple[tuple[Word, SessionDisputed], ...] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    """A charger's word, what it would owe, and why it is not believed."""

    word: Word
    ended: Ended
    stated: SessionPriced | None
    fault: Fault | None


def decide(session: Session, rules: Rules) -> Verdict:
    """The session's price once its hold and a word that is believed are known, and every word that is not.

    A person's word stands before a charger's, and a charger's before a cancellation. What was priced stays priced:
    another word after it is a dispute. Words that are known together may have come in any order.
    """
    match session.began:
        case None:
            return Verdict()
        case AuthorisationDeclined() as declined:
            return Verdict(disputes=_new(_without_hold(declined, session)))
        case Authorised() as authorised:
            judged = [_Judged(word, ended, *_judge(authorised, ended, rules)) for word, ended in session.endings]
            if session.priced is not None:
                return Verdict(disputes=_new(_after(authorised, session, session.priced, judged)))
            price = _price(authorised, session, judged, rules)
            return Verdict(price, () if price else _new(_before(authorised, session, judged)))


def _new(disputes: Iterable[tuple[Word, SessionDisputed]]) -> tuple[tuple[Word, SessionDisputed], ...]:
    """A word is disputed once."""
    return tuple((word, said) for word, said in disputes if not word.disputed)


def by_last_reading(session: Session, rules: Rules, because: EndReason) -> Said | None:
    """What a session that cannot wait any longer owes by its last reading, since no word of its end can be priced.

    A dispute where that reading is not believed; None where there is none, or nothing to settle.
    """
    last, authorised = session.so_far, session.began
    if last is None or session.priced is not None or not isinstance(authorised, Authorised):
        return None
    stated, fault = _judge(authorised, last, rules)
    if stated is None or fault is not None:
        assert fault is not None
        return disputed(authorised, last.reading, fault, stated)
    why = f"nobody had said in time how it ended: it is billed by its reading of {at(last.reading.ended_at)}"
    return stated.model_copy(update={"ended_because": because, "notes": (why, *stated.notes)[:50]})


def refused(session: Session, decision: SettlementDecided) -> str | None:
    """Why a person's decision cannot be followed, in one sentence; None if it can, or if it is not known yet."""
    match session.began:
        case None:
            return None
        case AuthorisationDeclined():
            return (
                f"session {decision.session_id} has no hold to take {decision.amount} of" if decision.amount else None
            )
        case Authorised(hold=hold):
            if decision.amount.currency != hold.amount.currency or decision.amount > hold.amount:
                return f"{decision.amount} is not within the hold of session {decision.session_id}, {hold.amount}"
    stands = session.priced
    if stands is None or stands.owed == decision.amount:
        return None
    return (
        f"{stands.owed} of session {decision.session_id} was priced before {decision.amount} was decided, and a hold "
        "is taken once: give back what is too much as a refund"
    )


def _judge(authorised: Authorised, ended: Ended, rules: Rules) -> tuple[SessionPriced | None, Fault | None]:
    """What it would owe, and why it is not believed; never neither."""
    fault = doubted(ended.reading, authorised.hold, ended.heard_at, rules.limits)
    if ended.reading.fault is not None:
        return None, fault
    try:
        return by_tariff(authorised, ended.reading, rules.rounding), fault
    except CannotPrice as error:  # absent is not zero: a human has to say what this session costs
        why = f"it has no price under tariff {authorised.tariff.id}: {error}"
        return None, fault or Fault(doubt=Doubt.CANNOT_BE_PRICED, why=why[:400])


def _price(
    authorised: Authorised, session: Session, judged: list[_Judged], rules: Rules
) -> tuple[Word, SessionPriced] | None:
    decisions = [(word, said) for word, said in session.decisions if refused(session, said) is None]
    if decisions:
        word, decision = decisions[-1]
        return word, _noting(decided(authorised, decision), session, word)
    believed = [one for one in judged if one.fault is None and not one.word.disputed]
    best = standing([(one.word, one.ended) for one in believed])
    for one in believed:
        if best is not None and one.word is best and one.stated is not None:
            return best, _noting(one.stated, session, best)
    if session.cancelled is not None and not judged and not session.has_charged:
        return session.cancelled, nothing_owed(authorised, EndReason.CANCELLED)
    return None


def _noting(price: SessionPriced, session: Session, best: Word) -> SessionPriced:
    """The price with the words that it replaces, which are then not disputed any more."""
    others = [
        word
        for word in session.words
        if word is not best
        and not word.disputed
        and not (isinstance(word.said, SettlementDecided) and refused(session, word.said))
    ]
    return price.model_copy(update={"notes": (*price.notes, *map(replaced, others))[:50]})


def _before(authorised: Authorised, session: Session, judged: list[_Judged]) -> Iterator[tuple[Word, SessionDisputed]]:
    """What is disputed while nothing stands."""
    believed = [one for one in judged if one.fault is None]
    for one in judged:
        if one.fault is not None:
            yield one.word, disputed(authorised, one.ended.reading, one.fault, one.stated)
        elif len(believed) > 1:
            why = "it and another word contradict each other: the later one has less energy"
            fault = Fault(doubt=Doubt.CONTRADICTING_END, why=why)
            yield one.word, disputed(authorised, one.ended.reading, fault, one.stated)
    if session.cancelled is not None:
        fault = Fault(
            doubt=Doubt.CONTRADICTING_END, why="charging is said to have never begun, and a charger says it did"
        )
        yield session.cancelled, disputed(authorised, None, fault, nothing_owed(authorised, EndReason.CANCELLED))


def _after(
    authorised: Authorised, session: Session, priced: SessionPriced, judged: list[_Judged]
) -> Iterator[tuple[Word, SessionDisputed]]:
    """What is disputed once a price was said: every word that says something else, and that no note of it names."""
    for one in judged:
        if one.word.stands or replaced(one.word) in priced.notes or _says(one, priced):
            continue
        yield one.word, contradicts(authorised, one.ended.reading, one.fault, one.stated, priced)
    cancelled = session.cancelled
    if cancelled is None or cancelled.stands or replaced(cancelled) in priced.notes or not priced.owed:
        return
    yield cancelled, contradicts(authorised, None, None, nothing_owed(authorised, EndReason.CANCELLED), priced)


def _says(one: _Judged, priced: SessionPriced) -> bool:
    """Whether a word says what was priced, in other words or at another millisecond."""
    stated = one.stated
    return (
        one.fault is None
        and stated is not None
        and stated.owed == priced.owed
        and same_energy(priced.energy_wh, one.ended.reading)
    )


def _without_hold(declined: AuthorisationDeclined, session: Session) -> Iterator[tuple[Word, SessionDisputed]]:
    for word, ended in session.endings:
        yield word, charged_without_hold(declined, ended.reading)
