"""A payment provider with terminals and a ledger; it imports nothing of Tapwatt."""
