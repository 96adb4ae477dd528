"""Experiments beside the product: other engines' prices, spoilt files. Not installed."""
