"""What every Tapwatt service shares: the facts, money, the worker and the way to the payment provider."""
