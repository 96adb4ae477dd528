"""How each command is tried: what is typed for it, and what it says where nothing that it needs is there.

A command that is not here fails `test_every_command_is_tried`: whoever adds one says here how it is tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer.main
from tests.cli.command import ROOT
from tests.unit.receipts.receipt_facts_made import captured, priced

from tapwatt.facts.topics import fact_type
from tapwatt_cli.app import app
from tapwatt_cli.exit_codes import CANNOT, DIFFERS, DONE

NOWHERE = "127.0.0.1:1"
"""Nobody listens there."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the commands are tried with, by its name in braces."""

    names: dict[str, str]

    def typed(self, command: str) -> list[str]:
        """What is typed to try this command."""
        return [word.format(**self.names) for word in f"{command} {TRIED[command].arguments}".split()]


@dataclass(frozen=True, slots=True)
class Tried:
    """What is typed after a command's name, and its exit code where no Kafka, no Java and no provider is there."""

    arguments: str
    alone: int
    table: bool = False
    """Whether it shows a page for people even then."""
    asks: str = "kafka"
    """What it waits for first: `kafka`, `ledger`, `stdin` (a file that does not come), or nothing at all."""


AT_KAFKA = "--bootstrap {kafka}"

TRIED = {
    "audit": Tried(f"--ledger-url http://{{ledger}} {AT_KAFKA}", CANNOT),
    "demo": Tried("", CANNOT, asks=""),
    "dlq list": Tried(AT_KAFKA, CANNOT),
    "dlq replay": Tried(f"0/1 --yes {AT_KAFKA}", CANNOT),
    "dlq summary": Tried(AT_KAFKA, CANNOT),
    "dlq show": Tried(f"0/1 {AT_KAFKA}", CANNOT),
    "doctor": Tried(AT_KAFKA, DIFFERS, table=True),
    "holds": Tried(AT_KAFKA, CANNOT),
    "lag": Tried(AT_KAFKA, CANNOT),
    "price": Tried("{cdr}", DONE, table=True, asks="stdin"),
    "receipt": Tried("s-1 --events {facts}", DONE, table=True, asks=""),
    "reconcile": Tried(f"--from 7d --ledger-url http://{{ledger}} {AT_KAFKA}", CANNOT),
    "refund": Tried(f"s-1 --full --by anna --reason broken --yes {AT_KAFKA}", CANNOT),
    "replay": Tried(f"{{cdr}} --provider-url http://{{ledger}} {AT_KAFKA}", CANNOT),
    "session settle": Tried(f"s-1 --release --by anna --reason broken --yes {AT_KAFKA}", CANNOT),
    "session show": Tried(f"s-1 {AT_KAFKA}", CANNOT),
    "sheet": Tried("{tariff}", DONE, table=True, asks=""),
    "tariff check": Tried("{mistakes}", DIFFERS, table=True, asks="stdin"),
    "tariff publish": Tried(f"{{tariff}} --operator NL-TWT --version 1 {AT_KAFKA}", CANNOT),
    "top": Tried("--once --prometheus http://{ledger}", CANNOT, asks="ledger"),
    "topics": Tried(AT_KAFKA, CANNOT),
    "up": Tried("", CANNOT, asks=""),
}


def commands(of: Any, name: str = "") -> Iterator[str]:
    """The name of every command that can be typed, as in `tariff check`."""
    if not hasattr(of, "commands"):
        yield name
        return
    for word, one in of.commands.items():
        yield from commands(one, f"{name} {word}".strip())


EVERY = sorted(commands(typer.main.get_command(app)))


def given_files(folder: Path) -> Given:
    """The files, made or in the repository; nobody listens at the addresses."""
    facts = folder / "facts.json"
    sold = priced()
    facts.write_text(
        json.dumps(
            [
                {"type": fact_type(type(fact)), "value": json.loads(fact.model_dump_json(exclude_none=True))}
                for fact in (sold, captured(sold))
            ]
        )
    )
    examples = ROOT / "docs" / "examples"
    return Given(
        {
            "kafka": NOWHERE,
            "ledger": NOWHERE,
            "facts": str(facts),
            "cdr": str(ROOT / "tests" / "vectors" / "cdrs" / "ocpi-2.3.0.json"),
            "tariff": str(examples / "tariff-day-night.json"),
            "mistakes": str(examples / "tariff-with-mistakes.json"),
        }
    )
