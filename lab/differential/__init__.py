"""Prices the same generated sessions with our engine and with others, and names the cause of each difference."""
