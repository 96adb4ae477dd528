"""One service, chosen by the reader: what its workers do, what they wait for, and how they are."""

from __future__ import annotations

from scripts.dashboards.panels import BYTES, RATE, SECONDS, SHARE, Dashboard, Panel, Query, figure, known, lines

OF_IT = '{service="$service"}'


def _slowest(title: str, metric: str, by: str) -> Panel:
    rate = f"sum by (le, {by}) (rate({metric}_bucket{OF_IT}[$__rate_interval]))"
    return lines(title, f"histogram_quantile(0.95, {rate})", f"{{{{{by}}}}}", SECONDS)


def _none_of_it(expr: str) -> str:
    return f'{expr} or on () 0 * min(up{{job="tapwatt-worker", service="$service"}} == 1)'


SERVICE = Dashboard(
    "service",
    "one service",
    (
        (
            "Now",
            (
                figure("Workers that answer", 'sum(up{job="tapwatt-worker", service="$service"})'),
                figure("Version", 'count by (version) (tapwatt_build_info{service="$service"})', "{{version}}"),
                figure("Partitions", 'sum(tapwatt_assigned_partitions{service="$service"})'),
                figure("Oldest handler at work", f"max(tapwatt_oldest_handler_seconds{OF_IT})", unit=SECONDS),
                figure("Kafka answers", f"min(tapwatt_kafka_up{OF_IT})"),
                figure("Redis does what it is told", f"min(tapwatt_redis_up{OF_IT})"),
                figure("View is whole", f"min(tapwatt_view_whole{OF_IT})"),
                figure("Sessions in quarantine", f"max(tapwatt_worker_quarantined_sessions{OF_IT})"),
            ),
        ),
        (
            "What it does",
            (
                lines(
                    "Records handled, by fact and outcome",
                    f"sum by (fact, outcome) (rate(tapwatt_handling_seconds_count{OF_IT}[$__rate_interval]))",
                    "{{fact}} {{outcome}}",
                    RATE,
                ),
                _slowest("The slowest twentieth, by fact", "tapwatt_handling_seconds", "fact"),
                _slowest("Age of facts when it is done with them", "tapwatt_event_age_seconds", "fact"),
                lines(
                    "Facts said",
                    f"sum by (fact) (rate(tapwatt_facts_produced_total{OF_IT}[$__rate_interval]))",
                    "{{fact}}",
                    RATE,
                ),
                lines(
                    "Tries again in place",
                    _none_of_it(f"sum by (reason) (rate(tapwatt_retries_total{OF_IT}[$__rate_interval]))"),
                    "{{reason}}",
                    RATE,
                ),
                lines(
                    "Dead letters",
                    _none_of_it(f"sum by (kind) (increase(tapwatt_dead_letters_total{OF_IT}[1h]))"),
                    "{{kind}}",
                ),
            ),
        ),
        (
            "What waits",
            (
                Panel(
                    "In flight, and how many may be",
                    (
                        Query(f"sum(tapwatt_records_in_flight{OF_IT})", "in flight"),
                        Query(f"sum(tapwatt_records_in_flight_limit{OF_IT})", "at most"),
                    ),
                ),
                lines("Lag: the oldest record that waits", f"tapwatt:lag_seconds:max{OF_IT}", unit=SECONDS),
                lines("Not fetched", f"sum by (instance) (tapwatt_records_not_fetched{OF_IT})", "{{instance}}"),
                lines(
                    "Waits for another try",
                    known("delayed", f"sum by (kind) (tapwatt_delayed_records{OF_IT})"),
                    "{{kind}}",
                ),
            ),
        ),
        (
            "What it waits for, and how it is",
            (
                lines(
                    "Calls to Redis",
                    f"sum by (result) (rate(tapwatt_redis_call_seconds_count{OF_IT}[$__rate_interval]))",
                    "{{result}}",
                    RATE,
                ),
                _slowest("Calls to Redis, the slowest twentieth", "tapwatt_redis_call_seconds", "result"),
                lines(
                    "Calls to the provider",
                    _none_of_it(
                        f"sum by (verb, result) (rate(tapwatt_provider_call_seconds_count{OF_IT}[$__rate_interval]))"
                    ),
                    "{{verb}} {{result}}",
                    RATE,
                ),
                lines(
                    "How far its view's rebuild is",
                    f"max(tapwatt_view_rebuild_progress_ratio{OF_IT})",
                    unit=SHARE,
                ),
                lines("Rebuilds of its view", f"sum(increase(tapwatt_view_rebuilds_total{OF_IT}[1h]))"),
                lines(
                    "Lines of its log",
                    f"sum by (level, fate) (rate(tapwatt_log_lines_total{OF_IT}[$__rate_interval]))",
                    "{{level}} {{fate}}",
                    RATE,
                ),
                lines("Errors that nobody foresaw", f"sum(increase(tapwatt_unforeseen_errors_total{OF_IT}[1h]))"),
                lines(
                    "Background tasks that ended",
                    _none_of_it(f"sum by (task) (increase(tapwatt_background_tasks_ended_total{OF_IT}[1h]))"),
                    "{{task}}",
                ),
                lines(
                    "Cores in use",
                    f"sum by (instance) (rate(process_cpu_seconds_total{OF_IT}[$__rate_interval]))",
                    "{{instance}}",
                ),
                lines("Memory", f"sum by (instance) (process_resident_memory_bytes{OF_IT})", "{{instance}}", BYTES),
            ),
        ),
    ),
    variable="service",
)
