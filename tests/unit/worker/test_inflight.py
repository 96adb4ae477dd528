"""Records are handled in order for each key and at once across keys, within bounds, and forgotten when not ours."""

import asyncio
from collections import defaultdict
from contextlib import suppress

from tapwatt.worker.inflight import InFlight
from tapwatt.worker.records import Incoming, Partition, Read

ONE, TWO = Partition("facts", 0), Partition("facts", 1)


def record(offset: int, key: str, partition: Partition = ONE) -> Incoming:
    return Read(partition.topic, partition.number, offset, key.encode(), b"{}", ())


class Handlers:
    """Handlers that end when the test says so."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.cancelled: list[int] = []
        self.gates: dict[int, asyncio.Event] = defaultdict(asyncio.Event)

    async def __call__(self, record: Incoming) -> None:
        self.begun.append(record.offset)
        try:
            await self.gates[record.offset].wait()
        except asyncio.CancelledError:
            self.cancelled.append(record.offset)
            raise
        self.ended.append(record.offset)


def inflight(handle: Handlers, **settings: object) -> InFlight:
    bounds = {"bound": 100, "partition_bound": 100} | settings
    return InFlight(handle, failed=lambda error: None, start=asyncio.create_task, **bounds)  # type: ignore[arg-type]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_first_unfinished_event_holds_the_commit_while_others_are_done() -> None:
    # given six events of six sessions, the first of which waits
    handlers = Handlers()
    flight = inflight(handlers)
    flight.accept(flight.note(ONE, [record(n, f"s{n}") for n in range(6)]))
    await settle()
    assert handlers.begun == [0, 1, 2, 3, 4, 5]
    # when all others are done
    for n in range(1, 6):
        handlers.gates[n].set()
    await settle()
    # then nothing may be committed
    assert handlers.ended == [1, 2, 3, 4, 5]
    assert flight.commit_of(ONE) is None
    # and when the first is done too, all may
    handlers.gates[0].set()
    await settle()
    assert flight.commit_of(ONE) == 6
    assert flight.unfinished == flight.active == 0


async def test_events_of_one_session_are_handled_in_order_one_at_a_time() -> None:
    handlers = Handlers()
    flight = inflight(handlers)
    flight.accept(flight.note(ONE, [record(0, "a"), record(1, "a"), record(2, "b"), record(3, "a")]))
    await settle()
    assert handlers.begun == [0, 2]
    handlers.gates[0].set()
    await settle()
    assert handlers.begun == [0, 2, 1]
    handlers.gates[1].set()
    handlers.gates[3].set()
    await settle()
    assert handlers.begun == [0, 2, 1, 3]
    assert flight.commit_of(ONE) == 2


async def test_a_record_delivered_again_while_it_is_handled_is_not_handled_twice() -> None:
    handlers = Handlers()
    flight = inflight(handlers)
    flight.accept(flight.note(ONE, [record(0, "a"), record(1, "b")]))
    await settle()
    flight.accept(flight.note(ONE, [record(0, "a"), record(1, "b"), record(2, "c")]))
    await settle()
    assert handlers.begun == [0, 1, 2]


async def test_a_partition_that_is_forgotten_stops_its_handlers_and_never_commits() -> None:
    # given handlers at work on two partitions
    handlers = Handlers()
    flight = inflight(handlers)
    flight.accept(flight.note(ONE, [record(0, "a"), record(1, "a")]))
    flight.accept(flight.note(TWO, [record(5, "z", TWO)]))
    late = flight.note(ONE, [record(2, "c")])
    await settle()
    # when one partition is taken away
    await flight.forget([ONE])
    # then its handlers have stopped, what was on its way is dropped, and the other goes on
    assert handlers.cancelled == [0]
    flight.accept(late)
    await settle()
    assert handlers.begun == [0, 5]
    assert flight.commit_of(ONE) is None
    handlers.gates[5].set()
    await settle()
    assert flight.commit_of(TWO) == 6
    assert flight.active == 0


async def test_a_slow_head_fills_only_its_own_partition() -> None:
    handlers = Handlers()
    flight = inflight(handlers, partition_bound=4)
    flight.accept(flight.note(ONE, [record(n, f"s{n}") for n in range(4)]))
    for n in range(1, 4):
        handlers.gates[n].set()
    await settle()
    # three are done behind the head, and they count: what is kept is bounded
    assert flight.full() == {ONE}
    handlers.gates[0].set()
    await settle()
    assert flight.full() == set()


async def test_waiting_records_do_not_use_up_the_common_bound() -> None:
    handlers = Handlers()
    flight = inflight(handlers, bound=2, delayed=lambda topic: topic == "retry")
    retry = Partition("retry", 0)
    flight.accept(flight.note(retry, [record(n, f"w{n}", retry) for n in range(10)]))
    await settle()
    assert not flight.busy
    flight.accept(flight.note(ONE, [record(0, "a"), record(1, "b")]))
    await settle()
    assert flight.busy
    assert flight.full() == {ONE}


async def test_draining_waits_for_what_ends_in_time_and_says_what_did_not() -> None:
    handlers = Handlers()
    flight = inflight(handlers)
    flight.accept(flight.note(ONE, [record(0, "a"), record(1, "b")]))
    await settle()
    handlers.gates[0].set()
    assert await flight.drain(0.2, asyncio.sleep) == 1
    handlers.gates[1].set()
    assert await flight.drain(5, asyncio.sleep) == 0


async def test_a_handler_that_is_not_total_stops_the_worker() -> None:
    failures: list[BaseException] = []

    async def broken(record: Incoming) -> None:
        raise RuntimeError("not total")

    flight = InFlight(broken, bound=10, partition_bound=10, failed=failures.append, start=asyncio.create_task)
    flight.accept(flight.note(ONE, [record(0, "a")]))
    await settle()
    assert [str(f) for f in failures] == ["not total"]
    assert flight.commit_of(ONE) is None


async def test_a_handler_that_survives_its_partition_does_not_count_twice() -> None:
    # given a handler that does not stop when it is told to, and a partition that is taken from us meanwhile
    let_go = asyncio.Event()

    async def stubborn(record: Incoming) -> None:
        while not let_go.is_set():
            with suppress(asyncio.CancelledError):
                await let_go.wait()

    flight = inflight(stubborn, bound=10)  # type: ignore[arg-type]
    flight.accept(flight.note(ONE, [record(0, "s0")]))
    await settle()
    forgetting = asyncio.create_task(flight.forget([ONE]))
    await asyncio.sleep(0)
    # when it ends all the same
    let_go.set()
    await forgetting
    # then nothing is at work, and nothing was done
    assert (flight.active, flight.finished_total) == (0, 0)


async def test_s44_what_is_never_delivered_is_committed_over_once_all_that_was_delivered_is_done() -> None:
    # given a record that is being handled, and an aborted transaction behind it
    handlers = Handlers()
    flight = inflight(handlers)
    flight.accept(flight.note(ONE, [record(0, "s")]))
    flight.read_to(ONE, 7)
    assert flight.commit_of(ONE) is None
    # when it is done and the log is read no further
    handlers.gates[0].set()
    await settle()
    assert flight.commit_of(ONE) == 1
    flight.read_to(ONE, 7)
    # then the whole of it is committed, and so is a partition of which nothing was delivered
    assert flight.commit_of(ONE) == 7
    flight.read_to(TWO, 3)
    assert flight.commit_of(TWO) == 3
    assert flight.full() == set()
    # but not one that is empty, or not ours any more
    await flight.forget()
    flight.read_to(TWO, 0)
    assert (flight.commit_of(ONE), flight.commit_of(TWO)) == (None, None)
