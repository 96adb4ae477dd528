"""The world outside Tapwatt: a payment provider with terminals and a ledger, drivers, and a charger fleet."""
