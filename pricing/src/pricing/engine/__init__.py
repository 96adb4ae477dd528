"""How a price is worked out: stretches of a session, an element for each, steps, limits, shares, and why in words."""
