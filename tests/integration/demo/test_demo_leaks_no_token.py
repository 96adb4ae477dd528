"""No card token, PAR or card number is seen anywhere after a demo (DESIGN section 4); the search can find one."""

from __future__ import annotations

import pytest
from tests.integration.demo.lived import Lived

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]


def leaks(lived: Lived) -> set[str]:
    """Every place in which a secret stands, forwards or backwards (a TEST token is a card number reversed)."""
    secrets = lived.secrets | {secret[::-1] for secret in lived.secrets}
    return {place for place, content in lived.places.items() if any(secret in content for secret in secrets)}


def test_the_search_looks_everywhere(lived: Lived) -> None:
    # given everything that was seen of the demo
    kinds = {place.split()[0] for place in lived.places}
    # then topics, Redis, logs (at debug), metrics and traces are all there, and have something in them
    assert kinds == {"topic", "redis", "log", "metrics", "traces"}
    assert lived.places["traces otlp"].count(b"tapwatt.provider.verb") > 100
    assert lived.places["topic tapwatt.authorised.v1"].count(b"ce_id") > 40
    assert all(lived.places[f"metrics {name}"] for name in ("authoriser", "token-matcher", "tariff", "capturer"))
    assert sum(place.startswith("redis ") for place in lived.places) > 50
    # and the secrets of every card that was used are known: a token each, mostly with a PAR
    assert len(lived.secrets) > 120


def test_no_token_is_seen_anywhere_and_planted_ones_are_found(lived: Lived) -> None:
    # when every place is searched for every secret
    found = leaks(lived)
    # then those that we planted are found (in Redis' append-only file, too), so the search works
    assert found >= lived.planted
    # and nothing else is
    others = {place for place in found - lived.planted if not place.startswith("redis file")}
    assert others == set()


def test_redis_wrote_no_token_to_its_file_but_the_planted_one(lived: Lived) -> None:
    # given Redis' append-only file, which has every command that ever changed it
    files = {place: content for place, content in lived.places.items() if place.startswith("redis file")}
    # then each secret in it is the planted one, once
    standing = [secret for secret in lived.secrets for content in files.values() if secret in content]
    assert standing == [sorted(lived.secrets)[0]]
