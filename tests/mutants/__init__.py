"""Patches that each break one safeguard, and the program that shows that some test notices."""
