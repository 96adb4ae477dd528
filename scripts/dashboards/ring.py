"""The ring: each step's rate, errors, latency and lag, and how drivers are answered."""

from __future__ import annotations

from scripts.dashboards.panels import (
    RATE,
    SECONDS,
    SHARE,
    Dashboard,
    counted,
    known,
    lines,
    quantiles,
)

RING = Dashboard(
    "ring",
    "the ring",
    (
        (
            "Drivers",
            (
                quantiles("Starts are answered in", "tapwatt_start_answer_seconds"),
                quantiles("Stops are answered in", "tapwatt_stop_answer_seconds"),
                quantiles("Drivers' own time at terminals", "tapwatt_driver_seconds", "verb"),
                lines(
                    "Starts, by answer",
                    "sum by (fact) (rate(tapwatt_facts_produced_total"
                    '{fact=~"Authorised|AuthorisationDeclined"}[$__rate_interval]))',
                    "{{fact}}",
                    RATE,
                ),
                lines(
                    "Declines, by reason",
                    counted(
                        "sum by (reason) (rate(tapwatt_facts_produced_total"
                        '{fact="AuthorisationDeclined"}[$__rate_interval]))'
                    ),
                    "{{reason}}",
                    RATE,
                ),
                lines("Budgets of the promises (1 is as fast as allowed)", "tapwatt:slo_burn:1h", "{{slo}}"),
            ),
        ),
        (
            "Each step",
            (
                lines(
                    "Rate: records handled",
                    "sum by (service) (rate(tapwatt_handling_seconds_count[$__rate_interval]))",
                    "{{service}}",
                    RATE,
                ),
                lines(
                    "Errors: records that were set aside",
                    counted(
                        "sum by (service, outcome) "
                        '(rate(tapwatt_handling_seconds_count{outcome!="done"}[$__rate_interval]))'
                    ),
                    "{{service}} {{outcome}}",
                    RATE,
                ),
                quantiles(
                    "Latency: from the beginning of a handling to its end", "tapwatt_handling_seconds", "service"
                ),
                lines("Lag: the oldest record that waits", "tapwatt:lag_seconds:max", "{{service}}", SECONDS),
                quantiles("Age of facts when a step is done with them", "tapwatt_event_age_seconds", "service"),
                lines(
                    "In flight, of what may be",
                    "max by (service) (tapwatt_records_in_flight / tapwatt_records_in_flight_limit)",
                    "{{service}}",
                    SHARE,
                ),
                lines(
                    "Facts said",
                    "sum by (fact) (rate(tapwatt_facts_produced_total[$__rate_interval]))",
                    "{{fact}}",
                    RATE,
                ),
                lines(
                    "Tries again in place, by reason",
                    counted("sum by (service, reason) (rate(tapwatt_retries_total[$__rate_interval]))"),
                    "{{service}} {{reason}}",
                    RATE,
                ),
                lines(
                    "Records that wait for another try",
                    known("delayed", "sum by (service, kind) (tapwatt_delayed_records)"),
                    "{{service}} {{kind}}",
                ),
            ),
        ),
        (
            "Stores",
            (
                lines("Kafka answers", "min by (service) (tapwatt_kafka_up)", "{{service}}"),
                lines("Redis does what it is told", "min by (service) (tapwatt_redis_up)", "{{service}}"),
                lines("Views are whole", "min by (service) (tapwatt_view_whole)", "{{service}}"),
            ),
        ),
    ),
)
