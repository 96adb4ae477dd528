"""A delivery that breaks in a way nobody foresaw keeps nobody waiting, and the next one begins anew."""

import asyncio
from typing import Any

import pytest

from tapwatt.errors import Unavailable
from tapwatt.worker.kafka.producer import BatchingProducer
from tapwatt.worker.records import Outgoing


class Batch:
    def append(self, **record: object) -> object:
        return record


class Producer:
    """A producer that breaks in its own way, so many times."""

    def __init__(self, error: BaseException, times: int) -> None:
        self.error = error
        self.left = times
        self.sent = 0

    async def partitions_for(self, topic: str) -> set[int]:
        return {0}

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        await asyncio.sleep(0)
        if self.left:
            self.left -= 1
            raise self.error
        self.sent += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def producer_of(producer: Any) -> BatchingProducer:
    return BatchingProducer(producer, 5, lambda error: None, asyncio.create_task)


async def test_of_nothing_at_all_there_is_nothing_to_wait_for() -> None:
    async with asyncio.timeout(5):
        await producer_of(Producer(RuntimeError(), 0)).produce([])


@pytest.mark.parametrize("error", [RuntimeError("nobody foresaw this"), asyncio.CancelledError(), AssertionError()])
async def test_everybody_who_waits_is_told_that_it_may_be_tried_again_and_then_it_is_delivered(
    error: BaseException,
) -> None:
    producer = Producer(error, 1)
    sends = producer_of(producer)
    record = Outgoing("t", b"k", b"v", ())
    async with asyncio.timeout(5):
        told = await asyncio.gather(*(sends.produce([record]) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(one, Unavailable) for one in told)
        await sends.produce([record])
    assert producer.sent == 1


async def test_a_producer_whose_task_is_cancelled_leaves_nobody_waiting() -> None:
    producer = Producer(RuntimeError(), 0)
    tasks: list[asyncio.Task[None]] = []

    def start(work: Any) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(work))
        return tasks[-1]

    sends = BatchingProducer(producer, 5, lambda error: None, start)  # type: ignore[arg-type]
    waiting = asyncio.create_task(sends.produce([Outgoing("t", b"k", b"v", ())]))
    while not tasks:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[0].cancel()
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable, match="broke off"):
            await waiting
