"""The log's health: who is behind, what was set aside, what waits to be tried again, and who watches."""

from __future__ import annotations

from scripts.dashboards.panels import RATE, SECONDS, Dashboard, counted, figure, known, lines

LOG = Dashboard(
    "log",
    "the log's health",
    (
        (
            "Now",
            (
                figure("What the exporter knows", "min by (of) (tapwatt_exporter_up_to_date)", "{{of}}"),
                figure("Dead letters that stand", known("dead_letters", "sum(tapwatt_dead_letters_standing)")),
                figure("Sessions in quarantine", known("quarantine", "sum(tapwatt_quarantined_sessions)")),
                figure("Records that wait for another try", known("delayed", "sum(tapwatt_delayed_records)")),
            ),
        ),
        (
            "Who is behind",
            (
                lines(
                    "The oldest record that waits, by group and topic",
                    "topk(20, max by (group, topic) (tapwatt_consumer_lag_seconds))",
                    "{{group}} {{topic}}",
                    SECONDS,
                ),
                lines(
                    "Records that wait, by group and topic",
                    "topk(20, sum by (group, topic) (tapwatt_consumer_lag_records))",
                    "{{group}} {{topic}}",
                ),
                lines("Workers in each group", "sum by (group) (tapwatt_consumer_group_members)", "{{group}}"),
                lines("Kafka answers", "min by (job, service) (tapwatt_kafka_up)", "{{job}} {{service}}"),
                lines("Records not fetched", "sum by (service) (tapwatt_records_not_fetched)", "{{service}}"),
                lines(
                    "Records behind an open transaction",
                    "sum by (service) (tapwatt_records_behind_transactions)",
                    "{{service}}",
                ),
            ),
        ),
        (
            "What was set aside",
            (
                lines(
                    "Dead letters that stand",
                    known("dead_letters", "sum by (service, kind) (tapwatt_dead_letters_standing)"),
                    "{{service}} {{kind}}",
                ),
                lines(
                    "The oldest of them",
                    known("dead_letters", "max by (service) (tapwatt_oldest_dead_letter_seconds)"),
                    "{{service}}",
                    SECONDS,
                ),
                lines(
                    "New dead letters",
                    counted("sum by (service, kind) (rate(tapwatt_dead_letters_total[$__rate_interval]))"),
                    "{{service}} {{kind}}",
                    RATE,
                ),
                lines(
                    "Records that nobody can read",
                    counted("tapwatt:unreadable:increase2m"),
                    "{{service}}",
                ),
                lines(
                    "Events of fleets that were refused",
                    "sum by (service) (rate(tapwatt_events_rejected_total[$__rate_interval]))",
                    "{{service}}",
                    RATE,
                ),
                lines(
                    "Sessions in quarantine",
                    known("quarantine", "sum by (service) (tapwatt_quarantined_sessions)"),
                    "{{service}}",
                ),
                lines(
                    "The oldest quarantine",
                    known("quarantine", "max by (service) (tapwatt_oldest_quarantine_seconds)"),
                    "{{service}}",
                    SECONDS,
                ),
            ),
        ),
        (
            "What is tried again",
            (
                lines(
                    "Records that wait for another try",
                    known("delayed", "sum by (service, kind) (tapwatt_delayed_records)"),
                    "{{service}} {{kind}}",
                ),
                lines(
                    "For how long the oldest waits",
                    known("delayed", "max by (service, kind) (tapwatt_oldest_delayed_record_seconds)"),
                    "{{service}} {{kind}}",
                    SECONDS,
                ),
                lines(
                    "Due and not yet done",
                    known("delayed", "max by (service) (tapwatt_retry_overdue_seconds)"),
                    "{{service}}",
                    SECONDS,
                ),
            ),
        ),
        (
            "Who watches",
            (
                lines(
                    "Log lines, by fate",
                    "sum by (service, fate) (rate(tapwatt_log_lines_total[$__rate_interval]))",
                    "{{service}} {{fate}}",
                    RATE,
                ),
                lines(
                    "Alerts that fire",
                    'sum by (alertname, severity) (ALERTS{alertstate="firing"})',
                    "{{alertname}} {{severity}}",
                ),
            ),
        ),
    ),
)
