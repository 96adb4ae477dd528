"""Writes a dashboard as the JSON that Grafana reads."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Figure
from grafana_foundation_sdk.builders.timeseries import Panel as Lines
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption, VariableRefresh
from scripts.dashboards.panels import Dashboard, Panel

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
FIGURE, LINES = (6, 5), (8, 8)
"""Width (of 24) and height of a panel."""


def as_json(dashboard: Dashboard) -> str:
    """The dashboard, always the same for the same code."""
    made = (
        build.Dashboard(f"Tapwatt: {dashboard.title}")
        .uid(f"tapwatt-{dashboard.name}")
        .tags(["tapwatt"])
        .refresh("30s")
        .time("now-3h", "now")
        .timezone("browser")
        .readonly()
        .with_variable(build.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )
    if dashboard.variable:
        made.with_variable(_variable(dashboard.variable))
    number = 0
    for heading, panels in dashboard.rows:
        made.with_row(build.Row(heading))
        for panel in panels:
            number += 1
            made.with_panel(_panel(panel, number))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _variable(label: str) -> build.QueryVariable:
    return (
        build.QueryVariable(label)
        .label(label)
        .datasource(SOURCE)
        .query(f'label_values(up{{job="tapwatt-worker"}}, {label})')
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .current(VariableOption(selected=True, text="authoriser", value="authoriser"))
    )


def _panel(panel: Panel, number: int) -> Figure | Lines:
    width, height = FIGURE if panel.kind == "figure" else LINES
    made: Figure | Lines = Figure() if panel.kind == "figure" else Lines()
    made.id(number).title(panel.title).description(panel.description).unit(panel.unit)
    made.datasource(SOURCE).span(width).height(height).no_value("not known")
    for at, query in enumerate(panel.queries):
        asked = Dataquery().expr(query.expr).legend_format(query.legend).ref_id(chr(ord("A") + at)).datasource(SOURCE)
        made.with_target(asked.instant() if panel.kind == "figure" else asked.range())
    return made
