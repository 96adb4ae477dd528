"""`tapwatt tariff publish FILE`: offers tariffs under a version that requests may name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from pricing.checking.check import check
from pricing.checking.finding import Severity
from pricing.ocpi.documents import objects_in, read_json
from pricing.ocpi.tariff_reader import UnreadableTariffs, tariff_at
from tapwatt.clock import SystemClock
from tapwatt.facts.events import TariffPublished
from tapwatt.facts.topics import Topics
from tapwatt_cli.ops.commands.typed import By
from tapwatt_cli.ops.publishing import NotPublished, Published, publish_offers, refuse_contradictions
from tapwatt_cli.ops.who import log_change, login
from tapwatt_cli.options import BOOTSTRAP, AsDocument, Bootstrap, TopicPrefix
from tapwatt_cli.running import run

UNREADABLE = 2


def publish(
    tariff: Annotated[Path, typer.Argument(metavar="TARIFF.json", help='An OCPI Tariff, a list, or {"data": ...}.')],
    operator: Annotated[str, typer.Option(help="Whose it is: the operator_id of the places that may name it.")],
    version: Annotated[str, typer.Option(help="A name for these terms, as 2026-03; it never changes its meaning.")],
    by: By = None,
    bootstrap: Bootstrap = BOOTSTRAP,
    topic_prefix: TopicPrefix = "",
    as_document: AsDocument = False,
) -> None:
    """Publish a tariff under a version, once `tapwatt tariff check` finds no error in it; its warnings are told.

    From then on a SessionRequested may say `"tariff_ref": {"id": ..., "version": ...}` instead of the whole tariff.
    The same version published again with the same terms changes nothing, with others it is refused. Exit code 2, and
    one sentence, when the file cannot be read or nobody could be billed by what is in it.
    """
    written = _written(tariff)
    offers = _offers(tariff, written, operator, version)
    try:
        refuse_contradictions(offers)
    except NotPublished as error:
        _refuse(f"{tariff}: {error}")
    _check(tariff, written)
    name = by or login()
    done = run(publish_offers(bootstrap, Topics(topic_prefix), offers, name))
    if new := [one.offer.offer for one in done if one.new]:
        log_change(name, f"{bootstrap} {topic_prefix}".strip(), f"published tariffs {', '.join(new)}")
    if as_document:
        typer.echo(json.dumps([_document(one) for one in done], indent=2))
        return
    for one in done:
        typer.echo(f"{one.offer.offer}: {'published' if one.new else 'stood there already, with the same terms'}")


def _written(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return objects_in(read_json(text, UnreadableTariffs), UnreadableTariffs)
    except OSError as error:
        _refuse(f"{path} cannot be read ({error.strerror}); give the file of an OCPI tariff")
    except UnreadableTariffs as error:
        _refuse(f"{path}: {error}")


def _check(path: Path, written: list[tuple[str, dict[str, Any]]]) -> None:
    """What `tapwatt tariff check` says: with an error nothing is published, and a warning or a note is told."""
    today = SystemClock().now().date()
    found = [finding for where, one in written for finding in check(where, one, today).findings]
    for finding in found:
        if finding.severity is Severity.ERROR:
            _refuse(f"{path}: {finding.path}: {finding.says}")
    for finding in found:
        typer.echo(f"{finding.severity}: {finding.path}: {finding.says}", err=True)


def _offers(
    path: Path, written: list[tuple[str, dict[str, Any]]], operator: str, version: str
) -> list[TariffPublished]:
    try:
        found = [tariff_at(where, one) for where, one in written]
    except UnreadableTariffs as error:
        _refuse(f"{path}: {error}")
    now = SystemClock().now()
    try:
        return [
            TariffPublished(operator_id=operator, tariff_version=version, tariff=one, published_at=now) for one in found
        ]
    except ValidationError as error:
        field = {"operator_id": "--operator", "tariff_version": "--version"}[str(error.errors()[0]["loc"][0])]
        _refuse(f"{field} is no name: 1 to 64 letters, digits and . _ : * - that begin with a letter or a digit")


def _document(one: Published) -> dict[str, object]:
    offer = one.offer
    return {
        "operator_id": offer.operator_id,
        "tariff_ref": {"id": offer.tariff.id, "version": offer.tariff_version},
        "published": one.new,
    }


def _refuse(sentence: str) -> NoReturn:
    typer.echo(f"tapwatt: {sentence}", err=True)
    raise typer.Exit(UNREADABLE)
