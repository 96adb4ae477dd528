"""Reserves money on the card a driver presents, before the car charges."""
