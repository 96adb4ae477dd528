"""The sites: where drivers ask, where they are authorised, where their cards are matched, and where not."""

from __future__ import annotations

from scripts.dashboards.panels import RATE, SHARE, Dashboard, counted, figure, known, lines


def _share(answered: str, asked: str) -> str:
    return (
        f'sum by (operator, site) (increase(tapwatt_site_facts_total{{fact="{answered}"}}[1h])) '
        f'/ sum by (operator, site) (increase(tapwatt_site_facts_total{{fact=~"{asked}"}}[1h]))'
    )


NAMED = "{{operator}} {{site}}"

SITES = Dashboard(
    "sites",
    "the sites",
    (
        (
            "Now",
            (
                figure(
                    "Sites with a session",
                    "count(tapwatt_site_open_sessions > 0) or on () sum(0 * tapwatt_site_open_sessions)",
                ),
                figure("Sessions with a hold", known("sessions", "sum(tapwatt_site_open_sessions)")),
                figure(
                    "Starts in the last hour",
                    'sum(increase(tapwatt_site_facts_total{fact="SessionRequested"}[1h]))',
                ),
                figure("Stops in the last hour", 'sum(increase(tapwatt_site_facts_total{fact="StopRequested"}[1h]))'),
            ),
        ),
        (
            "Site by site",
            (
                lines(
                    "Sessions with a hold",
                    known("sessions", "topk(20, sum by (operator, site) (tapwatt_site_open_sessions))"),
                    NAMED,
                ),
                lines(
                    "Starts",
                    "topk(20, sum by (operator, site) "
                    '(rate(tapwatt_site_facts_total{fact="SessionRequested"}[$__rate_interval])))',
                    NAMED,
                    RATE,
                ),
                lines("Share of starts that are authorised", _share("Authorised", "SessionRequested"), NAMED, SHARE),
                lines(
                    "Share of stops whose card is matched",
                    _share("TokenMatched", "TokenMatched|TokenNotMatched"),
                    NAMED,
                    SHARE,
                ),
                lines(
                    "Captures",
                    "topk(20, sum by (operator, site) "
                    '(rate(tapwatt_site_facts_total{fact="Captured"}[$__rate_interval])))',
                    NAMED,
                    RATE,
                ),
            ),
        ),
        (
            "Why not",
            (
                lines(
                    "Starts declined, by reason",
                    counted(
                        "sum by (reason) (rate(tapwatt_facts_produced_total"
                        '{fact="AuthorisationDeclined"}[$__rate_interval]))'
                    ),
                    "{{reason}}",
                    RATE,
                ),
                lines(
                    "Stops not matched, by reason",
                    counted(
                        'sum by (reason) (rate(tapwatt_facts_produced_total{fact="TokenNotMatched"}[$__rate_interval]))'
                    ),
                    "{{reason}}",
                    RATE,
                ),
                lines(
                    "Starts declined since a fleet's clock is off",
                    counted("sum by (direction) (increase(tapwatt_fleet_clock_off_total[1h]))"),
                    "{{direction}}",
                ),
                lines(
                    "Events of fleets that were refused",
                    "sum by (service) (increase(tapwatt_events_rejected_total[1h]))",
                    "{{service}}",
                ),
            ),
        ),
    ),
)
