"""What the exporter tells of the whole system: each metric with its unit, what it means, and what to do about it.

It reads holds, money, dead letters and what waits off the log, and asks the broker for the lag, from outside the
workers. docs/metrics.md is made of it. What a worker knows of its own work is told by each worker (of_a_worker.py).
"""

from __future__ import annotations

from tapwatt.metrics.metric import LONG_SECONDS, Metric

EXPORTER_UP_TO_DATE = Metric(
    "tapwatt_exporter_up_to_date",
    "gauge",
    "1 or 0",
    "Whether the exporter knows what it tells, by what it reads (sessions, dead_letters, delayed, quarantine, "
    "lag) not longer ago than 15 s. What it does not know it does not tell: a gauge that is not there is not zero.",
    "0 for long after a start: the broker does not answer it, or the log is long. See its own log.",
    ("of",),
)
OPEN_HOLDS = Metric(
    "tapwatt_open_holds",
    "gauge",
    "holds",
    "Holds that stand and are not settled, by operator, currency and age (1h, 6h, 1d, 3d, 7d, older: younger than "
    "that).",
    "Old ones: `tapwatt holds --older-than 1d` names them; see why their sessions have no end.",
    ("operator", "currency", "age"),
)
MONEY_HELD = Metric(
    "tapwatt_held_minor_units",
    "gauge",
    "minor units of the currency",
    "Money that stands reserved on drivers' cards, by operator and currency.",
    "It grows without end: sessions are not settled. See tapwatt_sessions_unsettled.",
    ("operator", "currency"),
)
OLDEST_HOLD = Metric(
    "tapwatt_oldest_open_hold_seconds",
    "gauge",
    "seconds",
    "Age of the oldest hold that is not settled, by operator; 0 where there is none.",
    "`tapwatt holds` names it.",
    ("operator",),
)
HOLDS_EXPIRING = Metric(
    "tapwatt_holds_expiring_within_an_hour",
    "gauge",
    "holds",
    "Holds that are not settled and run out within an hour, by operator.",
    "What is not captured by then is lost: `tapwatt holds` names them; have the fleet end those sessions.",
    ("operator",),
)
HOLDS_EXPIRED = Metric(
    "tapwatt_holds_past_expiry",
    "gauge",
    "holds",
    "Holds that have run out and are neither captured, released nor said to have failed, by operator.",
    "Each should be a CaptureFailed: `tapwatt session ID` tells where it hangs.",
    ("operator",),
)
UNSETTLED = Metric(
    "tapwatt_sessions_unsettled",
    "gauge",
    "sessions",
    "Sessions with a hold that is not settled, by where they are (charging, ended, priced).",
    "ended: the tariff service is behind or disputes them. priced: the capturer is behind, or the provider is away.",
    ("state",),
)
OLDEST_UNSETTLED = Metric(
    "tapwatt_oldest_unsettled_seconds",
    "gauge",
    "seconds",
    "For how long the oldest session of tapwatt_sessions_unsettled is in its state (charging, ended, priced), by "
    "the log's time; 0 where there is none. A session that waits for a person (disputed, or stale and left to one) "
    "does not count.",
    "Minutes in ended or priced: see the lag of tariff and capturer, and what is delayed.",
    ("state",),
)
AUTHORISED_TO_SETTLED = Metric(
    "tapwatt_authorised_to_settled_seconds",
    "histogram",
    "seconds",
    "From Authorised to the session's settlement, by the log's time and by outcome (captured, released, failed).",
    "It is mostly the time of charging.",
    ("outcome",),
    buckets=LONG_SECONDS,
)
ENDED_TO_SETTLED = Metric(
    "tapwatt_ended_to_settled_seconds",
    "histogram",
    "seconds",
    "From what ended a session (ChargingEnded, SessionCancelled) to its settlement, by the log's time and by outcome.",
    "Minutes are promised. See the lag of tariff and capturer, what is delayed, and the provider's calls.",
    ("outcome",),
    buckets=LONG_SECONDS,
)
SETTLED = Metric(
    "tapwatt_sessions_settled_total",
    "counter",
    "sessions",
    "Sessions that were settled since the exporter started, by operator and outcome (captured, shortfall, "
    "released, failed). `shortfall` was captured and owed more than was held.",
    "failed: what was owed stays uncollected; CaptureFailed says why.",
    ("operator", "outcome"),
)
MONEY = Metric(
    "tapwatt_money_minor_units_total",
    "counter",
    "minor units of the currency",
    "Money that moved since the exporter started, by operator, currency and what became of it (held, captured, "
    "released, shortfall, uncollected, waived, refunded, charged_back).",
    "shortfall and uncollected are lost to the operator: are holds too small, or sessions too long?",
    ("operator", "currency", "movement"),
)
SITE_FACTS = Metric(
    "tapwatt_site_facts_total",
    "counter",
    "facts",
    "What was said at each site since the exporter started (SessionRequested, Authorised, AuthorisationDeclined, "
    "StopRequested, TokenMatched, TokenNotMatched, Captured). Sites beyond a bound are told together as `other`.",
    "A site that asks and is never authorised: see its terminal's reasons in tapwatt_facts_produced_total.",
    ("operator", "site", "fact"),
)
SITE_OPEN = Metric(
    "tapwatt_site_open_sessions",
    "gauge",
    "sessions",
    "Sessions with a hold that is not settled, by site. Sites beyond a bound are told together as `other`.",
    "More than the site has EVSEs: their ends are not told.",
    ("operator", "site"),
)
DISPUTES = Metric(
    "tapwatt_disputes_standing",
    "gauge",
    "sessions",
    "Sessions of which a word was not believed or contradicts what stands, and which nobody has settled, by doubt.",
    "SessionDisputed says what and why: have the fleet correct it, or settle it (`tapwatt session settle`).",
    ("doubt",),
)
OLDEST_DISPUTE = Metric(
    "tapwatt_oldest_dispute_seconds",
    "gauge",
    "seconds",
    "For how long the oldest dispute stands; 0 where there is none.",
    "A hold runs out while nobody decides: `tapwatt holds` says when.",
)
STALE = Metric(
    "tapwatt_stale_sessions",
    "gauge",
    "sessions",
    "Sessions that nobody has ended until their deadline and that are left to a person.",
    "SessionStale names them: settle them (`tapwatt session settle`).",
)
LETTERS_STANDING = Metric(
    "tapwatt_dead_letters_standing",
    "gauge",
    "records",
    "Dead letters that nobody has replayed, by service and kind. A replay lowers it; a restart does not.",
    "`tapwatt dlq summary` says which and why; mend the cause, then `tapwatt dlq replay`.",
    ("service", "kind"),
)
OLDEST_LETTER = Metric(
    "tapwatt_oldest_dead_letter_seconds",
    "gauge",
    "seconds",
    "Age of the oldest dead letter that nobody has replayed, by service; 0 where there is none.",
    "`tapwatt dlq list` names it.",
    ("service",),
)
QUARANTINED = Metric(
    "tapwatt_quarantined_sessions",
    "gauge",
    "sessions",
    "Sessions whose records all go to the dead letters, by service.",
    "Not zero: find out what contradicts what (`tapwatt dlq list`), mend it, `tapwatt dlq replay` releases them.",
    ("service",),
)
OLDEST_QUARANTINE = Metric(
    "tapwatt_oldest_quarantine_seconds",
    "gauge",
    "seconds",
    "For how long the oldest quarantine stands, by service; 0 where there is none.",
    "As tapwatt_quarantined_sessions.",
    ("service",),
)
DELAYED = Metric(
    "tapwatt_delayed_records",
    "gauge",
    "records",
    "Records that wait in a retry topic for their next try, by service and kind (unavailable, unknown, unforeseen, "
    "replay).",
    "They are tried again by themselves. Many: see what is away. unknown: money may have moved, and is asked about.",
    ("service", "kind"),
)
OLDEST_DELAYED = Metric(
    "tapwatt_oldest_delayed_record_seconds",
    "gauge",
    "seconds",
    "For how long, at the least, the oldest record of tapwatt_delayed_records is delayed since it was first, by "
    "service and kind, as its schedule tells; 0 where there is none.",
    "`tapwatt session ID` tells what is in its way.",
    ("service", "kind"),
)
RETRY_OVERDUE = Metric(
    "tapwatt_retry_overdue_seconds",
    "gauge",
    "seconds",
    "For how long the oldest delayed record is due and not yet done, by service; 0 where none is due.",
    "Minutes: the service is not there, or its handlers are all at their limit.",
    ("service",),
)
LAG_RECORDS = Metric(
    "tapwatt_consumer_lag_records",
    "gauge",
    "records",
    "Records that a group has not committed, by group, topic and partition, asked of the broker from outside the "
    "workers.",
    "Growing: is the service there? More replicas, or see what keeps tapwatt_records_in_flight at its limit.",
    ("group", "topic", "partition"),
)
LAG_SECONDS = Metric(
    "tapwatt_consumer_lag_seconds",
    "gauge",
    "seconds",
    "Age of the oldest record that a group has not committed, by the log's time and by group, topic and partition; 0 "
    "where there is none.",
    "A driver's minutes at a terminal are part of it. Beyond that as tapwatt_consumer_lag_records.",
    ("group", "topic", "partition"),
)
GROUP_MEMBERS = Metric(
    "tapwatt_consumer_group_members",
    "gauge",
    "members",
    "Workers that are members of a service's group, as the broker says.",
    "0: nobody does this service's work. It changes again and again: workers are ended and started.",
    ("group",),
)
RECONCILED_DIFFERENCES = Metric(
    "tapwatt_reconciliation_differences",
    "gauge",
    "differences",
    "What differed when the facts were last compared with the settlement files, by kind (open_hold, hold, capture, "
    "refund, chargeback, orphan, contradiction, no_file). Absent where no folder of files is set, and until the first "
    "comparison.",
    "`tapwatt reconcile --from 14d --settlement-files FOLDER` names them by session. no_file: get the file.",
    ("kind",),
)
RECONCILED_NOT_YET = Metric(
    "tapwatt_reconciliation_not_yet_due",
    "gauge",
    "movements",
    "Captures, refunds and chargebacks that have to be in a settlement file later.",
    "It grows without end: files do not come. See tapwatt_reconciliation_files_until_timestamp_seconds.",
)
RECONCILED_AGE = Metric(
    "tapwatt_reconciliation_age_seconds",
    "gauge",
    "seconds",
    "Since the facts were last compared with the settlement files, or, where they never were, since the exporter "
    "started. Absent where no folder of files is set.",
    "A file cannot be read, or Kafka: the exporter's log says which and why.",
)
RECONCILED_UNTIL = Metric(
    "tapwatt_reconciliation_files_until_timestamp_seconds",
    "gauge",
    "seconds since 1970, UTC",
    "How far the settlement files go: the end of the last day of settlement in them.",
    "Days ago: no file has come since. Ask the acquirer.",
)
RECONCILED_UNREADABLE = Metric(
    "tapwatt_reconciliation_unreadable_files",
    "gauge",
    "files",
    "Settlement files that could not be read when they were last looked at. While there is one, nothing is compared.",
    "The exporter's log names each with its line: fetch it again, or correct the layout.",
)
CERTIFICATE_EXPIRY = Metric(
    "tapwatt_certificate_expiry_timestamp_seconds",
    "gauge",
    "seconds since 1970, UTC",
    "When the certificate that an endpoint shows runs out, by endpoint (host:port); endpoints are a setting.",
    "Renew it before that.",
    ("endpoint",),
)
KEY_EXPIRY = Metric(
    "tapwatt_key_expiry_timestamp_seconds",
    "gauge",
    "seconds since 1970, UTC",
    "When a key or password runs out, by the name that the setting gives it.",
    "Have a new one made before that.",
    ("key",),
)

