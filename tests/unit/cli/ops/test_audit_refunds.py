"""The audit of money that went back, and of what people did at the provider's portal."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.cli.ops.test_audit_differences import PLACE, Told, entry, euro, settled, the_one

from tapwatt.facts.events import Captured, ChargedBack, HoldReleased, Refunded
from tapwatt_cli.ops.audit import Trouble


def refunded(told: Told, minor: int, reference: str = "B-s1") -> None:
    told.say(Refunded(operator_id="op", session_id="s1", refund_id="r", refund_reference=reference, amount=euro(minor)))


def charged_back(told: Told, minor: int) -> None:
    told.say(
        ChargedBack(
            operator_id="op", session_id="s1", capture_reference="C", chargeback_reference="K-s1", amount=euro(minor)
        )
    )


def test_s20_s31_money_that_went_back_as_it_was_said_is_no_difference() -> None:
    told = settled()
    refunded(told, 500)
    charged_back(told, 700)
    told.ledger += [entry("B", "refund", told, 500), entry("K", "chargeback", told, 700)]
    assert told.audit().clean


def test_s20_a_refund_that_was_said_twice_under_one_reference_counts_once() -> None:
    told = settled()
    refunded(told, 500)
    told.events.append(replace(told.events[-1], envelope=replace(told.events[-1].envelope, id="another")))
    told.ledger.append(entry("B", "refund", told, 500))
    assert told.audit().clean


def test_s20_a_refund_without_a_word_or_of_another_amount_is_wrong() -> None:
    told = settled()
    told.ledger.append(entry("B", "refund", told, 500))
    assert (
        str(the_one(told.audit())) == "s1: wrong: expected 0.00 EUR given back, as said; found 5.00 EUR in the ledger"
    )
    refunded(told, 400)
    assert the_one(told.audit()).expected == "4.00 EUR given back, as said"


def test_s31_a_chargeback_without_a_word_is_wrong() -> None:
    told = settled()
    told.ledger.append(entry("K", "chargeback", told, 500))
    assert the_one(told.audit()).expected == "0.00 EUR charged back, as said"


def test_s20_more_back_than_was_taken_is_wrong() -> None:
    told = settled()
    refunded(told, 1300)
    told.ledger.append(entry("B", "refund", told, 1300))
    assert the_one(told.audit()).expected == "at most 12.00 EUR back, as taken"


def test_s40_what_a_person_took_too_much_adds_up_with_what_is_owed() -> None:
    # given 20.00 taken by hand where 12.00 is owed
    told = settled()
    too_much = {"taken": euro(2000), "released": euro(3000), "overcharge": euro(800), "owed": euro(1200)}
    told.change(Captured, taken_by="by_hand", **too_much).erase("capture").erase("release")
    told.ledger += [entry("C", "capture", told, 2000), entry("C", "release", told, 3000)]
    assert told.audit().clean
    assert the_one(told.change(Captured, overcharge=euro(700)).audit()).trouble is Trouble.WRONG


def test_s40_a_capture_that_was_cancelled_at_the_portal_adds_up_with_the_hold_let_go() -> None:
    told = settled().forget(Captured)
    told.say(
        HoldReleased(
            session_id="s1",
            place=PLACE,
            hold_reference="H-s1",
            released=euro(5000),
            waived=euro(1200),
            reason="by_hand",
        )
    )
    told.ledger.append(entry("X", "refund", told, 1200))
    assert [str(one) for one in told.audit().differences] == []


def test_s08_a_hold_that_ran_out_and_of_which_nothing_is_owed_is_no_difference() -> None:
    told = Told(owed=0).authorise().charge().release().erase("reversal")
    told.ledger.append(entry("E", "release", told, 5000))
    assert told.audit().clean
