"""What stands in quarantine is what the log says and what this worker has just decided, whoever came first."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwatt.worker.quarantined_sessions import RELEASES, Quarantine, Quarantined
from tapwatt.worker.records import Headers, Outgoing, Read

FIRST, SECOND = Quarantined("odd", "t/0/1", "at one"), Quarantined("odd again", "t/0/2", "at two")


def stood(out: Outgoing) -> Read:
    return Read(out.topic, 0, 0, out.key, out.value, out.headers)


def test_it_is_known_as_soon_as_it_is_decided_and_stays_so_once_it_is_read() -> None:
    counted: list[int] = []
    quarantine = Quarantine("q", counted.append)
    with quarantine.deciding(b"s1", FIRST) as said:
        assert quarantine.of(b"s1") == FIRST
        assert quarantine.of(b"s2") is None
    quarantine.read(stood(said))
    assert (quarantine.of(b"s1"), len(quarantine), counted) == (FIRST, 1, [1, 1])
    # and a release is told by everybody who reads it
    quarantine.read(stood(quarantine.released(b"s1", FIRST)))
    assert (quarantine.of(b"s1"), len(quarantine), counted[-1]) == (None, 0, 0)


def test_a_decision_that_did_not_come_to_the_log_is_none() -> None:
    quarantine = Quarantine("q")
    with pytest.raises(OSError, match="gone"), quarantine.deciding(b"s1", FIRST):
        raise OSError("gone")
    assert quarantine.of(b"s1") is None


def test_an_older_quarantine_and_its_release_that_are_read_late_do_not_lift_a_newer_one() -> None:
    quarantine = Quarantine("q")
    with quarantine.deciding(b"s1", SECOND) as newer:
        with Quarantine("q").deciding(b"s1", FIRST) as older:
            quarantine.read(stood(older))
        assert quarantine.of(b"s1") == SECOND
        quarantine.read(stood(quarantine.released(b"s1", FIRST)))
        assert quarantine.of(b"s1") == SECOND
    quarantine.read(stood(newer))
    quarantine.read(stood(quarantine.released(b"s1", FIRST)))
    assert quarantine.of(b"s1") == SECOND


async def test_a_doubt_that_came_during_the_reading_is_not_answered_by_it() -> None:
    quarantine = Quarantine("q")
    quarantine.doubt()
    quarantine.doubt()
    quarantine.caught_up(1)
    assert not quarantine._known.is_set()
    quarantine.caught_up(2)
    await quarantine.known()


HEADERS = st.lists(st.tuples(st.sampled_from([RELEASES, "x"]), st.none() | st.binary(max_size=4)), max_size=3)
JSON = st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3))
VALUES = (
    st.none() | st.binary(max_size=10) | JSON.map(lambda value: json.dumps(value).encode()) | st.just(b"[" * 50_000)
)


@given(st.none() | st.binary(max_size=4), VALUES, HEADERS)
def test_whatever_stands_on_its_topic_can_be_read(key: bytes | None, value: bytes | None, headers: Headers) -> None:
    quarantine = Quarantine("q")
    quarantine.read(Read("q", 0, 0, key, value, headers))
    # and what cannot be understood keeps its session where it is, until an empty record releases it
    assert (quarantine.of(key) is not None) == (key is not None and value is not None)
    quarantine.read(Read("q", 0, 1, key, None, ()))
    assert len(quarantine) == 0
