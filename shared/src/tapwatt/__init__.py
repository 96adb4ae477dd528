"""What every Tapwatt service shares: the facts, money, the worker and the gateway to the payment provider."""
