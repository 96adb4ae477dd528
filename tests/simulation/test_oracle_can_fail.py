"""The oracle is no friend of ours: with one safeguard broken on purpose it finds that money is lost, twice or wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.flow import ring
from tests.simulation.dice import DICE, Dice
from tests.simulation.seeds import run_seed

from authoriser import agent as authorising
from capturer import agent as capturing
from capturer import refunds as refunding
from tapwatt.money import Rounding, RoundingPolicy
from tapwatt.provider.unknown_outcomes import OutcomePolicy
from tapwatt.worker.service import Done
from tariff import agent as priced_by
from tariff import decide as pricing

Patch = pytest.MonkeyPatch
MOST_SEEDS = 60


def it_rounds_up(patch: Patch) -> None:
    rules = priced_by.TariffAgent._rules
    up = RoundingPolicy(Rounding.UP)
    patch.setattr(priced_by.TariffAgent, "_rules", lambda agent, place: replace(rules(agent, place), rounding=up))


def lies_are_believed(patch: Patch) -> None:
    patch.setattr(pricing, "doubted", lambda reading, *others: reading.fault)


def disputes_are_swallowed(patch: Patch) -> None:
    decide = pricing.decide
    patch.setattr("tariff.agent.decide", lambda *args: replace(decide(*args), disputes=()))


def prices_are_forgotten(patch: Patch) -> None:
    settle = capturing.CapturerAgent.priced

    async def forgets(agent: Any, event: Any) -> Done:
        return Done() if event.fact.session_id == "s0" else await settle(agent, event)

    patch.setattr(capturing.CapturerAgent, "priced", forgets)


def operators_are_one(patch: Patch) -> None:
    for module in ("tapwatt.facts.fact", "authoriser.decide"):
        patch.setattr(f"{module}.session_name", lambda operator, session: f"op0/{session}")


def drivers_are_asked_again(patch: Patch) -> None:
    agreed = authorising.AuthoriserAgent._agreed

    async def as_if_new(agent: Any, requested: Any) -> Any:
        found, _ = await agreed(agent, requested)
        return found, False

    patch.setattr(authorising.AuthoriserAgent, "_agreed", as_if_new)
    # and an operator who does not know for how long the provider heeds a reference: one who does has it asked each time
    patch.setattr(ring, "set_for", lambda habits: OutcomePolicy())


def refunds_are_given_twice(patch: Patch) -> None:
    answer = refunding.Refunds.answer

    async def twice(refunds: Any, requested: Any, since: Any) -> Any:
        again = requested.model_copy(update={"refund_id": f"{requested.refund_id}-again"})
        await answer(refunds, again, since)
        return await answer(refunds, requested, since)

    patch.setattr(refunding.Refunds, "answer", twice)


def commits_run_ahead(patch: Patch) -> None:
    from tests.flow import worker_in_memory as workers

    patch.setattr(workers._Up, "commits", lambda up: dict(up._positions))


BROKEN: dict[Callable[[Patch], None], tuple[str, ...]] = {
    it_rounds_up: (),
    lies_are_believed: ("lies",),
    disputes_are_swallowed: ("lies", "contradictions"),
    prices_are_forgotten: (),
    operators_are_one: ("operators",),
    drivers_are_asked_again: ("kills", "habits"),
    refunds_are_given_twice: ("refunds",),
    commits_run_ahead: ("kills",),
}
"""Each safeguard, and the dice by which it is missed."""


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_safeguard_that_is_broken_is_found(broken: Callable[[Patch], None], monkeypatch: Patch) -> None:
    # given a service with one safeguard less, and worlds in which hardly more than what it is for goes wrong
    dice = BROKEN[broken]
    off = frozenset(DICE) - set(dice) - {"taps"}
    seeds = [seed for seed in range(1000) if set(dice) <= Dice(seed).on][:MOST_SEEDS]
    assert all(not run_seed(Dice(seed, 4, off=off)).wrong for seed in seeds[:2])
    broken(monkeypatch)
    # then a seed fails before long
    found = next((came.wrong for seed in seeds if (came := run_seed(Dice(seed, 4, off=off))).wrong), None)
    assert found, f"{len(seeds)} seeds, and nobody misses it"
