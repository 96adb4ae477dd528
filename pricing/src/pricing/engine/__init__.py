"""How a price is worked out: stretches, the element for each, billing increments, limits, shares, and why in words."""
