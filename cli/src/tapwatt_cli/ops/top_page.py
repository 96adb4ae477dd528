"""Shows how the ring stands on one screen of 80 by 24: what is wrong stands last, in words, and in red."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tapwatt_cli.console import amount, printable
from tapwatt_cli.ops.top import Held, Standing, Step

NOT_KNOWN = "?"
MOST_WRONG = 6
MOST_CURRENCIES = 2
GOOD, BAD, DIM, HEAD = "green", "bold red", "dim", "bold cyan"


def screen(found: Standing, at: datetime, width: int = 80) -> Group:
    """The whole screen. `?` is what nobody tells."""
    return Group(
        Text.assemble(("Tapwatt ", "bold"), f"{at:%H:%M:%S} UTC", (_seen(found), DIM)),
        Text(""),
        *_money(found),
        _line("DRIVERS", *_drivers(found)),
        Text(""),
        _steps(found.steps, width),
        Text(""),
        _line("PROVIDER", *_provider(found)),
        _line("STORES", *_stores(found)),
        _line("FOR YOU", *_person(found)),
        Text(""),
        *_wrong(found),
    )


def _seen(found: Standing) -> str:
    workers = sum(step.workers for step in found.steps)
    missing = f", {len(found.missing)} not reached" if found.missing else ""
    return f"  {workers} workers seen{missing}; ? is what nobody tells"


def _line(heading: str, *words: Text) -> Table:
    """A line that goes on below its own beginning where the screen is narrow."""
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(width=8, no_wrap=True)
    table.add_column()
    table.add_row(Text(heading, HEAD), Text("   ").join(words))
    return table


def _money(found: Standing) -> list[Table]:
    holds = found.holds
    first = [_held(one) for one in found.money[:MOST_CURRENCIES]] or [Text(f"held {NOT_KNOWN}")]
    if len(found.money) > MOST_CURRENCIES:
        first[-1].append(f" (and {', '.join(one.currency for one in found.money[MOST_CURRENCIES:])})", DIM)
    lines = [_line("MONEY" if not at else "", one) for at, one in enumerate(first)]
    about = [
        Text(f"{number(holds['open'])} holds, oldest {seconds(holds['oldest_s'])}"),
        _none("expiring", holds["expiring"]),
        _none("past expiry", holds["past_expiry"]),
    ]
    waits = [
        Text(f"{number(holds['unsettled'])} to settle, oldest {seconds(holds['oldest_unsettled_s'])}"),
        _none("unknown", holds["unknown"]),
    ]
    return [*lines, _line("", *about), _line("", *waits)]


def _held(one: Held) -> Text:
    parts = ", ".join(
        f"{word} {amount(minor, one.currency) or '0'}"
        for word, minor in (("held", one.held), ("taken", one.taken), ("let go", one.let_go))
    )
    lost = Text(f", lost {amount(one.lost, one.currency)}", "yellow") if one.lost else Text("")
    return Text.assemble(f"{one.currency} {parts}", lost)


def _drivers(found: Standing) -> list[Text]:
    drivers = found.drivers
    return [
        Text(f"{rate(drivers['starts'])} starts/s in {seconds(drivers['starts_p95_s'])}"),
        Text(f"{rate(drivers['declined'])} declined/s"),
        Text(f"{rate(drivers['stops'])} stops/s in {seconds(drivers['stops_p95_s'])}"),
    ]


def _steps(steps: tuple[Step, ...], width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=HEAD)
    table.add_column("STEP", no_wrap=True)
    names = ("done/s", "aside/s", "p95", "lag", "in flight")
    for name in names if width >= len("token-matcher") + 60 else names[:-1]:
        table.add_column(name, justify="right", no_wrap=True)
    for step in steps:
        behind = step.lag_s is not None and step.lag_s > 60
        cells = [
            Text(step.service, "" if step.workers else BAD),
            Text(rate(step.rate)),
            Text(rate(step.aside), "yellow" if step.aside and step.aside >= 0.05 else ""),
            Text(seconds(step.p95_s)),
            Text(seconds(step.lag_s), BAD if behind else ""),
            Text(f"{number(step.in_flight)} of {number(step.in_flight_limit)}"),
        ]
        table.add_row(*cells[: len(table.columns)])
    return table


def _provider(found: Standing) -> list[Text]:
    told = found.provider
    return [
        _works("answers", "does not answer", told["up"]),
        _works("key taken", "key refused", told["key_accepted"]),
        Text(f"{rate(told['calls'])} calls/s in {seconds(told['p95_s'])}"),
        Text(f"{rate(told['not_done'])} not done/s"),
    ]


def _stores(found: Standing) -> list[Text]:
    told = found.stores
    rebuilt = f"a view is rebuilt, {told['view_progress'] or 0:.0%}"
    return [
        _works("Kafka answers", "Kafka does not answer", told["kafka_up"]),
        _works("Redis works", "Redis does not work", told["redis_up"]),
        _works("views whole", rebuilt, told["views_whole"]),
    ]


def _person(found: Standing) -> list[Text]:
    told = found.person
    return [
        _none("disputed", told["disputes"]),
        _none("stale", told["stale"]),
        _none("dead letters", told["dead_letters"], "yellow"),
        _none("quarantined", told["quarantined"]),
        _none("delayed", told["delayed"], "yellow"),
    ]


def _wrong(found: Standing) -> list[Table]:
    if not found.wrong:
        return [_line("WRONG", Text("nothing that is known", GOOD))]
    shown = found.wrong if len(found.wrong) <= MOST_WRONG else found.wrong[: MOST_WRONG - 1]
    left = len(found.wrong) - len(shown)
    sentences = [printable(sentence) for sentence in shown] + ([f"and {left} more"] if left else [])
    return [_line("WRONG" if not at else "", Text(sentence, BAD)) for at, sentence in enumerate(sentences)]


def _works(good: str, bad: str, value: float | None) -> Text:
    if value is None:
        return Text(f"{good}{NOT_KNOWN}", DIM)
    return Text(good, GOOD) if value else Text(bad, BAD)


def _none(word: str, value: float | None, style: str = BAD) -> Text:
    return Text(f"{number(value)} {word}", style if value else "")


def number(value: float | None) -> str:
    """A count: 1,234."""
    return NOT_KNOWN if value is None else f"{value:,.0f}"


def rate(value: float | None) -> str:
    """How many a second: 0.3, 12."""
    if value is None:
        return NOT_KNOWN
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def seconds(value: float | None) -> str:
    """A time, as it is read at a glance: 25 ms, 4 s, 12 min, 3 h, 2 d."""
    if value is None:
        return NOT_KNOWN
    for limit, unit, size in ((1, "ms", 0.001), (120, "s", 1), (7200, "min", 60), (172800, "h", 3600)):
        if value < limit:
            return "0 s" if not value else f"{value / size:.3g} {unit}"
    return f"{value / 86400:.3g} d"
