"""The run says which Kafka and Redis it used; CI is held to containers, and to Redis beside Valkey."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.stores import choice, containers

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.redis_server import find_redis

ROOT = Path(__file__).parents[2]


def expected_kind() -> str:
    """What CI sets, or what this machine can do."""
    if "TAPWATT_EXPECT_STORES" in os.environ:
        return os.environ["TAPWATT_EXPECT_STORES"]
    asked = os.environ.get("TAPWATT_TEST_STORES", "auto")
    to_be_had = containers.engine_answers() and not containers.missing_images()
    return asked if asked != "auto" else "container" if to_be_had else "embedded"


def test_the_stores_are_of_the_kind_that_was_asked_for(kafka: choice.Store, redis_store: choice.Store) -> None:
    assert (kafka.kind, redis_store.kind) == (expected_kind(), expected_kind())


def test_what_speaks_to_redis_ran_on_the_environments_valkey_and_on_every_redis_that_is_here(
    start_redis: choice.StartRedis,
) -> None:
    # when each Redis of this run, which the parameters of the contract tests name, is asked what it is
    ran = {place: start_redis(place).says for place in choice.redis_places()}
    # then the Valkey that comes with the environment is one of them
    assert ran.pop("wheel") == str(find_redis("wheel"))
    # and beside it is the container's, or the machine's own where there is one
    if expected_kind() == "container":
        assert list(ran) == ["container"]
    else:
        assert ran == machines_own()
    # and where CI runs, that one is a Redis
    if "TAPWATT_EXPECT_STORES" in os.environ:
        assert [one.split()[0] for one in ran.values()] == ["Redis"]


def machines_own() -> dict[str, str]:
    """The machine's own Redis or Valkey, if it has one."""
    try:
        return {"machine": str(find_redis("machine"))}
    except LocalError:
        return {}


def test_each_contract_and_property_test_of_redis_is_run_on_each_of_them() -> None:
    # when pytest is asked which tests of what speaks to Redis it would run
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "redis", "tests/contract", "tests/property"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=110, check=True).stdout
    # then each stands there once for every Redis of this run
    places = defaultdict(set)
    for test, parameters in re.findall(r"^(\S+?::\w+)(?:\[(.+)\])?$", told, re.MULTILINE):
        places[test] |= set(choice.redis_places()) & set(re.split("-", parameters))
    assert len(places) > 30
    assert {test for test, ran in places.items() if ran != set(choice.redis_places())} == set()
