"""The offset tracker never says that a position is safe while something before it is not done."""

from hypothesis import given
from hypothesis import strategies as st

from tapwatt.worker.offset_tracker import OffsetTracker

# Given offsets as a log delivers them: rising, with gaps of any size (compaction, transaction markers).
offsets = st.lists(st.integers(0, 10**9), min_size=1, max_size=60, unique=True).map(sorted)


@given(offsets, st.data())
def test_the_commit_is_never_above_the_smallest_unfinished_offset(delivered: list[int], data: st.DataObject) -> None:
    offsets = OffsetTracker()
    for offset in delivered:
        offsets.note(offset)
    order = data.draw(st.permutations(delivered))
    finished: set[int] = set()
    before = -1
    for offset in order:
        # when any of them is finished, in any order
        offsets.finish(offset)
        finished.add(offset)
        unfinished = [o for o in delivered if o not in finished]
        # then everything below the commit is finished, the commit is as far as it may be, and it never goes back
        if offsets.commit is not None:
            assert all(o >= offsets.commit for o in unfinished)
            assert offsets.commit >= before
            before = offsets.commit
        safe = [o for o in delivered if all(o < u for u in unfinished)]
        assert offsets.commit == (safe[-1] + 1 if safe else None)
        assert offsets.unfinished == len(unfinished)
    assert len(offsets) == 0


@given(st.lists(st.tuples(st.sampled_from("nf"), st.integers(0, 30)), max_size=120))
def test_any_interleaving_of_deliveries_and_ends_keeps_the_commit_safe(steps: list[tuple[str, int]]) -> None:
    # given a model that remembers everything
    offsets, noted, finished = OffsetTracker(), [], set()
    for what, offset in steps:
        if what == "n":
            # when an offset is delivered, also again, also an older one after a seek went wrong
            new = offsets.note(offset)
            assert new == (not noted or offset > noted[-1])
            if new:
                noted.append(offset)
        elif offset in noted:
            offsets.finish(offset)
            finished.add(offset)
        # then
        unfinished = [o for o in noted if o not in finished]
        if offsets.commit is not None:
            assert all(o >= offsets.commit for o in unfinished)
        assert offsets.unfinished == len(unfinished)
        assert len(offsets) == len([o for o in noted if unfinished and o >= unfinished[0]])


@given(offsets, st.data())
def test_the_log_is_committed_to_where_it_was_read_only_when_everything_before_is_finished(
    delivered: list[int], data: st.DataObject
) -> None:
    offsets = OffsetTracker()
    position, waiting = 0, list(delivered)
    noted: list[int] = []
    finished: set[int] = set()
    for _ in range(3 * len(delivered)):
        match data.draw(st.sampled_from(["deliver", "finish", "read on"])):
            case "deliver" if waiting:
                # when the next record is delivered
                noted.append(waiting.pop(0))
                offsets.note(noted[-1])
                position = noted[-1] + 1
            case "finish" if noted:
                done = data.draw(st.sampled_from(noted))
                finished.add(done)
                offsets.finish(done)
            case _:
                # when the log is read on over what is never delivered, up to the next record at most
                position = data.draw(st.integers(position, waiting[0] if waiting else position + 10))
                offsets.read_to(position)
        # then the commit is never over what is unfinished or was not read, and never goes back
        unfinished = [one for one in noted if one not in finished]
        if offsets.commit is not None:
            assert offsets.commit <= min([*unfinished, position])
    # and once all is finished and read, nothing is left to wait for
    for one in noted:
        offsets.finish(one)
    offsets.read_to(position)
    assert offsets.commit == (position if position or noted else None)


def test_a_log_of_which_nothing_was_read_is_not_committed() -> None:
    offsets = OffsetTracker()
    offsets.read_to(0)
    assert offsets.commit is None


@given(offsets)
def test_finishing_twice_or_before_the_head_changes_nothing(delivered: list[int]) -> None:
    offsets = OffsetTracker()
    for offset in delivered:
        offsets.note(offset)
    for offset in delivered:
        offsets.finish(offset)
        offsets.finish(offset)
    assert offsets.commit == delivered[-1] + 1
    assert len(offsets) == 0
