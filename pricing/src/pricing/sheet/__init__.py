"""The prices that a driver is shown before charging, in the order of the law: in words, as text, as data."""
