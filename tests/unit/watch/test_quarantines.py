"""Which sessions stand in quarantine, and since when by the log."""

from tests.unit.watch.moved import stands
from tests.unit.watch.said import NOON, after

from tapwatt.worker.quarantined_sessions import Quarantine, Quarantined
from tapwatt.worker.records import Outgoing, Read
from tapwatt_watch.quarantines import Quarantines

TOPIC = "quarantine"
WRITER = Quarantine(TOPIC)


def begins(key: bytes, at: str) -> Outgoing:
    with WRITER.deciding(key, Quarantined("two holds", "a/0/1", at)) as said:
        return said


def test_a_session_stands_since_its_quarantine_came_to_the_log_until_it_is_released() -> None:
    quarantines = Quarantines(TOPIC)
    quarantines.read(stands(begins(b"op/1", "then"), 0), NOON)
    quarantines.read(stands(begins(b"op/2", "later"), 1), after(2))
    assert sorted(quarantines.since()) == [NOON, after(2)]
    # said again, it stands since it did
    quarantines.read(stands(begins(b"op/1", "then"), 2), after(3))
    assert sorted(quarantines.since()) == [NOON, after(2)]
    # a release of another quarantine of its name is none
    quarantines.read(stands(WRITER.released(b"op/1", Quarantined("", "", "another")), 2), after(3))
    assert len(quarantines.since()) == 2
    quarantines.read(stands(WRITER.released(b"op/1", Quarantined("two holds", "a/0/1", "then")), 3), after(4))
    assert list(quarantines.since()) == [after(2)]


def test_whatever_a_record_is_made_of_it_is_read() -> None:
    quarantines = Quarantines(TOPIC)
    for value in (b"{", b"\xff", b"[]", b"null"):
        quarantines.read(Read(TOPIC, 0, 0, b"op/1", value, ()), NOON)
    quarantines.read(Read(TOPIC, 0, 1, None, b"{}", ()), NOON)
    assert list(quarantines.since()) == [NOON]
