"""Names in labels are bounded, and ages fall into a few."""

from datetime import timedelta

import pytest

from tapwatt_watch.exporter.labels import Labels, age_label


def test_the_first_operators_and_sites_are_told_apart_and_the_others_together() -> None:
    labels = Labels(most_operators=2, most_sites=3)
    assert labels.site("a", "1") == ("a", "1")
    assert labels.site("b", "1") == ("b", "1")
    assert labels.site("b", "2") == ("b", "2")
    assert labels.site("b", "3") == ("b", "other")
    assert labels.site("c", "1") == ("other", "other")
    # and it stays so
    assert labels.site("b", "2") == ("b", "2")
    assert labels.operators() == ["a", "b"]
    assert labels.sites() == [("a", "1"), ("b", "1"), ("b", "2")]


def test_a_site_of_an_operator_that_is_not_told_apart_is_not_either_whatever_room_there_is() -> None:
    labels = Labels(most_operators=1, most_sites=10)
    assert labels.site("a", "1") == ("a", "1")
    assert labels.site("b", "1") == ("other", "other")
    assert labels.sites() == [("a", "1")]


def test_what_a_fact_does_not_say_is_told_with_the_others() -> None:
    labels = Labels(most_operators=2, most_sites=2)
    assert labels.operator(None) == "other"
    assert labels.site("a", None) == ("a", "other")
    assert labels.operators() == ["a"]


@pytest.mark.parametrize(
    ("hours", "label"),
    [(0, "1h"), (0.99, "1h"), (1, "6h"), (6, "1d"), (24, "3d"), (72, "7d"), (168, "older"), (-1, "1h")],
)
def test_an_age_is_told_by_what_it_is_below(hours: float, label: str) -> None:
    assert age_label(timedelta(hours=hours)) == label
