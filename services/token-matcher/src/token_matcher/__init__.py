"""Finds the charging session that a tapped card opened, so that it can be stopped."""
