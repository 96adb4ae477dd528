"""Doubles of what is outside, for tests and simulations; each runs the suite of the real thing."""
