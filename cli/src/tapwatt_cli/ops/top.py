"""How the ring stands at a glance, in figures: money, drivers, steps, provider, stores, and what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tapwatt_cli.ops.metric_samples import Change, Snapshot

STEPS = ("authoriser", "token-matcher", "tariff", "capturer")
SLOWEST = 0.95

LONG_S = {"unknown": 300.0, "lag": 300.0, "unsettled": 600.0, "dispute": 900.0}
"""From when on something is wrong, as the alerts have it (deploy/prometheus/rules); seconds."""


@dataclass(frozen=True, slots=True)
class Held:
    """Money of one currency, in minor units: reserved now, and what moved since the exporter started."""

    currency: str
    held: int
    taken: int
    let_go: int
    lost: int


@dataclass(frozen=True, slots=True)
class Step:
    """One service. Rates are records a second; times are seconds."""

    service: str
    workers: int
    rate: float | None
    aside: float | None
    p95_s: float | None
    lag_s: float | None
    in_flight: int | None
    in_flight_limit: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it. What nobody tells is None. `wrong` says in sentences what somebody has to look at."""

    money: tuple[Held, ...]
    holds: dict[str, float | None]
    drivers: dict[str, float | None]
    steps: tuple[Step, ...]
    provider: dict[str, float | None]
    stores: dict[str, float | None]
    person: dict[str, float | None]
    missing: dict[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


def standing(change: Change, alerts: list[str] | None = None) -> Standing:
    """How it stands. Alerts that others have worked out are taken as they are; else what is wrong is said here."""
    now = change.now
    found = Standing(
        money=tuple(_held(now, currency) for currency in now.values("tapwatt_money_minor_units_total", "currency")),
        holds=_holds(now),
        drivers=_drivers(change),
        steps=tuple(_step(change, service) for service in STEPS),
        provider=_provider(change),
        stores={
            "kafka_up": now.least("tapwatt_kafka_up"),
            "redis_up": now.least("tapwatt_redis_up"),
            "views_whole": now.least("tapwatt_view_whole"),
            "view_progress": now.least("tapwatt_view_rebuild_progress_ratio"),
        },
        person={
            "disputes": now.total("tapwatt_disputes_standing"),
            "stale": now.total("tapwatt_stale_sessions"),
            "dead_letters": now.total("tapwatt_dead_letters_standing"),
            "needs_human": now.total("tapwatt_dead_letters_standing", kind="needs_human"),
            "quarantined": now.total("tapwatt_quarantined_sessions"),
            "delayed": now.total("tapwatt_delayed_records"),
        },
        missing=dict(now.missing),
    )
    return replace(found, wrong=tuple(_wrong(found, now) if alerts is None else alerts))


def _held(now: Snapshot, currency: str) -> Held:
    def moved(*movements: str) -> int:
        totals = (now.total("tapwatt_money_minor_units_total", currency=currency, movement=one) for one in movements)
        return int(sum(total or 0 for total in totals))

    return Held(
        currency,
        held=int(now.total("tapwatt_held_minor_units", currency=currency) or 0),
        taken=moved("captured"),
        let_go=moved("released"),
        lost=moved("shortfall", "uncollected"),
    )


def _holds(now: Snapshot) -> dict[str, float | None]:
    unsettled = [now.most("tapwatt_oldest_unsettled_seconds", state=state) for state in ("ended", "priced")]
    waiting = [now.total("tapwatt_sessions_unsettled", state=state) for state in ("ended", "priced")]
    unknown = [
        now.total("tapwatt_unknown_outcomes"),
        now.total("tapwatt_delayed_records", kind="unknown"),
    ]
    return {
        "open": now.total("tapwatt_open_holds"),
        "oldest_s": now.most("tapwatt_oldest_open_hold_seconds"),
        "expiring": now.total("tapwatt_holds_expiring_within_an_hour"),
        "past_expiry": now.total("tapwatt_holds_past_expiry"),
        "unsettled": _sum(waiting),
        "oldest_unsettled_s": max((one for one in unsettled if one is not None), default=None),
        "unknown": _sum(unknown),
        "oldest_unknown_s": now.most("tapwatt_oldest_unknown_outcome_seconds"),
    }


def _drivers(change: Change) -> dict[str, float | None]:
    return {
        "starts": change.rate("tapwatt_start_answer_seconds_count"),
        "starts_p95_s": change.quantile(SLOWEST, "tapwatt_start_answer_seconds"),
        "declined": change.rate("tapwatt_start_answer_seconds_count", outcome="declined"),
        "stops": change.rate("tapwatt_stop_answer_seconds_count"),
        "stops_p95_s": change.quantile(SLOWEST, "tapwatt_stop_answer_seconds"),
    }


def _step(change: Change, service: str) -> Step:
    now = change.now
    lags = [
        one.value
        for one in now.of("tapwatt_consumer_lag_seconds")
        if one.labels.get("group", "").split(".")[-1] == service and ".retry-" not in one.labels.get("topic", "")
    ]
    handled = change.rate("tapwatt_handling_seconds_count", service=service)
    done = change.rate("tapwatt_handling_seconds_count", service=service, outcome="done")
    return Step(
        service,
        workers=len({one.labels.get("instance") for one in now.of("tapwatt_records_in_flight", service=service)}),
        rate=handled,
        aside=None if handled is None else handled - (done or 0),
        p95_s=change.quantile(SLOWEST, "tapwatt_handling_seconds", service=service),
        lag_s=max(lags, default=None),
        in_flight=_whole(now.total("tapwatt_records_in_flight", service=service)),
        in_flight_limit=_whole(now.total("tapwatt_records_in_flight_limit", service=service)),
    )


def _provider(change: Change) -> dict[str, float | None]:
    calls = change.rate("tapwatt_provider_call_seconds_count")
    done = change.rate("tapwatt_provider_call_seconds_count", result="done")
    return {
        "up": change.now.least("tapwatt_provider_up"),
        "key_accepted": change.now.least("tapwatt_provider_key_accepted"),
        "calls": calls,
        "not_done": None if calls is None else calls - (done or 0),
        "p95_s": change.quantile(SLOWEST, "tapwatt_provider_call_seconds"),
    }


def _wrong(found: Standing, now: Snapshot) -> list[str]:
    return [
        *(f"{address} {why}." for address, why in found.missing.items()),
        *(f"No worker of {step.service} is seen." for step in found.steps if not step.workers),
        *_stores_wrong(now),
        *_money_wrong(found),
        *(
            f"{step.service} is behind by {step.lag_s:.0f} s."
            for step in found.steps
            if step.lag_s is not None and step.lag_s > LONG_S["lag"]
        ),
    ]


def _stores_wrong(now: Snapshot) -> list[str]:
    sentences = {
        "tapwatt_provider_key_accepted": "The provider does not take our key ({}).",
        "tapwatt_provider_up": "The provider does not answer ({}).",
        "tapwatt_kafka_up": "Kafka does not answer ({}).",
        "tapwatt_redis_up": "Redis does not do what it is told ({}): the log says why.",
        "tapwatt_view_whole": "A view is being rebuilt ({}): every answer is 'not yet'.",
        "tapwatt_exporter_up_to_date": "The exporter does not know yet what it tells ({}).",
    }
    return [
        sentence.format(", ".join(dict.fromkeys(where)))
        for name, sentence in sentences.items()
        if (where := [one.labels.get("of") or one.labels.get("service", "") for one in now.of(name) if not one.value])
    ]


def _money_wrong(found: Standing) -> list[str]:
    holds, person = found.holds, found.person
    said = {
        "Holds that ran out, and nobody says what became of them: {:.0f}.": holds["past_expiry"],
        "Holds that run out within an hour and are not settled: {:.0f}.": holds["expiring"],
        "Dead letters that only the provider's helpdesk can answer: {:.0f}.": person["needs_human"],
        "Sessions in quarantine, since they contradict themselves: {:.0f}.": person["quarantined"],
        "Sessions in dispute: {:.0f}.": person["disputes"],
        "Sessions that nobody has ended: {:.0f}.": person["stale"],
    }
    late = {
        "For {:.0f} s it is unknown whether money moved.": (holds["oldest_unknown_s"], LONG_S["unknown"]),
        "A session is over for {:.0f} s and not settled.": (holds["oldest_unsettled_s"], LONG_S["unsettled"]),
    }
    return [
        *(sentence.format(value) for sentence, value in said.items() if value),
        *(sentence.format(value) for sentence, (value, limit) in late.items() if value is not None and value > limit),
    ]


def _sum(values: list[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
