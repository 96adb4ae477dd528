"""A time zone is a name of the IANA database, and no file that a machine happens to have."""

from __future__ import annotations

import pytest

from tapwatt.time_zones import zone_named, zone_names


@pytest.mark.parametrize(
    "name",
    ["localtime", "posixrules", "Factory", "CET+1", "europe/amsterdam", "posix/UTC", "right/UTC", "../UTC", "", "a\0b"],
)
def test_what_is_no_name_of_a_zone_is_none_whatever_the_machine_has(name: str) -> None:
    with pytest.raises(ValueError, match="not an IANA time zone"):
        zone_named(name)


def test_every_name_of_the_database_is_a_zone() -> None:
    assert len(zone_names()) > 500
    for name in zone_names():
        assert zone_named(name).key == name
