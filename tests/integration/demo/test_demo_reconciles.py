"""A day of every story is the same in the acquirer's file and in the provider's books as it was said."""

from __future__ import annotations

import json

import pytest
from tests.integration.demo.lived import Lived

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]


@pytest.mark.parametrize(("account", "least"), [("files", 20), ("ledger", 60)])
def test_what_was_said_of_a_days_money_is_what_the_providers_account_says(
    lived: Lived, account: str, least: int
) -> None:
    command = lived.commands[f"reconcile {account}"]
    told = json.loads(command.out)
    assert [one["differences"] for one in told["accounts"]] == [[]]
    assert command.exit_code == 0
    assert told["accounts"][0]["agree"] > least
