"""The money: what is held, taken, let go and lost, and what of it waits for a person."""

from __future__ import annotations

from scripts.dashboards.panels import RATE, SECONDS, Dashboard, figure, known, lines, quantiles

MONEY = Dashboard(
    "money",
    "the money",
    (
        (
            "Now",
            (
                figure(
                    "Held on drivers' cards (minor units)",
                    known("sessions", "sum by (currency) (tapwatt_held_minor_units)"),
                    "{{currency}}",
                ),
                figure("Holds that stand", known("sessions", "sum(tapwatt_open_holds)")),
                figure(
                    "Oldest hold that stands",
                    known("sessions", "max(tapwatt_oldest_open_hold_seconds)"),
                    unit=SECONDS,
                ),
                figure(
                    "Holds that run out within an hour",
                    known("sessions", "sum(tapwatt_holds_expiring_within_an_hour)"),
                ),
                figure("Holds past their time", known("sessions", "sum(tapwatt_holds_past_expiry)")),
                figure(
                    "Taken in the last hour (minor units)",
                    known(
                        "sessions",
                        'sum by (currency) (increase(tapwatt_money_minor_units_total{movement="captured"}[1h]))',
                    ),
                    "{{currency}}",
                ),
                figure(
                    "Lost in the last day: shortfall and uncollected (minor units)",
                    known(
                        "sessions",
                        'sum(increase(tapwatt_money_minor_units_total{movement=~"shortfall|uncollected"}[1d]))',
                    ),
                ),
                figure(
                    "Given back in the last day (minor units)",
                    known(
                        "sessions",
                        'sum(increase(tapwatt_money_minor_units_total{movement=~"refunded|charged_back"}[1d]))',
                    ),
                ),
            ),
        ),
        (
            "What becomes of it",
            (
                lines(
                    "Money that moves (minor units a second)",
                    "sum by (movement) (rate(tapwatt_money_minor_units_total[$__rate_interval]))",
                    "{{movement}}",
                ),
                lines(
                    "Sessions settled, by outcome",
                    "sum by (outcome) (rate(tapwatt_sessions_settled_total[$__rate_interval]))",
                    "{{outcome}}",
                    RATE,
                ),
                lines("Holds that stand, by age", known("sessions", "sum by (age) (tapwatt_open_holds)"), "{{age}}"),
                quantiles("From the end of a session to its settlement", "tapwatt_ended_to_settled_seconds"),
                quantiles("From authorised to settled", "tapwatt_authorised_to_settled_seconds"),
                lines(
                    "Budget of captures in time (1 is as fast as allowed)",
                    'tapwatt:slo_burn:1h{slo="captures_in_time"}',
                    "over an hour",
                ),
            ),
        ),
        (
            "What waits",
            (
                lines(
                    "Sessions with a hold, by where they are",
                    known("sessions", "sum by (state) (tapwatt_sessions_unsettled)"),
                    "{{state}}",
                ),
                lines(
                    "The oldest of them",
                    known("sessions", "max by (state) (tapwatt_oldest_unsettled_seconds)"),
                    "{{state}}",
                    SECONDS,
                ),
                lines("Outcomes that nobody knows yet", "sum by (service) (tapwatt_unknown_outcomes)", "{{service}}"),
                lines(
                    "The oldest of those",
                    "max by (service) (tapwatt_oldest_unknown_outcome_seconds)",
                    "{{service}}",
                    SECONDS,
                ),
                lines(
                    "Disputes that stand, by doubt",
                    known("sessions", "sum by (doubt) (tapwatt_disputes_standing)"),
                    "{{doubt}}",
                ),
                lines("The oldest dispute", known("sessions", "max(tapwatt_oldest_dispute_seconds)"), unit=SECONDS),
                lines("Sessions that nobody has ended", known("sessions", "sum(tapwatt_stale_sessions)")),
                lines(
                    "Letters that only a person can answer",
                    known("dead_letters", 'sum(tapwatt_dead_letters_standing{kind="needs_human"})'),
                ),
            ),
        ),
        (
            "Compared with what was settled",
            (
                lines(
                    "What differs from the settlement files, by kind",
                    "sum by (kind) (tapwatt_reconciliation_differences)",
                    "{{kind}}",
                ),
                figure("Movements that are due later", "sum(tapwatt_reconciliation_not_yet_due)"),
                figure("Since the last comparison", "max(tapwatt_reconciliation_age_seconds)", unit=SECONDS),
                figure(
                    "Since the end of the last settlement file",
                    "time() - max(tapwatt_reconciliation_files_until_timestamp_seconds)",
                    unit=SECONDS,
                ),
            ),
        ),
    ),
)
