"""Prometheus and what belongs to it as real processes, on the configuration that is deployed."""
