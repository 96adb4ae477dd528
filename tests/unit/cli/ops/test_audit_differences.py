"""The audit finds every kind of difference between what was said and what the ledger did, and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.codec import Event, begin, follow
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    EventRejected,
    HoldReleased,
    PriceLine,
    SessionDisputed,
    SessionPriced,
    SessionRequested,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import ChargingPeriod, Hold, Place
from tapwatt.facts.reasons import DeclineReason, Doubt, EndReason
from tapwatt.money import Money
from tapwatt.tariffs import Tariff
from tapwatt_cli.ops.audit import Difference, Report, Trouble, audit
from tapwatt_cli.ops.ledger_page import Entry, UnreadableLedger, accounts, read_ledger

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PLACE = Place(operator_id="op", site_id="site", terminal_id="T1", evse_id="E1")
CARD = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="ab" * 32),))
TARIFF = Tariff.model_validate(
    {"id": "t", "currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": "0.40"}]}]}
)


def euro(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


class Told:
    """A session, told in facts and ledger entries that agree until a test breaks them. 50.00 held, 12.00 owed."""

    def __init__(self, name: str = "s1", *, held: int = 5000, owed: int = 1200) -> None:
        self.name, self.held, self.owed = name, held, owed
        self.hold = Hold(
            reference=f"H-{name}", amount=euro(held), authorised_at=NOW, expires_at=NOW + timedelta(days=2)
        )
        self.events: list[Event] = []
        self.ledger: list[Entry] = []
        self._requested = begin(
            SessionRequested(
                session_id=name,
                place=PLACE,
                hold=euro(5000),
                tariff=TARIFF,
                time_zone="Europe/Amsterdam",
                requested_at=NOW,
            ),
            f"req-{name}",
            "/fleet",
            NOW,
        )
        self.events.append(self._requested)

    def say(self, fact: Fact) -> Event:
        event = follow(self._requested.envelope, fact, "/test", NOW)
        self.events.append(event)
        return event

    def authorise(self) -> Told:
        self.say(
            Authorised(
                session_id=self.name,
                place=PLACE,
                hold=self.hold,
                card=CARD,
                tariff=TARIFF,
                time_zone="Europe/Amsterdam",
            )
        )
        self.ledger.append(Entry(self.hold.reference, "authorise", "success", euro(self.held), self.name))
        return self

    def charge(self) -> Told:
        energy = Decimal(30_000) if self.owed else Decimal(0)
        period = ChargingPeriod(starts_at=NOW, ends_at=NOW + timedelta(minutes=30), energy_wh=energy)
        self.say(
            ChargingEnded(
                session_id=self.name,
                reason=EndReason.LIMIT,
                started_at=NOW,
                ended_at=period.ends_at,
                energy_wh=energy,
                periods=(period,),
            )
        )
        self.say(priced(self, energy))
        return self

    def capture(self) -> Told:
        taken = min(self.held, self.owed)
        self.say(
            Captured(
                session_id=self.name,
                place=PLACE,
                hold_reference=self.hold.reference,
                capture_reference=f"C-{self.name}",
                held=euro(self.held),
                taken=euro(taken),
                released=euro(self.held - taken),
                shortfall=euro(self.owed - taken),
            )
        )
        self.ledger.append(entry("C", "capture", self, taken))
        if taken < self.held:
            self.ledger.append(entry("C", "release", self, self.held - taken))
        return self

    def release(self) -> Told:
        self.say(
            HoldReleased(
                session_id=self.name,
                place=PLACE,
                hold_reference=self.hold.reference,
                released=euro(self.held),
                waived=euro(self.owed),
                reason="nothing_owed",
            )
        )
        self.ledger.append(entry("R", "reversal", self, self.held))
        return self

    def change(self, kind: type[Fact], **to: Any) -> Told:
        """Say another thing than what happened."""
        self.events = [
            replace(event, fact=event.fact.model_copy(update=to)) if isinstance(event.fact, kind) else event
            for event in self.events
        ]
        return self

    def forget(self, kind: type[Fact]) -> Told:
        self.events = [event for event in self.events if not isinstance(event.fact, kind)]
        return self

    def erase(self, kind: str) -> Told:
        self.ledger = [one for one in self.ledger if one.kind != kind]
        return self

    def audit(self) -> Report:
        return audit(self.events, self.ledger)


def entry(letter: str, kind: str, told: Told, amount: int) -> Entry:
    return Entry(f"{letter}-{told.name}", kind, "success", euro(amount), told.name, told.hold.reference)


def priced(told: Told, energy_wh: Decimal) -> SessionPriced:
    owed = euro(told.owed)
    line = PriceLine(
        dimension="ENERGY",
        quantity=energy_wh / 1000,
        unit="kWh",
        unit_price=Decimal("0.40"),
        vat_percent=None,
        excl_vat=owed,
        incl_vat=owed,
    )
    return SessionPriced(
        session_id=told.name,
        place=PLACE,
        hold=told.hold,
        owed=owed,
        owed_excl_vat=owed,
        energy_wh=energy_wh,
        ended_because=EndReason.LIMIT,
        tariff_id="t",
        lines=(line,),
    )


def settled(name: str = "s1", **money: int) -> Told:
    return Told(name, **money).authorise().charge().capture()


def the_one(report: Report) -> Difference:
    assert len(report.differences) == 1, [str(one) for one in report.differences]
    return report.differences[0]


def troubles(report: Report) -> set[Trouble]:
    return {one.trouble for one in report.differences}


# what is right


def test_a_day_that_agrees_has_no_difference() -> None:
    # given sessions that were captured, captured with a shortfall (s06), released and declined
    day = [settled("s1"), settled("s2", held=1000, owed=4100), Told("s3", owed=0).authorise().charge().release()]
    refused = Told("s4")
    refused.say(AuthorisationDeclined(session_id="s4", place=PLACE, reason=DeclineReason.DECLINED))
    refused.ledger.append(Entry("H-s4", "authorise", "failed", None, "s4"))
    day.append(refused)
    # when they are audited together
    report = audit([e for told in day for e in told.events], [e for told in day for e in told.ledger])
    # then nothing differs and the line says so
    assert [str(one) for one in report.differences] == []
    assert report.line == "audit: 4 sessions, 0 lost, 0 twice, 0 wrong"


def test_a_session_that_goes_on_is_under_way_and_no_difference() -> None:
    # given a car that charges under a hold that stands, and one whose charging has just ended
    charging, ended = Told("s1").authorise(), Told("s2").authorise().charge()
    last = max(event.envelope.time for event in [*charging.events, *ended.events])
    day = ([*charging.events, *ended.events], [*charging.ledger, *ended.ledger])
    # when a ring that is at work is audited
    report = audit(*day, last + timedelta(minutes=1))
    # then both are counted, and neither is lost
    assert report.line == "audit: 2 sessions, 0 lost, 0 twice, 0 wrong, 2 under way"
    assert {one.session_id: one.why.split(",")[0].split(" at ")[0] for one in report.under_way} == {
        "s1": "charging",
        "s2": "SessionPriced",
    }
    # and half an hour later the one that ended is lost, and the other one charges on
    later = audit(*day, last + timedelta(minutes=30))
    assert troubles(later) == {Trouble.LOST}
    assert {one.session_id for one in later.differences} == {"s2"}
    assert [one.session_id for one in later.under_way] == ["s1"]
    # and once its hold has run out it is lost, too
    assert {one.session_id for one in audit(*day, charging.hold.expires_at).differences} == {"s1", "s2"}
    # and where everything has to be at rest both are
    assert {one.session_id for one in audit(*day).differences} == {"s1", "s2"}


def test_money_that_was_taken_of_a_session_that_charges_is_no_session_that_goes_on() -> None:
    told = settled().forget(Captured).forget(SessionPriced).forget(ChargingEnded)
    last = max(event.envelope.time for event in told.events)
    report = audit(told.events, told.ledger, last + timedelta(hours=1))
    assert report.under_way == ()
    assert troubles(report) == {Trouble.LOST}


def test_s12_a_redelivered_event_is_no_difference() -> None:
    # given every event of a session delivered three times
    told = settled()
    told.events *= 3
    # then the audit sees it once
    assert told.audit().clean


def test_s08_an_expired_hold_is_told_and_nothing_is_left_open() -> None:
    # given a hold that the bank let go, and a CaptureFailed that says so
    told = Told().authorise().charge()
    told.say(
        CaptureFailed(
            session_id="s1", place=PLACE, hold_reference="H-s1", uncollected=euro(1200), reason="expired", detail=""
        )
    )
    told.ledger.append(entry("H", "release", told, 5000))
    # then that is the session's end
    assert told.audit().clean


def test_s07_a_hold_too_small_is_let_go_and_declined() -> None:
    # given a hold that was reversed before the session was declined
    told = Told(held=100)
    told.say(AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.HOLD_TOO_SMALL))
    told.ledger += [Entry("H-s1", "authorise", "success", euro(100), "s1"), entry("R", "reversal", told, 100)]
    # then nothing differs
    assert told.audit().clean


# what is lost


def test_a_session_without_an_outcome_is_lost() -> None:
    # given a session that was asked for and never spoken of again
    difference = the_one(Told().audit())
    # then it is lost, by name, with the last thing that was said
    assert difference.trouble is Trouble.LOST
    assert str(difference) == "s1: lost: expected an outcome; found nothing after SessionRequested"


def test_a_priced_session_that_nobody_settled_is_lost_with_its_open_hold() -> None:
    # given a session that was priced and not settled
    report = Told().authorise().charge().audit()
    # then it is one lost session: no outcome, and the hold is open
    assert report.line == "audit: 1 sessions, 1 lost, 0 twice, 0 wrong"
    assert "50.00 EUR of hold H-s1 still held" in str(report.differences[1])


def test_a_hold_left_open_behind_a_decline_is_lost() -> None:
    # given a hold that stands although the session was declined
    told = Told()
    told.say(AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.TIMED_OUT))
    told.ledger.append(Entry("H-s1", "authorise", "success", euro(5000), "s1"))
    assert the_one(told.audit()).trouble is Trouble.LOST


@pytest.mark.parametrize("gone", ["capture", "authorise"])
def test_what_was_said_and_is_not_in_the_ledger_is_lost(gone: str) -> None:
    # given a session whose capture, or whose hold, is not in the ledger
    report = settled().erase(gone).erase("release").audit()
    # then it is lost
    assert Trouble.LOST in troubles(report)


def test_a_release_that_was_said_and_not_done_is_lost() -> None:
    report = Told(owed=0).authorise().charge().release().erase("reversal").audit()
    assert troubles(report) == {Trouble.LOST}


def test_money_taken_without_a_word_is_lost() -> None:
    # given a capture in the ledger and no Captured
    report = settled().forget(Captured).audit()
    assert report.count(Trouble.LOST) == 1
    assert any("12.00 EUR taken without a word" in one.found for one in report.differences)


def test_a_rest_that_was_not_let_go_is_an_open_hold() -> None:
    # given a capture whose rest is still reserved
    report = settled().erase("release").audit()
    assert any("38.00 EUR of hold H-s1 still held" in one.found for one in report.differences)


# what is there twice


def test_a_hold_taken_twice_is_twice() -> None:
    # given two captures of one hold
    told = settled()
    told.ledger.append(replace(entry("C", "capture", told, 1200), reference="C2-s1"))
    # then it is twice (and the amounts are wrong, too)
    report = told.audit()
    assert report.count(Trouble.TWICE) == 1
    assert any(one.expected == "one capture" for one in report.differences)


def test_two_holds_for_one_session_are_twice() -> None:
    # given a second hold under the session's name, not let go
    told = settled()
    told.ledger.append(Entry("H2-s1", "authorise", "success", euro(5000), "s1"))
    report = told.audit()
    assert report.count(Trouble.TWICE) == 1
    # and when it was let go, it is no difference
    told.ledger.append(Entry("R2-s1", "reversal", "success", euro(5000), "s1", "H2-s1"))
    assert told.audit().clean


def test_two_outcomes_are_twice() -> None:
    # given a session that was captured and let go
    report = settled().release().audit()
    assert report.count(Trouble.TWICE) == 1
    assert any(one.found == "Captured and HoldReleased" for one in report.differences)


def test_the_same_outcome_under_two_ids_is_twice() -> None:
    # given a Captured that was said again with another id
    told = settled()
    last = next(event for event in told.events if isinstance(event.fact, Captured))
    told.events.append(replace(last, envelope=replace(last.envelope, id="another")))
    assert the_one(told.audit()).trouble is Trouble.TWICE


# what is wrong


@pytest.mark.parametrize(
    ("kind", "to", "found"),
    [
        (Captured, {"taken": euro(1201)}, "12.01 EUR taken in the event"),
        (Captured, {"released": euro(1)}, "0.01 EUR let go in the event"),
        (Captured, {"held": euro(4999)}, "49.99 EUR held in the event"),
        (Captured, {"shortfall": euro(5)}, "12.05 EUR owed in the event"),
        (Captured, {"capture_reference": "C-other"}, "capture C-other"),
        (SessionPriced, {"owed": euro(1300)}, "12.00 EUR owed in the event"),
        (SessionPriced, {"energy_wh": Decimal(1)}, "1 Wh"),
        (Captured, {"taken": Money(minor=1200, currency="USD")}, "12.00 USD taken in the event"),
    ],
)
def test_an_amount_that_is_not_so_is_wrong(kind: type[Fact], to: dict[str, Any], found: str) -> None:
    # given a session of which one amount was said otherwise
    report = settled().change(kind, **to).audit()
    # then it is wrong, and the amount is named
    assert report.line.endswith("0 lost, 0 twice, 1 wrong")
    assert found in [one.found for one in report.differences]


def test_a_hold_of_another_amount_is_wrong() -> None:
    told = settled()
    told.ledger[0] = replace(told.ledger[0], amount=euro(4000))
    assert any(one.found == "40.00 EUR" for one in told.audit().differences)


def test_more_taken_than_held_is_wrong() -> None:
    # given a capture above the hold, in the ledger and in the event alike
    told = settled()
    told.change(Captured, taken=euro(6000), released=euro(0), shortfall=euro(0)).erase("release")
    told.ledger[1] = replace(told.ledger[1], amount=euro(6000))
    # then it is wrong although both agree
    assert any(one.expected == "at most 50.00 EUR taken, as held" for one in told.audit().differences)


def test_a_hold_in_the_ledger_that_nobody_asked_for_is_wrong() -> None:
    # given a stranger's hold
    report = audit([], [Entry("H-x", "authorise", "success", euro(100), "stranger")])
    assert the_one(report).session_id == "stranger"
    assert the_one(report).trouble is Trouble.WRONG


def test_a_capture_of_no_hold_is_wrong() -> None:
    report = audit([], [Entry("C-x", "capture", "success", euro(100), None, "H-gone")])
    assert the_one(report).found == "a capture of no hold"


def test_a_session_that_nobody_asked_for_is_wrong() -> None:
    # given facts about a session without its SessionRequested
    assert the_one(settled().forget(SessionRequested).audit()).trouble is Trouble.WRONG


def test_an_event_id_of_a_fleet_that_was_used_twice_and_refused_is_no_difference() -> None:
    # given a fleet that says another hold under the same event id
    told = Told().authorise().charge().capture()
    again = told._requested.fact.model_copy(update={"hold": euro(100)})
    told.events.append(replace(told._requested, fact=again))
    assert the_one(told.audit()).expected == "the same SessionRequested at every redelivery"
    # when it was told so
    told.say(EventRejected(rejected_id="req-s1", stood_at="t/0/1", why="its ce_id was used before", what_to_do="mend"))
    assert told.audit().clean


def test_the_same_id_with_other_words_is_wrong() -> None:
    # given a redelivery that says another amount
    told = settled()
    last = next(event for event in told.events if isinstance(event.fact, Captured))
    told.events.append(replace(last, fact=last.fact.model_copy(update={"taken": euro(1)})))
    assert the_one(told.audit()).expected == "the same Captured at every redelivery"


def test_a_refund_that_nobody_said_is_wrong() -> None:
    told = settled()
    told.ledger.append(Entry("F-s1", "refund", "success", euro(300), "s1", "C-s1"))
    assert the_one(told.audit()).found == "3.00 EUR in the ledger"


def test_authorised_and_declined_both_is_wrong() -> None:
    told = settled()
    told.say(AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.DECLINED))
    assert troubles(told.audit()) == {Trouble.WRONG, Trouble.TWICE}


# what is open


def disputed(told: Told, doubt: Doubt, stands: int | None = None) -> None:
    told.say(
        SessionDisputed(
            operator_id="op",
            session_id=told.name,
            doubt=doubt,
            why="it says 910000 Wh in 5 min",
            place=PLACE,
            hold=told.hold,
            stands=None if stands is None else euro(stands),
            settled_by=("fleet", "operator"),
        )
    )


def decided(told: Told, minor: int, after: timedelta = timedelta(hours=1)) -> None:
    decision = SettlementDecided(
        operator_id="op",
        session_id=told.name,
        decision_id="d",
        amount=euro(minor),
        decided_by="anna",
        decided_at=NOW + after,
    )
    told.events.append(begin(decision, "d", "/operator", NOW + after))


def test_s37_a_session_that_is_disputed_and_not_settled_is_open_and_not_lost() -> None:
    # given a session of which impossible energy was said, and whose hold stands
    told = Told().authorise()
    disputed(told, Doubt.IMPLAUSIBLE_ENERGY)
    report = told.audit()
    # then nothing is lost, and it is listed
    assert report.clean
    assert report.line == "audit: 1 sessions, 0 lost, 0 twice, 0 wrong, 1 open"
    assert [(one.session_id, one.why) for one in report.open] == [
        ("s1", "implausible_energy: it says 910000 Wh in 5 min")
    ]
    # and once it is priced and captured, it is settled
    assert told.charge().capture().audit().line == "audit: 1 sessions, 0 lost, 0 twice, 0 wrong"


def test_s37_a_session_that_a_person_settled_has_the_persons_amount_and_no_charger_s_energy() -> None:
    told = Told().authorise().charge().capture()
    disputed(told, Doubt.IMPLAUSIBLE_ENERGY)
    decided(told, 1200)
    told.change(SessionPriced, ended_because=EndReason.SETTLED, energy_wh=Decimal(0))
    assert told.audit().line == "audit: 1 sessions, 0 lost, 0 twice, 0 wrong"


def test_s38_a_contradiction_after_the_price_is_open_until_a_person_has_decided() -> None:
    told = settled()
    disputed(told, Doubt.CONTRADICTING_END, stands=1200)
    assert told.audit().line.endswith("1 open")
    decided(told, 1200)
    assert told.audit().line == "audit: 1 sessions, 0 lost, 0 twice, 0 wrong"


def test_s52_a_stale_session_that_is_left_for_a_person_is_open() -> None:
    told = Told().authorise()
    told.say(
        SessionStale(session_id="s1", place=PLACE, hold=told.hold, deadline=NOW + timedelta(days=1), policy="person")
    )
    assert told.audit().line == "audit: 1 sessions, 0 lost, 0 twice, 0 wrong, 1 open"


def test_s36_energy_within_rounding_of_what_was_measured_is_no_difference() -> None:
    assert settled().change(SessionPriced, energy_wh=Decimal(29_995)).audit().clean


def test_s34_two_operators_sessions_of_one_number_are_two() -> None:
    # given two operators who both have a session 1001
    one, other = settled("1001"), settled("1001")
    elsewhere = PLACE.model_copy(update={"operator_id": "another"})
    for event in other.events:
        if "place" in type(event.fact).model_fields:
            other.change(type(event.fact), place=elsewhere)
    hold = other.hold.model_copy(update={"reference": "H-other"})
    other.change(Authorised, hold=hold).change(SessionPriced, hold=hold)
    other.change(Captured, hold_reference="H-other", capture_reference="C-other")
    other.change(ChargingEnded, operator_id="another")
    one.change(ChargingEnded, operator_id="op")
    renamed = [
        replace(
            entry,
            reference=f"{entry.reference[0]}-other",
            order_reference="another/1001",
            original_reference=entry.original_reference and "H-other",
        )
        for entry in other.ledger
    ]
    ours = [replace(entry, order_reference="op/1001") for entry in one.ledger]
    theirs = [replace(event, envelope=replace(event.envelope, id=event.envelope.id + "x")) for event in other.events]
    # then each is a file of its own, and nothing is twice
    report = audit([*one.events, *theirs], [*ours, *renamed])
    assert [str(difference) for difference in report.differences] == []
    assert report.sessions == 2


def test_s34_a_refusal_of_a_known_name_is_no_outcome_of_the_session_that_has_it() -> None:
    told = settled()
    told.say(AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.SESSION_KNOWN))
    assert told.audit().clean


# how the ledger is read


def test_amounts_are_read_from_the_journal_where_money_moves() -> None:
    # given the ledger's page of one session, taken in part
    page = {
        "transactions": [
            {"reference": "H", "type": "authorise", "status": "success", "order_reference": "s1", "amount": 5000},
            {"reference": "C", "type": "capture", "status": "success", "original_reference": "H", "amount": 1200},
            {"reference": "X", "type": "authorise", "status": "failed", "order_reference": "s2", "amount": 5000},
        ],
        "journal": [
            {"hold": "H", "reference": "H", "kind": "hold", "amount": 2000, "currency": "eur"},
            {"hold": "H", "reference": "C", "kind": "capture", "amount": 1200, "currency": "eur"},
            {"hold": "H", "reference": "C", "kind": "release", "amount": 800, "currency": "eur"},
        ],
    }
    # when it is read
    entries = read_ledger(page)
    # then the amounts are those that moved, and what did not move has none
    assert [(one.kind, one.amount) for one in entries] == [
        ("authorise", euro(2000)),
        ("capture", euro(1200)),
        ("authorise", None),
        ("release", euro(800)),
    ]


def test_what_was_done_by_hand_is_read_with_who_did_it_and_by_what_its_money_did() -> None:
    # given a capture by hand that was cancelled, and another that was charged back
    page = {
        "transactions": [
            {"reference": "C", "type": "capture", "status": "success", "original_reference": "H", "done_by": "ria"},
            {"reference": "R", "type": "reversal", "status": "success", "original_reference": "C", "done_by": "ria"},
            {"reference": "B", "type": "chargeback", "status": "success", "original_reference": "C2"},
        ],
        "journal": [
            {"hold": "H", "reference": "C", "kind": "capture", "amount": 1200, "currency": "eur"},
            {"hold": "H", "reference": "R", "kind": "refund", "amount": 1200, "currency": "eur"},
            {"hold": "H2", "reference": "B", "kind": "chargeback", "amount": 300, "currency": "eur"},
        ],
    }
    # when it is read
    entries = read_ledger(page)
    # then a capture that was cancelled has gone back to its card, and is nothing let go of a hold
    assert [(one.kind, one.amount, one.done_by) for one in entries] == [
        ("capture", euro(1200), "ria"),
        ("refund", euro(1200), "ria"),
        ("chargeback", euro(300), None),
    ]
    books, strays = accounts([Entry("H", "authorise", "success", euro(2000), "s1"), *entries])
    assert (books["H"].taken, books["H"].refunded, books["H"].let_go) == (1200, 1200, 0)
    assert [one.kind for one in strays] == ["chargeback"]


@pytest.mark.parametrize("page", [None, [], {"transactions": []}, {"transactions": [], "journal": [{"amount": 1.5}]}])
def test_what_is_no_ledger_is_refused_with_its_path(page: object) -> None:
    with pytest.raises(UnreadableLedger, match="the ledger cannot be read"):
        read_ledger(page)
