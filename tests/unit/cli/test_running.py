"""A command's work ends with its result, or aloud: never because something inside it was given up in silence."""

from __future__ import annotations

import asyncio

import pytest

from tapwatt.errors import TapwattError
from tapwatt_cli.running import run


def test_work_that_is_given_up_inside_is_not_taken_for_somebody_s_wish_to_end() -> None:
    # given a library that cancels a task of its own and waits for it, as aiokafka does when it is closed too early
    async def work() -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    with pytest.raises(TapwattError, match="given up: try again"):
        run(work())
