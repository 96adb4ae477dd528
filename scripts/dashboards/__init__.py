"""Grafana's dashboards as code: what each panel asks, in words and PromQL, and the JSON that Grafana reads."""
