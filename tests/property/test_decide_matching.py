"""Whatever sessions there are: a tap stops one of this card's own, or none, and the order they come in is no matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind, same_card
from tapwatt.facts.events import StopRequested, TokenAmbiguous, TokenMatched
from token_matcher.decide import OpenSession, Presented, decide

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

fingerprints = st.builds(
    lambda kind, version, letter: Fingerprint(kind=kind, key_version=version, digest=letter * 64),
    st.sampled_from(FingerprintKind),
    st.integers(1, 2),
    st.sampled_from("ab"),
)
cards = st.lists(fingerprints, min_size=1, max_size=4, unique=True).map(lambda found: Card(fingerprints=tuple(found)))
names = st.sampled_from(["e1", "e2", "e3"])
sessions = st.lists(
    st.tuples(names, st.sampled_from(["t1", "t2"]), st.integers(0, 5), cards, st.sampled_from([None, "me", "other"])),
    max_size=6,
).map(
    lambda rows: [
        OpenSession(f"s{number}", terminal, evse, NOON + timedelta(minutes=minute), card, claimed)
        for number, (evse, terminal, minute, card, claimed) in enumerate(rows)
    ]
)
stops = st.builds(
    lambda evse, evses: StopRequested(
        stop_id="me",
        operator_id="o",
        site_id="s",
        terminal_id="t1",
        evse_id=evse,
        evse_ids=tuple(evses),
        requested_at=NOON,
    ),
    st.none() | names,
    st.sets(names),
)


@given(stop=stops, card=cards, found=sessions, seed=st.integers())
def test_a_tap_stops_at_most_one_session_and_only_one_of_this_card_in_reach(
    stop: StopRequested, card: Card, found: list[OpenSession], seed: int
) -> None:
    # When the same sessions are looked at in two orders
    said = decide(stop, Presented(card), found)
    shuffled = Random(seed).sample(found, len(found))
    # Then the answer is the same
    assert decide(stop, Presented(card), shuffled) == said
    by_id = {one.session_id: one for one in found}
    match said:
        case TokenMatched():
            # and what is stopped is this card's, where the driver stands
            one = by_id[said.session_id]
            assert same_card(one.card, card) is not None
            assert stop.evse_id in (None, one.evse_id)
            assert one.evse_id in stop.evse_ids if stop.evse_ids else one.terminal_id == "t1"
            assert said.stop_id == "me"
        case TokenAmbiguous():
            assert len(said.evse_ids) > 1
            assert stop.evse_id is None
        case _:
            reach = [s for s in found if stop.evse_id in (None, s.evse_id)]
            reach = [s for s in reach if (s.evse_id in stop.evse_ids if stop.evse_ids else s.terminal_id == "t1")]
            assert not any(same_card(one.card, card) for one in reach)
