"""Reconciliation: what the facts say has become of money, against what the provider's own account says."""
