"""A charger fleet on a page: one driver taps, charges, taps again, and the money is captured."""

import asyncio
import json
import os
import sys
import urllib.request
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

BOOTSTRAP, PROVIDER_URL = os.environ["BOOTSTRAP"], os.environ["PROVIDER_URL"]
PREFIX = os.environ.get("TOPIC_PREFIX", "")
CHARGE_S = float(os.environ.get("CHARGE_S", "15"))  # a tap sooner after the start does not stop a session
HEARS = ["authorised", "authorisation-declined", "token-matched", "token-not-matched", "token-ambiguous", "captured"]
HEARS += ["hold-released", "capture-failed", "session-disputed", "event-rejected"]

SESSION = f"py-{uuid.uuid4().hex[:12]}"  # never used again
STOP = f"{SESSION}-stop"
PLACE = {"operator_id": "NL-DOC", "site_id": "utrecht-1", "terminal_id": "T-python", "evse_id": "NL*DOC*E1"}
CARD = {"name": f"card-of-{SESSION}"}  # a driver's plastic card, at the simulated provider
FEE = {"price_components": [{"type": "FLAT", "price": 1.00, "vat": 21}, {"type": "ENERGY", "price": 0.45, "vat": 21}]}
TARIFF = {"id": "doc", "currency": "EUR", "type": "AD_HOC_PAYMENT", "elements": [FEE]}

known: set[str] = set()


def now() -> str:
    return datetime.now(UTC).isoformat()


async def say(producer: AIOKafkaProducer, fact: str, key: str, event_id: str, value: dict) -> None:
    """Publish a fact; the id follows from what it is about, so that saying it again after a crash is the same."""
    said = {"ce_specversion": "1.0", "ce_id": event_id, "ce_type": f"tapwatt.{fact}.v1", "ce_source": "/fleet/python"}
    said |= {"ce_time": now(), "content-type": "application/json"}
    headers = [(name, text.encode()) for name, text in said.items()]
    topic = f"{PREFIX}tapwatt.{fact}.v1"
    await producer.send_and_wait(topic, json.dumps(value).encode(), key=key.encode(), headers=headers)


async def hear(consumer: AIOKafkaConsumer, wanted: str) -> dict:
    """Wait for this fact about our session. Anything else that ends the story is printed, and ends it here, too."""
    async with asyncio.timeout(90):
        async for record in consumer:
            said, value = dict(record.headers), json.loads(record.value)
            if said["ce_id"].decode() in known:  # at least once: it may come again
                continue
            known.add(said["ce_id"].decode())
            ours = {value.get(name) for name in ("session_id", "stop_id", "rejected_key")}
            if not ours & {SESSION, STOP, PLACE["terminal_id"]}:
                continue
            if said["ce_type"].decode() == f"tapwatt.{wanted}.v1":
                return value
            sys.exit(f"{said['ce_type'].decode()}: {json.dumps(value)}")
    raise AssertionError("unreachable")


async def tap() -> None:
    """Present the card at the terminal, as soon as that asks for one."""
    url = f"{PROVIDER_URL}/admin/terminals/{PLACE['terminal_id']}/present"
    order = urllib.request.Request(url, json.dumps({"card": CARD, "wait_s": 30}).encode())
    await asyncio.to_thread(urllib.request.urlopen, order)


async def main() -> None:
    producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, enable_idempotence=True)
    topics = [f"{PREFIX}tapwatt.{fact}.v1" for fact in HEARS]
    # A real fleet keeps one group for ever and goes on where it was.
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=BOOTSTRAP, group_id=SESSION, auto_offset_reset="earliest")
    async with producer, consumer:
        request = {"session_id": SESSION, "place": PLACE, "tariff": TARIFF, "time_zone": "Europe/Amsterdam"}
        request |= {"hold": {"minor": 2500, "currency": "EUR"}, "requested_at": now()}
        await say(producer, "session-requested", SESSION, f"{SESSION}/requested", request)
        await tap()
        await hear(consumer, "authorised")
        started_at = now()
        await asyncio.sleep(CHARGE_S)

        stop = {key: PLACE[key] for key in ("operator_id", "site_id", "terminal_id")}
        stop |= {"stop_id": STOP, "evse_ids": [PLACE["evse_id"]], "requested_at": now()}
        await say(producer, "stop-requested", PLACE["terminal_id"], f"{STOP}/requested", stop)
        await tap()
        await hear(consumer, "token-matched")

        ended_at, energy_wh = now(), 30
        period = {"starts_at": started_at, "ends_at": ended_at, "energy_wh": energy_wh}
        ended = {"operator_id": PLACE["operator_id"], "session_id": SESSION, "reason": "token_matched"}
        ended |= {"started_at": started_at, "ended_at": ended_at, "energy_wh": energy_wh, "periods": [period]}
        await say(producer, "charging-ended", SESSION, f"{SESSION}/ended", ended)
        captured = await hear(consumer, "captured")
        print(f"{SESSION}: captured {captured['taken']['minor'] / 100:.2f} {captured['taken']['currency']}")


asyncio.run(main())
