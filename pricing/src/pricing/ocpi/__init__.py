"""Reads OCPI tariffs and charge detail records, exactly."""
