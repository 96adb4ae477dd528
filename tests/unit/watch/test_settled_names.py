"""The names of settled sessions are kept for as many days as they may come again."""

import tracemalloc
from datetime import timedelta

from tests.unit.watch.said import NOON

from tapwatt_watch.settled_names import LOOSE, SettledNames


def test_a_name_is_known_until_its_day_is_forgotten() -> None:
    names = SettledNames()
    names.add("op/1", NOON)
    names.add("op/2", NOON + timedelta(days=1))
    assert "op/1" in names
    assert "op/3" not in names
    names.forget(NOON + timedelta(days=1))
    assert ("op/1" in names, "op/2" in names) == (False, True)


def test_many_names_of_a_day_are_known_and_take_little_room() -> None:
    names = SettledNames()
    tracemalloc.start()
    for number in range(10 * LOOSE):
        names.add(f"op/{number}", NOON)
    room, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert room < 10 * LOOSE * 16
    assert all(f"op/{number}" in names for number in range(0, 10 * LOOSE, 997))
    assert not any(f"other/{number}" in names for number in range(0, 10 * LOOSE, 997))
