"""One topic a fact type, named as its CloudEvents type; a prefix keeps rings on one broker apart."""

import re

import pytest

from tapwatt.facts.events import FACTS, Authorised
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import FACT_OF_TYPE, RETRY_TIERS, Topics, fact_type, kebab


@pytest.mark.parametrize(
    ("name", "said"),
    [("Authorised", "authorised"), ("SessionRequested", "session-requested"), ("TokenNotMatched", "token-not-matched")],
)
def test_a_name_in_kebab_case(name: str, said: str) -> None:
    assert kebab(name) == said


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_fact_has_a_type_of_its_own_that_leads_back_to_it(fact: type[Fact]) -> None:
    assert re.fullmatch(r"tapwatt\.[a-z]+(-[a-z]+)*\.v\d+", fact_type(fact))
    assert FACT_OF_TYPE[fact_type(fact)] is fact
    assert fact.name == fact.__name__
    # then it is keyed by a field, or by what is made of fields that cannot change
    assert fact.keyed_by in fact.model_fields or isinstance(getattr(fact, fact.keyed_by), property)


def test_no_two_facts_share_a_topic() -> None:
    assert len(FACT_OF_TYPE) == len(FACTS)


def test_another_version_of_a_fact_is_another_topic() -> None:
    class Later(Authorised):
        """A later version of it."""

        version = 2

    assert fact_type(Later) == "tapwatt.authorised.v2"


def test_rings_with_a_prefix_of_their_own_never_meet() -> None:
    def all_of(topics: Topics) -> set[str]:
        retries = {topics.retry("tariff", tier) for tier in RETRY_TIERS}
        return {topics.of(fact) for fact in FACTS} | retries | {topics.dead_letters}

    plain, mine = Topics(), Topics("mine.")
    assert len(all_of(plain)) == len(FACTS) + len(RETRY_TIERS) + 1
    assert not all_of(plain) & all_of(mine)
    assert {mine.plain(topic) for topic in all_of(mine)} == all_of(plain)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_name_that_kafka_takes_with_room_for_a_prefix(fact: type[Fact]) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9._-]{1,200}", Topics().of(fact))
