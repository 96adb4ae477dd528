"""Looks at a tariff before any driver does: what is wrong with it, what was surely not meant, what is worth knowing."""