OF_THE_SYSTEM = (
    EXPORTER_UP_TO_DATE,
    OPEN_HOLDS,
    MONEY_HELD,
    OLDEST_HOLD,
    HOLDS_EXPIRING,
    HOLDS_EXPIRED,
    UNSETTLED,
    OLDEST_UNSETTLED,
    AUTHORISED_TO_SETTLED,
    ENDED_TO_SETTLED,
    SETTLED,
    MONEY,
    SITE_FACTS,
    SITE_OPEN,
    DISPUTES,
    OLDEST_DISPUTE,
    STALE,
    LETTERS_STANDING,
    OLDEST_LETTER,
    QUARANTINED,
    OLDEST_QUARANTINE,
    DELAYED,
    OLDEST_DELAYED,
    RETRY_OVERDUE,
    LAG_RECORDS,
    LAG_SECONDS,
    GROUP_MEMBERS,
    RECONCILED_DIFFERENCES,
    RECONCILED_NOT_YET,
    RECONCILED_AGE,
    RECONCILED_UNTIL,
    RECONCILED_UNREADABLE,
    CERTIFICATE_EXPIRY,
    KEY_EXPIRY,
)
"""What the exporter tells of the whole system; it tells BUILD, KAFKA_UP and LOG_LINES of itself, too."""
