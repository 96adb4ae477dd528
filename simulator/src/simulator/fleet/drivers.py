"""Drivers and their cars: what people do at a charger, said by the fleet and done at the simulated terminals."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulator.fleet.fleet import Fleet
from simulator.fleet.meter import COMPRESSION, Reading, read_meter
from simulator.fleet.tariffs import ALL, IDLE_GRACE_S, OPERATOR, TIME_ZONES, named, usual_hold
from simulator.fleet.world import World
from simulator.provider.cards import Card
from tapwatt.errors import TapwattError
from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    HoldReleased,
    SessionCancelled,
    SessionRequested,
    StopRequested,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fields import Place
from tapwatt.facts.ids import session_name
from tapwatt.facts.reasons import DeclineReason, EndReason, NoMatchReason
from tapwatt.money import Money
from tapwatt.tariffs import Tariff, TariffRef

StopAnswer = TokenMatched | TokenNotMatched | TokenAmbiguous
BRANDS = ("mastercard", "visa")

Settlement = Captured | HoldReleased | CaptureFailed


class NotAsTold(TapwattError):
    """A story went otherwise than it is told."""


def expect(so: bool, otherwise: str) -> None:
    """Stop the story, saying how it went otherwise."""
    if not so:
        raise NotAsTold(otherwise)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long drivers wait, in real seconds: for a fact, and before they stop charging (the meter is compressed)."""

    patience_s: float = 60.0
    shortest_charge_s: float = 0.3


class Scene:
    """One story's corner of the world: a terminal with its EVSEs, the cards in it, and this story's own chance."""

    def __init__(self, fleet: Fleet, world: World, name: str, number: int, chance: Random, waiting: Waiting) -> None:
        self.fleet, self.world, self.chance, self.waiting = fleet, world, chance, waiting
        self.name = name
        self.terminal_id = f"T{number:04d}"
        self.site_id = f"site-{number % 7 + 1}"
        self.cards: list[Card] = []
        self.sessions: list[Session] = []
        self._stops = 0

    async def card(self, whose: str = "driver", **behaves: object) -> Card:
        """A new card in somebody's hand, which behaves so (see simulator.provider.cards)."""
        card = Card.model_validate({"name": f"{self.name}-{whose}", "brand": self.chance.choice(BRANDS), **behaves})
        await self.world.add_card(card)
        self.cards.append(card)
        return card

    async def phone(self, card: Card) -> Card:
        """The same card on its owner's phone: another token, the same PAR where it has one."""
        same = {"account": card.account, "brand": card.brand, "has_par": card.has_par}
        return await self.card("phone", device="phone", **same)

    def session(self, tariff: Tariff, hold: Money | None = None, *, operator_id: str = OPERATOR) -> Session:
        """The next session in this story, at the next EVSE of its terminal; another operator has its own."""
        number = len(self.sessions) + 1
        place = Place(
            operator_id=operator_id,
            site_id=self.site_id,
            terminal_id=self.terminal_id if operator_id == OPERATOR else f"{self.terminal_id}-{operator_id}",
            evse_id=f"NL*TAP*E{self.terminal_id[1:]}*{number}",
        )
        session = Session(self, f"{self.name}-{number}", place, tariff, hold or usual_hold(tariff))
        self.sessions.append(session)
        return session

    async def ask_to_stop(self, evse_id: str | None = None) -> Event:
        """Somebody presses stop at this terminal; for one EVSE if they have picked one."""
        self._stops += 1
        stop_id = f"{self.name}-stop-{self._stops}"
        stop = StopRequested(
            stop_id=stop_id,
            operator_id=OPERATOR,
            site_id=self.site_id,
            terminal_id=self.terminal_id,
            evse_ids=tuple(session.place.evse_id for session in self.sessions),
            evse_id=evse_id,
            requested_at=self.fleet.now(),
        )
        return await self.fleet.say(stop, name=stop_id)

    async def stop_answer(self, asked: Event) -> tuple[Event, StopAnswer]:
        """What the terminal shows in answer."""
        assert isinstance(asked.fact, StopRequested)
        kinds = (TokenMatched, TokenNotMatched, TokenAmbiguous)
        answer, fact = await self.fleet.inbox.first(asked.fact.stop_id, *kinds, within_s=self.waiting.patience_s)
        assert isinstance(fact, StopAnswer)
        return answer, fact

    async def tap_to_stop(self, card: Card, evse_id: str | None = None) -> tuple[Event, StopAnswer]:
        """Press stop and present a card."""
        asked = await self.ask_to_stop(evse_id)
        await self.world.present(self.terminal_id, card, wait_s=self.waiting.patience_s)
        return await self.stop_answer(asked)

    async def not_matched(self, asked: Event, reason: NoMatchReason) -> None:
        """The stop is answered with no session, for this reason."""
        _, answer = await self.stop_answer(asked)
        expect(isinstance(answer, TokenNotMatched), f"{self.name}: TokenNotMatched, not {answer.name}")
        if isinstance(answer, TokenNotMatched):
            expect(answer.reason is reason, f"{self.name}: not matched because {reason}, not {answer.reason}")


