"""`tapwatt dlq` on a real Kafka with a real worker: letters listed, shown, replayed, handled or set aside again."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.conftest import MakeTopics
from tests.integration.worker_process import produce, program, request, until
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt_cli.dev.local.processes import Child


class Desk:
    """A worker that dead-letters, and the command that an SRE types."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.topics = Topics(prefix)
        self.seen, self.undecided = folder / "seen", folder / "undecided"
        self.worker: Child = program(
            "undecided_worker.py", folder / "log", bootstrap, prefix, "tariff", self.seen, self.undecided
        )

    async def dlq(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        command = [sys.executable, "-m", "tapwatt_cli", "dlq", *arguments, "--bootstrap", self.bootstrap]
        process = await asyncio.create_subprocess_exec(
            *command,
            "--topic-prefix",
            self.topics.prefix,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def letters(self, *arguments: str) -> list[dict[str, Any]]:
        code, out, err = await self.dlq("list", "--json", *arguments)
        assert code == 0, err
        found: list[dict[str, Any]] = json.loads(out)["letters"]
        return found

    async def until_letters(self, count: int, *arguments: str) -> list[dict[str, Any]]:
        async with asyncio.timeout(60):
            while len(found := await self.letters(*arguments)) < count:
                assert self.worker.alive, self.worker.last_words(20)
                await asyncio.sleep(0.2)
        return found

    async def length(self, topic: str) -> int:
        """How many records stand on the first partition of a topic."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            first = TopicPartition(topic, 0)
            ends: dict[TopicPartition, int] = await consumer.end_offsets([first])
            return ends[first]
        finally:
            await consumer.stop()


@pytest.fixture
async def desk(kafka: Store, make_topics: MakeTopics, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(kafka.at, await make_topics(kafka.at), tmp_path)
    try:
        yield desk
    finally:
        if desk.worker.alive:
            await desk.worker.stop()


async def test_s11_what_a_human_has_found_out_is_replayed_and_handled_by_the_service_that_dead_lettered_it(
    desk: Desk,
) -> None:
    # given three events that only a human can decide about
    heard = desk.topics.of(SessionRequested)
    desk.undecided.touch()
    await produce(desk.bootstrap, heard, range(3))
    await desk.worker.start()
    letters = await desk.until_letters(3)
    assert [letter["key"] for letter in letters] == ["0", "1", "2"]
    assert {letter["dead_lettered_by"] for letter in letters} == {"tariff"}
    assert letters[1]["reason"] == "what became of 1 only the provider knows"
    assert letters[1]["origin"] == f"{heard}/0/1"
    # when it is known, and one of them is replayed
    desk.undecided.unlink()
    number = letters[1]["number"]
    code, out, err = await desk.dlq("replay", number)
    assert (code, out) == (2, "")
    assert "--yes" in err
    code, out, err = await desk.dlq("replay", number, "--yes", "--by", "anna")
    # then it is handled, and only it
    where = f"{desk.bootstrap} {desk.topics.prefix}"
    assert (code, err) == (0, f"tapwatt: logged: anna replayed dead letters {number} at {where}\n")
    assert f"replayed {number}: SessionRequested 1 to tariff" in out
    assert await until(desk.seen, 1, child=desk.worker) == ["1"]
    # and lists hide it, unless all are asked for
    assert [letter["key"] for letter in await desk.letters()] == ["0", "2"]
    told = {letter["key"]: letter["replayed_at"] for letter in await desk.letters("--all")}
    assert told["1"] is not None
    assert (told["0"], told["2"]) == (None, None)
    # when the rest of this service is replayed, as a script does it
    code, out, _ = await desk.dlq("replay", "--service", "tariff", "--json", "--yes")
    assert code == 0
    assert [done["number"] for done in json.loads(out)["replayed"]] == [letters[0]["number"], letters[2]["number"]]
    # then those are handled too, in the order they were dead-lettered in
    assert await until(desk.seen, 3, child=desk.worker) == ["1", "0", "2"]
    # and nobody else has heard anything again: the fact's own topic is as it was
    assert await desk.length(heard) == 3
    assert await desk.letters() == []
    assert "dead letters: 0 standing, 3 replayed" in (await desk.dlq("list"))[1]


async def test_s25_bytes_that_still_cannot_be_read_are_dead_lettered_again_with_their_first_origin(desk: Desk) -> None:
    # given bytes that nobody can read, and an event that moves a terminal's cursor
    heard = desk.topics.of(SessionRequested)
    key, _, headers = request(7)
    bad = b"\xff\xfe no JSON \x1b[2J"
    producer = AIOKafkaProducer(bootstrap_servers=desk.bootstrap)
    await producer.start()
    await producer.send_and_wait(heard, bad, key, headers=headers)
    await producer.stop()
    await desk.worker.start()
    (letter,) = await desk.until_letters(1)
    # when it is shown
    _, page, _ = await desk.dlq("show", letter["number"])
    # then every byte of it is on the page, harmlessly
    assert r"\xff\xfe no JSON \x1b[2J" in page
    assert "\x1b" not in page
    # and when it is replayed though nothing was mended
    assert (await desk.dlq("replay", letter["number"], "--yes"))[0] == 0
    both = await desk.until_letters(2, "--all")
    # then it is one letter, the last, with the same bytes and from the same place
    first, again = both
    assert first["replayed_at"] is not None
    assert first["came_back_as"] == again["number"]
    assert [(one["number"], one["times_dead_lettered"]) for one in await desk.letters()] == [(again["number"], 2)]
    assert "dead letters: 1 standing, 0 replayed" in (await desk.dlq("list"))[1]
    assert again["replayed_at"] is None
    assert again["number"] != first["number"]
    shown = [json.loads((await desk.dlq("show", one["number"], "--json"))[1]) for one in both]
    for name in ("value_base64", "key", "origin", "reason", "dead_lettered_by"):
        assert shown[0][name] == shown[1][name]
    ours = [[h for h in one["headers"] if not h[0].startswith("tapwatt_")] for one in shown]
    assert ours[0] == ours[1] == [[name, raw.decode()] for name, raw in headers]
    assert not desk.seen.exists()


async def test_what_is_not_there_is_one_sentence(desk: Desk) -> None:
    # given a ring without dead letters
    assert "dead letters: 0 standing, 0 replayed" in (await desk.dlq("list"))[1]
    # then a number that does not exist, and a ring that does not, are a sentence each
    for arguments in (("show", "0/3"), ("replay", "0/3"), ("replay", "7/0")):
        code, out, err = await desk.dlq(*arguments)
        assert (code, out) == (1, "")
        assert err == f"tapwatt: there is no dead letter {arguments[1]}; tapwatt dlq list --all shows those there are\n"
    assert (await desk.dlq("replay", "--everything", "--yes"))[:2] == (0, "dead letters: 0 replayed, 0 refused\n")
    desk.topics = Topics("nobody.")
    code, _, err = await desk.dlq("list")
    assert code == 4
    assert "has no topic nobody.tapwatt.dead-letters.v1" in err
