// A charger fleet on a page: one driver taps, charges, taps again, and the money is captured.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";

const { BOOTSTRAP, PROVIDER_URL, TOPIC_PREFIX = "", CHARGE_S = "15" } = process.env; // a sooner tap does not stop a session
const HEARS = ["authorised", "authorisation-declined", "token-matched", "token-not-matched", "token-ambiguous",
  "captured", "hold-released", "capture-failed", "session-disputed", "event-rejected"];

const SESSION = `js-${randomUUID().slice(0, 13)}`; // never used again
const STOP = `${SESSION}-stop`;
const PLACE = { operator_id: "NL-DOC", site_id: "utrecht-1", terminal_id: "T-node", evse_id: "NL*DOC*E2" };
const CARD = { name: `card-of-${SESSION}` }; // a driver's plastic card, at the simulated provider
const TARIFF = { id: "doc", currency: "EUR", type: "AD_HOC_PAYMENT", elements: [{ price_components: [
  { type: "FLAT", price: 1.0, vat: 21 }, { type: "ENERGY", price: 0.45, vat: 21 }] }] };

const kafka = new Kafka({ clientId: "fleet", brokers: BOOTSTRAP.split(","), logLevel: logLevel.ERROR });
const producer = kafka.producer({ idempotent: true });
const consumer = kafka.consumer({ groupId: SESSION }); // a real fleet keeps one group for ever and goes on where it was
const now = () => new Date().toISOString();

// Publish a fact; the id follows from what it is about, so that saying it again after a crash is the same.
async function say(fact, key, id, value) {
  const type = `tapwatt.${fact}.v1`;
  const headers = { ce_specversion: "1.0", ce_id: id, ce_type: type, ce_source: "/fleet/node", ce_time: now(),
    "content-type": "application/json" };
  await producer.send({ topic: TOPIC_PREFIX + type, messages: [{ key, value: JSON.stringify(value), headers }] });
}

const known = new Set(), heard = [];
let wake = () => {};
async function eachMessage({ message }) {
  const type = message.headers.ce_type.toString(), id = message.headers.ce_id.toString();
  if (known.has(id)) return; // at least once: it may come again
  known.add(id);
  const value = JSON.parse(message.value.toString());
  const ours = [value.session_id, value.stop_id, value.rejected_key];
  if (ours.some((name) => [SESSION, STOP, PLACE.terminal_id].includes(name))) heard.push({ type, value });
  wake();
}

// Wait for this fact about our session. Anything else that ends the story is an error that says it.
async function hear(wanted) {
  const until = Date.now() + 90_000;
  while (heard.length === 0) {
    if (Date.now() > until) throw new Error(`no ${wanted} within 90 s`);
    await Promise.race([new Promise((resolve) => { wake = resolve; }), sleep(1000)]);
  }
  const { type, value } = heard.shift();
  if (type !== `tapwatt.${wanted}.v1`) throw new Error(`${type}: ${JSON.stringify(value)}`);
  return value;
}

// Present the card at the terminal, as soon as that asks for one.
async function tap() {
  const body = JSON.stringify({ card: CARD, wait_s: 30 });
  const answer = await fetch(`${PROVIDER_URL}/admin/terminals/${PLACE.terminal_id}/present`, { method: "POST", body });
  if (!answer.ok) throw new Error(`the terminal: ${answer.status} ${await answer.text()}`);
}

async function main() {
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: HEARS.map((fact) => `${TOPIC_PREFIX}tapwatt.${fact}.v1`), fromBeginning: true });
  await consumer.run({ eachMessage });

  await say("session-requested", SESSION, `${SESSION}/requested`, { session_id: SESSION, place: PLACE, tariff: TARIFF,
    hold: { minor: 2500, currency: "EUR" }, time_zone: "Europe/Amsterdam", requested_at: now() });
  await tap();
  await hear("authorised");
  const started_at = now();
  await sleep(Number(CHARGE_S) * 1000);

  const { evse_id, ...terminal } = PLACE;
  await say("stop-requested", PLACE.terminal_id, `${STOP}/requested`,
    { stop_id: STOP, ...terminal, evse_ids: [evse_id], requested_at: now() });
  await tap();
  await hear("token-matched");

  const ended_at = now(), energy_wh = 30;
  await say("charging-ended", SESSION, `${SESSION}/ended`, { operator_id: PLACE.operator_id, session_id: SESSION,
    reason: "token_matched", started_at, ended_at, energy_wh, periods: [{ starts_at: started_at, ends_at: ended_at, energy_wh }] });
  const { taken } = await hear("captured");
  console.log(`${SESSION}: captured ${(taken.minor / 100).toFixed(2)} ${taken.currency}`);
}

try {
  await main();
} catch (error) {
  console.error(String(error.message ?? error));
  process.exitCode = 1;
} finally {
  await consumer.disconnect();
  await producer.disconnect();
}
