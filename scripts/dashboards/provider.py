"""The provider: whether it answers and takes our key, how long its calls take, and what is not known of money."""

from __future__ import annotations

from scripts.dashboards.panels import (
    RATE,
    SECONDS,
    SHARE,
    Dashboard,
    counted,
    figure,
    lines,
    quantiles,
)

PROVIDER = Dashboard(
    "provider",
    "the provider",
    (
        (
            "Now",
            (
                figure("It answers", "min by (service) (tapwatt_provider_up)", "{{service}}"),
                figure("It takes our key", "min by (service) (tapwatt_provider_key_accepted)", "{{service}}"),
                figure("Outcomes that nobody knows", "sum(tapwatt_unknown_outcomes)"),
                figure("The oldest of them", "max(tapwatt_oldest_unknown_outcome_seconds)", unit=SECONDS),
            ),
        ),
        (
            "Calls",
            (
                lines(
                    "By verb",
                    "sum by (verb) (rate(tapwatt_provider_call_seconds_count[$__rate_interval]))",
                    "{{verb}}",
                    RATE,
                ),
                quantiles("How long, by verb", "tapwatt_provider_call_seconds", "verb"),
                lines(
                    "Not done, by result and phase",
                    counted(
                        "sum by (result, phase) "
                        '(rate(tapwatt_provider_call_seconds_count{result!="done"}[$__rate_interval]))'
                    ),
                    "{{result}} in {{phase}}",
                    RATE,
                ),
                lines(
                    "Share of calls over 2.5 s, by verb",
                    "sum by (verb) (tapwatt:provider_slow_calls:increase2m) "
                    "/ sum by (verb) (tapwatt:provider_sent_calls:increase2m)",
                    "{{verb}}",
                    SHARE,
                ),
                lines(
                    "By service",
                    "sum by (service) (rate(tapwatt_provider_call_seconds_count[$__rate_interval]))",
                    "{{service}}",
                    RATE,
                ),
                quantiles("Drivers' own time, apart", "tapwatt_driver_seconds", "verb"),
            ),
        ),
        (
            "What it refuses",
            (
                lines(
                    "Captures that failed for good, by reason",
                    counted(
                        'sum by (reason) (rate(tapwatt_facts_produced_total{fact="CaptureFailed"}[$__rate_interval]))'
                    ),
                    "{{reason}}",
                    RATE,
                ),
                lines(
                    "Starts that it was not there for",
                    counted(
                        "sum(rate(tapwatt_facts_produced_total"
                        '{fact="AuthorisationDeclined", reason="provider_unavailable"}[$__rate_interval]))'
                    ),
                    unit=RATE,
                ),
                lines(
                    "Cards of a kind that nobody knows",
                    counted("sum by (what) (increase(tapwatt_card_identifiers_refused_total[1h]))"),
                    "{{what}}",
                ),
                lines(
                    "Parts of slips left out",
                    counted("sum by (what) (increase(tapwatt_card_slip_parts_withheld_total[1h]))"),
                    "{{what}}",
                ),
                lines("Records that only a person can answer", "sum(increase(tapwatt_needs_human_total[1h]))"),
                lines("Records that contradict what is known", "sum(increase(tapwatt_broken_invariants_total[1h]))"),
            ),
        ),
    ),
)
