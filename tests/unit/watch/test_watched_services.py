"""What is watched of each service is what the service declares."""

from scripts.ring import services

from tapwatt.facts.events import SessionPriced
from tapwatt.facts.topics import Topics
from tapwatt_watch.services import HEARS, group_of, read_by


def test_every_service_hears_what_is_watched() -> None:
    assert {service.name: set(service.hears) for service in services()} == {
        name: set(facts) for name, facts in HEARS.items()
    }


def test_a_group_reads_its_facts_and_its_own_retry_topics() -> None:
    topics = Topics("mine.")
    assert group_of("capturer", topics) == "mine.capturer"
    reads = read_by("capturer", topics)
    assert topics.of(SessionPriced) in reads
    assert topics.retry("capturer", "hour") in reads
    assert len(reads) == 2 + 3
