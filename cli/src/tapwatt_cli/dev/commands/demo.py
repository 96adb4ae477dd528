"""`tapwatt demo`: the whole ring on this machine, a day of drivers, and an audit."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from tapwatt_cli.console import page
from tapwatt_cli.dev.day_page import show_summary, show_troubles, summary_as_json
from tapwatt_cli.dev.demo import Day, Orders, run_day
from tapwatt_cli.dev.progress import OnScreen
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import SERVICES, RingSettings
from tapwatt_cli.dev.run_folders import RunFolder
from tapwatt_cli.ops.audit_page import as_json, show_audit
from tapwatt_cli.options import AsDocument
from tapwatt_cli.running import run


def _service(name: str | None) -> str | None:
    if name is not None and name not in SERVICES:
        raise typer.BadParameter(f"choose one of {', '.join(SERVICES)}")
    return name


def demo(
    sessions: Annotated[int, typer.Option(min=60, max=5000, help="How many charging sessions, at least.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed, the same day.")] = 1,
    keep: Annotated[bool, typer.Option(help="Keep the folder with logs, Kafka's and Redis' files.")] = False,
    as_document: AsDocument = False,
    kill: Annotated[
        str | None,
        typer.Option(callback=_service, metavar="SERVICE", help="Kill this service with -9 in the middle."),
    ] = None,
    provider_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the simulated provider listens; 0 takes a free port.")
    ] = 0,
) -> None:
    """Bring the whole ring up, let drivers charge, and compare every cent with the provider's ledger.

    Nothing is needed but Python: Kafka runs on the machine's Java or on one that comes with the environment. Exit code
    0 means that the audit found no session lost, none twice and none wrong; 1 that it did; 4 that something did not
    start, in one sentence.
    """
    screen = OnScreen(Console(stderr=True))
    with RunFolder("demo", keep=keep) as folder:
        settings = RingSettings(folder=folder.path, provider_port=provider_port)
        with screen:
            day = run(_play(settings, Orders(sessions=sessions, seed=seed, kill=kill), screen))
        if as_document:
            typer.echo(json.dumps(document(day, seed), indent=2))
        else:
            _show(page(), day)
        if not day.good:
            raise typer.Exit(1)


async def _play(settings: RingSettings, orders: Orders, screen: OnScreen) -> Day:
    async with Ring(settings, tell=screen.says) as ring:
        return await run_day(ring, orders, screen)


def _show(out: Console, day: Day) -> None:
    show_summary(out, day.summary)
    show_troubles(out, day.played)
    for letter in day.dead_letters:
        out.print(f"dead letter: {letter}", highlight=False, soft_wrap=True)
    out.print(f"{len(day.played)} stories in {day.seconds:.0f} s.", highlight=False)
    show_audit(out, day.report)


def document(day: Day, seed: int) -> dict[str, Any]:
    """The day for scripts."""
    return {
        "seed": seed,
        "seconds": round(day.seconds, 1),
        **summary_as_json(day.summary),
        "stories": [
            {
                "name": one.part.story.name,
                "scenarios": list(one.part.story.scenarios),
                "sessions": list(one.session_ids),
                "trouble": one.trouble or None,
            }
            for one in day.played
        ],
        "dead_letters": list(day.dead_letters),
        "audit": as_json(day.report),
    }
