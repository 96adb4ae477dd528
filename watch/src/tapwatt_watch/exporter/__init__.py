"""The exporter: tells Prometheus what is true of the whole system."""
