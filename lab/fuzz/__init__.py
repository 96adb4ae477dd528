"""Spoilt tariffs and records against our readers."""
