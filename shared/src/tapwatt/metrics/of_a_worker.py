"""What each worker tells of its own work: each metric with its unit, what it means, and what to do about it.

docs/metrics.md is made of it. What is true of the whole system is told once, by the exporter (of_the_system.py).
"""

from __future__ import annotations

from tapwatt.metrics.metric import CALL_SECONDS, FEW_SECONDS, LONG_SECONDS, Metric

BUILD = Metric(
    "tapwatt_build_info",
    "info",
    "",
    "Which version of what runs here, on which Python: labels service, version, python.",
    "Two versions for long: an upgrade has stopped half way.",
)
HANDLING = Metric(
    "tapwatt_handling_seconds",
    "histogram",
    "seconds",
    "How long one record took from the beginning of its handling to its end, by fact and outcome; its count is how "
    "many were consumed.",
    "Waiting for a driver is part of it. If captures are slow, look at the provider and at tapwatt_retries_total.",
    ("fact", "outcome"),
)
EVENT_AGE = Metric(
    "tapwatt_event_age_seconds",
    "histogram",
    "seconds",
    "How old a fact was, by its own time, when a step was done with it: waiting, tries and retry topics included.",
    "High while tapwatt_handling_seconds is low: it waited before us. See the lag and what is delayed.",
    ("fact",),
    buckets=LONG_SECONDS,
)
PRODUCED = Metric(
    "tapwatt_facts_produced_total",
    "counter",
    "facts",
    "Facts that stand on Kafka, counted when their delivery was confirmed, by fact and by the reason that they give.",
    "If it stands still while its cause comes in, look at the dead letters and at tapwatt_retries_total.",
    ("fact", "reason"),
)
START_ANSWER = Metric(
    "tapwatt_start_answer_seconds",
    "histogram",
    "seconds",
    "How long a driver who wants to charge waited for us and the provider, without their own time at the terminal: "
    "from the request on the log to the answer, by outcome (authorised, declined).",
    "See tapwatt_provider_call_seconds and the authoriser's lag.",
    ("outcome",),
    buckets=FEW_SECONDS,
)
STOP_ANSWER = Metric(
    "tapwatt_stop_answer_seconds",
    "histogram",
    "seconds",
    "How long a driver who wants to stop waited for us and the provider, without their own time at the terminal: "
    "from the request on the log to the answer, by outcome (matched, not_matched, ambiguous).",
    "5 s are promised. See tapwatt_provider_call_seconds, tapwatt_redis_call_seconds and the token matcher's lag.",
    ("outcome",),
    buckets=FEW_SECONDS,
)
DRIVER = Metric(
    "tapwatt_driver_seconds",
    "histogram",
    "seconds",
    "How long drivers took at terminals to present a card, by what it was for (authorise, token).",
    "Long for everybody: is the text at the terminal clear? It is nobody's fault of ours, and part of no promise.",
    ("verb",),
)
RETRIES = Metric(
    "tapwatt_retries_total",
    "counter",
    "tries",
    "Tries again in place, by what was in the way (Unavailable, OutcomeUnknown, Delivery).",
    "Unavailable and OutcomeUnknown: is the provider or Redis up? Delivery: is Kafka? The log names the reason.",
    ("reason",),
)
PROVIDER_CALLS = Metric(
    "tapwatt_provider_call_seconds",
    "histogram",
    "seconds",
    "How long one call to the provider took, by verb, result (done, refused, unavailable, rate_limited, unknown, "
    "key_refused, broken; ended where we gave it up) and the phase in which it ended (connect, send, answer; "
    "refused where the provider says that we are set up wrongly there).",
    "unavailable in connect: it is away. unknown in answer: it is slow, or answers are lost. broken: it "
    "contradicts us.",
    ("verb", "result", "phase"),
    buckets=CALL_SECONDS,
)
PROVIDER_UP = Metric(
    "tapwatt_provider_up",
    "gauge",
    "1 or 0",
    "Whether the provider answered when it was last asked; it is asked something every half minute at least.",
    "0: starts and stops are declined in time and captures are tried again by schedule. Call the provider.",
)
PROVIDER_KEY = Metric(
    "tapwatt_provider_key_accepted",
    "gauge",
    "1 or 0",
    "Whether the provider takes our key. Where it does not, nothing is sent but a question every half minute.",
    "0: set TAPWATT_PROVIDER_API_KEY to a key that it takes, and replace the workers.",
)
UNKNOWN = Metric(
    "tapwatt_unknown_outcomes",
    "gauge",
    "requests",
    "Requests to the provider that were sent and of which nobody knows yet whether money moved, at work in this "
    "worker.",
    "Those that wait in a retry topic are in tapwatt_delayed_records (kind unknown). Each is asked about until known.",
)
OLDEST_UNKNOWN = Metric(
    "tapwatt_oldest_unknown_outcome_seconds",
    "gauge",
    "seconds",
    "For how long the oldest of tapwatt_unknown_outcomes is unknown; 0 where there is none.",
    "Minutes: the provider does not answer questions either. `tapwatt session ID` tells its reference: ask its "
    "helpdesk.",
)
REDIS_CALLS = Metric(
    "tapwatt_redis_call_seconds",
    "histogram",
    "seconds",
    "How long one call to Redis took with its tries, by result (done, unavailable).",
    "Slow: is it swapping, saving, or shared with others?",
    ("result",),
    buckets=CALL_SECONDS,
)
REDIS_UP = Metric(
    "tapwatt_redis_up",
    "gauge",
    "1 or 0",
    "Whether Redis did what it was last told; every worker looks every two seconds.",
    "0: the log says in Redis' own words why. All answers are `not yet` until it is back; nothing is lost.",
)
KAFKA_UP = Metric(
    "tapwatt_kafka_up",
    "gauge",
    "1 or 0",
    "Whether the broker answered when it was last asked over a connection of its own, every five seconds.",
    "0: nothing is heard and nothing is said until it is back; nothing is lost.",
)
VIEW_WHOLE = Metric(
    "tapwatt_view_whole",
    "gauge",
    "1 or 0",
    "Whether what this service keeps in Redis is whole.",
    "0: it is being rebuilt from the log, and every answer is `not yet` meanwhile. See how far it is.",
)
VIEW_PROGRESS = Metric(
    "tapwatt_view_rebuild_progress_ratio",
    "gauge",
    "ratio",
    "How much of the log has been read for the rebuild that this worker makes; 1 once it is done.",
    "It stands still: the log says what is in the way.",
)
VIEW_REBUILDS = Metric(
    "tapwatt_view_rebuilds_total",
    "counter",
    "rebuilds",
    "Rebuilds of the view that this worker has finished.",
    "Again and again: Redis loses keys. Look at its memory, its persistence, and who else writes there.",
)
DEAD_LETTERS = Metric(
    "tapwatt_dead_letters_total",
    "counter",
    "records",
    "Records that were moved to the dead letters, by kind.",
    "`tapwatt dlq summary` says which and why; mend the cause, then `tapwatt dlq replay`.",
    ("kind",),
)
EVENTS_REJECTED = Metric(
    "tapwatt_events_rejected_total",
    "counter",
    "events",
    "Events of a fleet or an operator that were not taken; each was told to its author as EventRejected.",
    "`tapwatt dlq summary` says which and why: their author has to correct them. A new fleet makes many at first.",
)
CLOCKS_OFF = Metric(
    "tapwatt_fleet_clock_off_total",
    "counter",
    "requests",
    "Requests that were declined because their fleet's clock is off, by direction (behind or ahead of ours).",
    "`tapwatt doctor --bootstrap` says whose clock and by how much: its operator has to set it right.",
    ("direction",),
)
BROKEN_INVARIANTS = Metric(
    "tapwatt_broken_invariants_total",
    "counter",
    "records",
    "Records that contradict what is known, or what the provider did: their sessions are quarantined.",
    "Page a human: compare the session with the provider's ledger (`tapwatt audit`), then `tapwatt dlq replay`.",
)
NEEDS_HUMAN = Metric(
    "tapwatt_needs_human_total",
    "counter",
    "records",
    "Records, and holds that came too late to be used, of which only a person can say what became of the money.",
    "Page a human: call the helpdesk with the reference in the log, then replay the dead letter, if there is one.",
)
UNFORESEEN = Metric(
    "tapwatt_unforeseen_errors_total",
    "counter",
    "records",
    "Records whose handling ended in a way that nobody foresaw; they are tried again by schedule.",
    "A fault of ours: the log has the traceback. Mend it; what was delayed is handled when its time comes.",
)
TASKS_ENDED = Metric(
    "tapwatt_background_tasks_ended_total",
    "counter",
    "tasks",
    "Background tasks that ended in a way that nobody foresaw; they begin again or end the process.",
    "The log names the task and its error. One that ends again and again is a fault of ours.",
    ("task",),
)
CARD_IDENTIFIERS_REFUSED = Metric(
    "tapwatt_card_identifiers_refused_total",
    "counter",
    "identifiers",
    "Card tokens and PARs of no kind that we know, by kind.",
    "The provider sends another kind of token than it did: nobody can stop by card until it is known. Ask it.",
    ("what",),
)
SLIP_PARTS_WITHHELD = Metric(
    "tapwatt_card_slip_parts_withheld_total",
    "counter",
    "parts",
    "Parts of a card's slip that were left out because a card could be known by them, by part.",
    "A masked number that is not masked is the provider's fault: tell it. Lines may hold a merchant's own numbers.",
    ("what",),
)
IN_FLIGHT = Metric(
    "tapwatt_records_in_flight",
    "gauge",
    "records",
    "Records that are being handled, with those that wait for their turn.",
    "Near its limit nothing more is fetched: is the provider slow, or are more replicas needed?",
)
IN_FLIGHT_LIMIT = Metric(
    "tapwatt_records_in_flight_limit",
    "gauge",
    "records",
    "How many records this worker handles at once at most.",
    "TAPWATT_WORKER_IN_FLIGHT sets it.",
)
OLDEST_HANDLER = Metric(
    "tapwatt_oldest_handler_seconds",
    "gauge",
    "seconds",
    "For how long the oldest handler that has not ended is at work.",
    "Minutes are a driver's or a provider's. At TAPWATT_WORKER_HANDLING_LIMIT_S it is ended and its record delayed.",
)
NOT_FETCHED = Metric(
    "tapwatt_records_not_fetched",
    "gauge",
    "records",
    "Records on this worker's partitions that it has not fetched yet, over a connection of its own.",
    "Growing: more replicas, or see what keeps tapwatt_records_in_flight at its limit. The exporter tells the lag.",
)
WORKER_QUARANTINED = Metric(
    "tapwatt_worker_quarantined_sessions",
    "gauge",
    "sessions",
    "Sessions that this worker sets aside whole; the same number on every replica of a service.",
    "Replicas that differ for more than seconds: the log of the one that is behind says why.",
)
BEHIND_TRANSACTIONS = Metric(
    "tapwatt_records_behind_transactions",
    "gauge",
    "records",
    "Records on this worker's partitions that nobody may read yet: a producer has a transaction open before them.",
    "Not zero for long: the log says where it begins; `kafka-transactions.sh describe-producers` tells whose it is.",
)
ASSIGNED = Metric(
    "tapwatt_assigned_partitions",
    "gauge",
    "partitions",
    "Partitions that are this worker's now.",
    "Zero for long: there are more replicas than partitions, or the group rebalances without end.",
)
LOG_LINES = Metric(
    "tapwatt_log_lines_total",
    "counter",
    "lines",
    "Lines that this process had to log, by level and by whether they were written or left out as repeats.",
    "Many left out: one thing goes wrong again and again. The written ones name it.",
    ("level", "fate"),
)

OF_A_WORKER = (
    BUILD,
    HANDLING,
    EVENT_AGE,
    PRODUCED,
    START_ANSWER,
    STOP_ANSWER,
    DRIVER,
    RETRIES,
    PROVIDER_CALLS,
    PROVIDER_UP,
    PROVIDER_KEY,
    UNKNOWN,
    OLDEST_UNKNOWN,
    REDIS_CALLS,
    REDIS_UP,
    KAFKA_UP,
    VIEW_WHOLE,
    VIEW_PROGRESS,
    VIEW_REBUILDS,
    DEAD_LETTERS,
    EVENTS_REJECTED,
    CLOCKS_OFF,
    BROKEN_INVARIANTS,
    NEEDS_HUMAN,
    UNFORESEEN,
    TASKS_ENDED,
    CARD_IDENTIFIERS_REFUSED,
    SLIP_PARTS_WITHHELD,
    IN_FLIGHT,
    IN_FLIGHT_LIMIT,
    OLDEST_HANDLER,
    NOT_FETCHED,
    WORKER_QUARANTINED,
    BEHIND_TRANSACTIONS,
    ASSIGNED,
    LOG_LINES,
)
"""What each worker tells of itself."""