class Session:
    """One charging session, from the driver's side."""

    def __init__(self, scene: Scene, session_id: str, place: Place, tariff: Tariff, hold: Money) -> None:
        self.scene, self.fleet = scene, scene.fleet
        self.id, self.place, self.tariff, self.hold = session_id, place, tariff, hold
        self.requested: Event | None = None
        self.authorised: Event | None = None
        self.reading: Reading | None = None

    @property
    def order_reference(self) -> str:
        """Under which name the provider knows it."""
        return session_name(self.place.operator_id, self.id)

    async def request(self) -> Event:
        """Somebody wants to charge here.

        Half of the chargers name a published tariff, the others send the tariff itself; where the hold is the usual
        one, those that name a tariff leave it to that tariff.
        """
        published = self.tariff in ALL and self.place.operator_id == OPERATOR
        by_name = published and self.scene.chance.random() < 0.5
        usual = by_name and self.hold == usual_hold(self.tariff)
        return await self.ask(
            hold=None if usual else self.hold,
            tariff=None if by_name else self.tariff,
            tariff_ref=named(self.tariff) if by_name else None,
        )

    async def ask(self, hold: Money | None, tariff: Tariff | None, tariff_ref: TariffRef | None) -> Event:
        """Somebody wants to charge here on these terms."""
        self.requested = await self.fleet.say(
            SessionRequested(
                session_id=self.id,
                place=self.place,
                hold=hold,
                tariff=tariff,
                tariff_ref=tariff_ref,
                idle_grace_s=IDLE_GRACE_S.get(self.tariff.id, 0),
                time_zone=TIME_ZONES.get(self.tariff.currency, "Europe/Amsterdam"),
                requested_at=self.fleet.now(),
            )
        )
        return self.requested

    async def tap(self, card: Card, entry: str = "contactless") -> None:
        """Present a card at the terminal, once it asks for one."""
        await self.scene.world.present(self.place.terminal_id, card, entry, wait_s=self.scene.waiting.patience_s)

    async def open(self) -> Authorised:
        """Wait until the hold stands and the car may charge."""
        event, fact = await self._hear(Authorised, AuthorisationDeclined)
        if isinstance(fact, AuthorisationDeclined):
            raise NotAsTold(f"{self.id}: Authorised, not declined because {fact.reason} {fact.detail}".rstrip())
        self.authorised = event
        assert isinstance(fact, Authorised)
        return fact

    async def start(self, card: Card) -> Authorised:
        """Ask, tap, and be authorised: how every good session begins."""
        await self.request()
        await self.tap(card)
        return await self.open()

    async def declined(self, reason: DeclineReason) -> None:
        """Hear that there is no hold, for this reason."""
        _, fact = await self._hear(AuthorisationDeclined, Authorised)
        expect(isinstance(fact, AuthorisationDeclined), f"{self.id}: AuthorisationDeclined, not Authorised")
        if isinstance(fact, AuthorisationDeclined):
            expect(fact.reason is reason, f"{self.id}: declined because {reason}, not {fact.reason} {fact.detail}")

    async def charge(self, kwh: str, minutes: int, *, parked_minutes: int = 0) -> Reading:
        """Charge. The meter's clock is compressed (fleet_meter): this takes about a second of real time."""
        assert self.authorised is not None, "a car charges only when the hold stands"
        energy_wh = int(Money.of(kwh, "KWD").minor)  # three decimals: kWh to Wh, exactly
        begun = self.fleet.now().replace(microsecond=0)
        self.reading = read_meter(begun, energy_wh, minutes, self.scene.chance, parked_minutes=parked_minutes)
        real_s = max(minutes * 60 / COMPRESSION, self.scene.waiting.shortest_charge_s)
        await self.scene.world.sleep(real_s)
        return self.reading

    async def end(self, reason: EndReason, because: Event | None = None) -> ChargingEnded:
        """The meter's last word. It follows from the tap that stopped it, else from the hold that let it begin."""
        assert self.reading is not None, "a session that never charged is cancelled, not ended"
        fact = self.reading.ended(self.place.operator_id, self.id, reason)
        await self.fleet.say(fact, because=because or self.authorised)
        return fact

    async def cancel(self) -> None:
        """The car was never plugged in."""
        fact = SessionCancelled(
            operator_id=self.place.operator_id,
            session_id=self.id,
            reason="never_started",
            cancelled_at=self.fleet.now(),
        )
        await self.fleet.say(fact, because=self.authorised)

    async def stop_with(self, card: Card, evse_id: str | None = None) -> TokenMatched:
        """Tap to stop, be recognised, and end."""
        event, answer = await self.scene.tap_to_stop(card, evse_id)
        expect(isinstance(answer, TokenMatched), f"{self.id}: TokenMatched, not {answer.name} {_reason(answer)}")
        assert isinstance(answer, TokenMatched)
        expect(answer.session_id == self.id, f"{self.id} was to be stopped, not {answer.session_id}")
        await self.end(EndReason.TOKEN_MATCHED, because=event)
        return answer

    async def captured(self) -> Captured:
        """Hear what was taken."""
        settled = await self._settled()
        expect(isinstance(settled, Captured), f"{self.id}: Captured, not {settled.name}")
        assert isinstance(settled, Captured)
        return settled

    async def released(self) -> HoldReleased:
        """Hear that the whole hold was let go."""
        settled = await self._settled()
        expect(isinstance(settled, HoldReleased), f"{self.id}: HoldReleased, not {settled.name}")
        assert isinstance(settled, HoldReleased)
        return settled

    async def not_captured(self) -> CaptureFailed:
        """Hear that the provider refused."""
        settled = await self._settled()
        expect(isinstance(settled, CaptureFailed), f"{self.id}: CaptureFailed, not {settled.name}")
        assert isinstance(settled, CaptureFailed)
        return settled

    async def _settled(self) -> Settlement:
        _, fact = await self._hear(Captured, HoldReleased, CaptureFailed)
        assert isinstance(fact, Settlement)
        return fact

    async def _hear(
        self, *kinds: type[Authorised] | type[AuthorisationDeclined] | type[Settlement]
    ) -> tuple[Event, object]:
        return await self.fleet.inbox.first(self.order_reference, *kinds, within_s=self.scene.waiting.patience_s)


def _reason(answer: StopAnswer) -> str:
    return f"({answer.reason})" if isinstance(answer, TokenNotMatched) else ""
