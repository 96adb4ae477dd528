"""Chargers, drivers and cars, as they speak to Tapwatt."""
