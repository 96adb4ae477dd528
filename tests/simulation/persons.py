"""People beside the drivers: at the provider's portal, in the operator's office, in the cardholder's bank."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from tests.simulation.drivers import DAY_S, HOUR_S
from tests.simulation.fleets import Fleet
from tests.simulation.truth import Truth, Word
from tests.simulation.world import World

from tapwatt.facts.events import Authorised, Captured, RefundRequested, SessionDisputed, SettlementDecided
from tapwatt.money import Money


@dataclass(slots=True)
class People:
    """What people do about one session, each when they please."""

    world: World
    fleet: Fleet
    truth: Truth
    chance: Random

    def begin(self) -> None:
        """Those who do something at all."""
        for die, likely, work in (
            ("portal", 0.3, self._at_the_portal),
            ("refunds", 0.4, self._in_the_office),
            ("persons", 0.6, self._decides),
        ):
            if self.chance.random() < likely and die in self.world.dice.on:
                self.world.run_beside(work())

    async def _at_the_portal(self) -> None:
        held = await self.world.ear.wait(self.truth.name, Authorised, within_s=9 * DAY_S)
        if not isinstance(held, Authorised):
            return
        for _ in range(self.chance.choice((1, 1, 2))):
            await asyncio.sleep(self.chance.choice((0, 10, HOUR_S, DAY_S, 3 * DAY_S)))
            self._act(held.hold.reference, held.hold.amount)

    def _act(self, hold: str, held: Money) -> None:
        """What a person wants and the books do not allow is not done."""
        portal, part = self.world.provider.portal, self.chance.choice((1, 4, 10))
        amount = Money(minor=max(held.minor // part, 1), currency=held.currency)
        captures = [
            one.told.reference
            for one in self.world.provider._all.values()
            if one.told.original_reference == hold and one.told.kind == "capture" and one.told.status == "success"
        ]
        acts = ("cancel_capture", "refund", "charge_back") if captures else ("capture", "capture", "reverse")
        act = self.chance.choice(acts)
        try:
            match act:
                case "capture":
                    portal.capture(hold, amount)
                case "reverse":
                    portal.reverse(hold)
                case "cancel_capture":
                    portal.cancel_capture(captures[0])
                case "refund":
                    portal.refund(captures[0], amount)
                case _:
                    portal.charge_back(captures[0], amount)
        except ValueError:
            return
        self.truth.by_hand.append(act)

    async def _in_the_office(self) -> None:
        captured = await self.world.ear.wait(self.truth.name, Captured, within_s=12 * DAY_S)
        if not isinstance(captured, Captured):
            return
        for number in range(self.chance.choice((1, 1, 2, 3))):
            await asyncio.sleep(self.chance.choice((0, 1, HOUR_S, 3 * DAY_S)))
            minor = max(captured.taken.minor // self.chance.choice((1, 2, 3, 10)), 1) + self.chance.choice(
                (0, 0, 0, 10**5)
            )
            refund = f"r{number if self.chance.random() < 0.8 else 0}"
            name = f"{self.truth.tag}-refund-{number}"
            self.truth.refunds.setdefault(refund, []).append(minor)
            self.fleet.say(
                RefundRequested(
                    operator_id=self.truth.operator,
                    session_id=self.truth.session,
                    refund_id=refund,
                    amount=Money(minor=minor, currency=captured.taken.currency),
                    requested_by="a person",
                ),
                name,
            )

    async def _decides(self) -> None:
        disputed = await self.world.ear.wait(self.truth.name, SessionDisputed, within_s=9 * DAY_S)
        if not isinstance(disputed, SessionDisputed) or disputed.hold is None:
            return
        await asyncio.sleep(self.chance.choice((0, 60, HOUR_S)))
        held, now = disputed.hold.amount, self.world.clock.monotonic()
        minor = self.chance.choice((0, 1, held.minor // 2, held.minor, held.minor + 1))
        self.truth.words.append(
            Word("decided", now, Decimal(0), now, minor if minor <= held.minor else None, may_be_refused=True)
        )
        self.fleet.say(
            SettlementDecided(
                operator_id=self.truth.operator,
                session_id=self.truth.session,
                decision_id=f"{self.truth.tag}-decision",
                amount=Money(minor=minor, currency=held.currency),
                decided_by="a person",
                decided_at=self.world.clock.now(),
            ),
            f"{self.truth.tag}-decision",
            refusable=True,
        )
