"""What metrics say at one moment, and what changed since an earlier one. What nobody tells is None, never 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Sample(NamedTuple):
    """One series at one moment."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Snapshot:
    """Everything that was told at one moment (`at_s`, on any clock); `missing` says who told nothing, and why."""

    at_s: float
    samples: tuple[Sample, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str, **labels: str) -> list[Sample]:
        """The series of a metric with these labels."""
        return [
            sample
            for sample in self.samples
            if sample.name == name and all(sample.labels.get(label) == value for label, value in labels.items())
        ]

    def total(self, name: str, **labels: str) -> float | None:
        """Their sum."""
        return _over(sum, self.of(name, **labels))

    def most(self, name: str, **labels: str) -> float | None:
        """The largest of them."""
        return _over(max, self.of(name, **labels))

    def least(self, name: str, **labels: str) -> float | None:
        """The smallest of them."""
        return _over(min, self.of(name, **labels))

    def values(self, name: str, label: str) -> list[str]:
        """Each value that a label of a metric has."""
        return sorted({sample.labels[label] for sample in self.of(name) if label in sample.labels})


@dataclass(frozen=True)
class Change:
    """From an earlier moment to a later one. A counter that fell began again: all of it is new."""

    then: Snapshot
    now: Snapshot

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.now.at_s - self.then.at_s

    def rate(self, name: str, **labels: str) -> float | None:
        """How many a second; None where nobody counts it, or nobody has looked twice."""
        grown = self.grown(name, **labels)
        return None if grown is None or not self.seconds else grown / self.seconds

    def grown(self, name: str, **labels: str) -> float | None:
        """How many more."""
        counted = self.now.of(name, **labels)
        before = {_key(sample): sample.value for sample in self.then.of(name, **labels)}
        return _over(sum, [one._replace(value=_more(one.value, before.get(_key(one), 0.0))) for one in counted])

    def quantile(self, share: float, name: str, **labels: str) -> float | None:
        """Below what so large a share of a histogram's new observations is; None where there are none.

        It is the upper bound of the bucket in which that one is, so never too small.
        """
        bounds = {float(one.labels["le"]) for one in self.now.of(f"{name}_bucket", **labels)}
        below = {
            bound: sum(
                grown or 0.0
                for le in self.now.values(f"{name}_bucket", "le")
                if float(le) == bound and (grown := self.grown(f"{name}_bucket", le=le, **labels)) is not None
            )
            for bound in bounds
        }
        every = below.get(float("inf"), 0.0)
        if not every:
            return None
        return min(bound for bound in sorted(bounds) if below[bound] >= share * every)


def _more(now: float, then: float) -> float:
    return now - then if now >= then else now


def _key(sample: Sample) -> frozenset[tuple[str, str]]:
    return frozenset(sample.labels.items())


def _over(fold: Callable[[Iterable[float]], float], samples: Iterable[Sample]) -> float | None:
    values = [sample.value for sample in samples]
    return fold(values) if values else None
