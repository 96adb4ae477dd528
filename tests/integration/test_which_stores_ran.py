"""The run says which Kafka and Redis it used, and CI is held to containers."""

import os

from tests.stores import choice, containers


def test_the_stores_are_of_the_kind_that_was_asked_for(kafka: choice.Store, redis_store: choice.Store) -> None:
    # given what CI sets, or what this machine can do
    expected = os.environ.get("TAPWATT_EXPECT_STORES")
    if expected is None:
        asked = os.environ.get("TAPWATT_TEST_STORES", "auto")
        to_be_had = containers.engine_answers() and not containers.missing_images()
        expected = asked if asked != "auto" else "container" if to_be_had else "embedded"
    # then that is what ran
    assert (kafka.kind, redis_store.kind) == (expected, expected)
