"""Starts the simulated payment provider: `python -m simulator --help` tells how."""

import asyncio
import errno
import json
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from simulator.provider.ledger import LedgerUnusable
from simulator.provider.server import listening
from simulator.provider.settings import Settings

HELP = """A payment provider on your own machine: CCV's Payment API with terminals, cards, a ledger, faults on demand.

Merchants speak to it under /api/v1: HTTP Basic, the API key as user, an empty password.

Drivers and tests speak to it under /admin:
POST /admin/cards with {"name": "alice"} makes a card,
POST /admin/terminals/T1/present with {"card": "alice", "wait_s": 10} taps it,
GET /admin/ledger shows what was held, taken and let go. simulator/README.md has it all.

It prints 'listening on http://HOST:PORT' once it answers, and stops on Ctrl-C or SIGTERM.
Started again on the same ledger it goes on where it was.
"""


def _env(name: str) -> str:
    return f"TAPWATT_SIM_{name}"


def main(
    host: Annotated[str, typer.Option(envvar=_env("HOST"), help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar=_env("PORT"), help="Port; 0 takes a free one.")] = 8090,
    ledger: Annotated[
        str, typer.Option(envvar=_env("LEDGER"), help="SQLite file, made when missing.")
    ] = "simulator.sqlite",
    api_key: Annotated[
        str, typer.Option(envvar=_env("API_KEY"), help="The merchant's key; begins with t_ or l_.")
    ] = "t_demo",
    card_seed: Annotated[
        str, typer.Option(envvar=_env("CARD_SEED"), help="Card numbers, tokens and references follow from it.")
    ] = "tapwatt",
    fault_seed: Annotated[
        str, typer.Option(envvar=_env("FAULT_SEED"), help="Faults with a probability follow from it.")
    ] = "tapwatt",
    test_tokens: Annotated[
        bool, typer.Option(envvar=_env("TEST_TOKENS"), help="Tokens are reversed card numbers, as in TEST mode.")
    ] = False,
    pending_s: Annotated[
        float, typer.Option(envvar=_env("PENDING_S"), help="Seconds a terminal waits for a card.")
    ] = 60.0,
    hold_s: Annotated[float, typer.Option(envvar=_env("HOLD_S"), help="Seconds a hold stands.")] = 432_000.0,
    idempotency_window_s: Annotated[
        float, typer.Option(envvar=_env("IDEMPOTENCY_WINDOW_S"), help="Seconds an answer is remembered.")
    ] = 86_400.0,
    auto_release: Annotated[
        bool, typer.Option(envvar=_env("AUTO_RELEASE"), help="Let the rest go after a partial capture.")
    ] = True,
    capture_repeats_card: Annotated[
        bool, typer.Option(envvar=_env("CAPTURE_REPEATS_CARD"), help="A capture repeats the card's details.")
    ] = True,
    terminals: Annotated[
        str, typer.Option(envvar=_env("TERMINALS"), help="Terminals that are set up, with commas; empty: all.")
    ] = "",
    minimum_capture: Annotated[
        str, typer.Option(envvar=_env("MINIMUM_CAPTURE"), help="Smaller captures are refused; major units.")
    ] = "0",
    contactless_limit: Annotated[
        str, typer.Option(envvar=_env("CONTACTLESS_LIMIT"), help="Plastic tapped above it needs a PIN; euros.")
    ] = "50",
    pin_response_code: Annotated[
        str, typer.Option(envvar=_env("PIN_RESPONSE_CODE"), help="acquirerResponseCode of 'PIN required'.")
    ] = "1A",
    number_style: Annotated[
        str, typer.Option(envvar=_env("NUMBER_STYLE"), help="20 euros as 20.00 (fixed), 20 (plain), or mixed.")
    ] = "mixed",
    webhooks: Annotated[bool, typer.Option(envvar=_env("WEBHOOKS"), help="Send webhooks.")] = True,
    rate_limit: Annotated[
        int, typer.Option(envvar=_env("RATE_LIMIT"), help="429 above so many requests a second; 0: never.")
    ] = 0,
    faults: Annotated[
        str, typer.Option(envvar=_env("FAULTS"), help="Faults to begin with: a JSON list, or a file with one.")
    ] = "[]",
) -> None:
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "ledger": ledger,
        "api_key": api_key,
        "card_seed": card_seed,
        "fault_seed": fault_seed,
        "token_mode": "reversed_pan" if test_tokens else "hashed",
        "pending_s": pending_s,
        "hold_s": hold_s,
        "idempotency_window_s": idempotency_window_s,
        "auto_release": auto_release,
        "capture_repeats_card": capture_repeats_card,
        "terminals": {name.strip() for name in terminals.split(",")} if terminals.strip() else None,
        "minimum_capture": minimum_capture,
        "contactless_limit": contactless_limit,
        "pin_response_code": pin_response_code,
        "number_style": number_style,
        "webhooks": webhooks,
        "rate_limit": rate_limit,
    }
    try:
        settings = Settings.model_validate({**given, "faults": _faults(faults)})
        asyncio.run(_serve(settings))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        _stop(f"--{'.'.join(str(part) for part in first['loc']).replace('_', '-')}: {first['msg']}")
    except LedgerUnusable as error:
        _stop(str(error))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            _stop(f"cannot listen on {host}:{port} ({error.strerror}); choose another with --host and --port")
        _stop(f"port {port} of {host} is taken by another process; choose another with --port, or 0 for any free one")


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with listening(settings) as simulator:
        print(f"listening on {simulator.url}", flush=True)  # noqa: T201 - who started it waits for this line
        await stop.wait()


def _faults(given: str) -> Any:
    text = given if given.lstrip().startswith("[") else None
    try:
        return json.loads(Path(given).read_text(encoding="utf-8") if text is None else text)
    except (OSError, ValueError) as error:
        _stop(f"--faults is neither a JSON list nor a file with one ({error})")


def _stop(why: str) -> None:
    sys.exit(f"simulator: {why}")


main.__doc__ = HELP

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    typer.run(main)
