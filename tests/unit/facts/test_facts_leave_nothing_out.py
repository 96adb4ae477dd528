"""What is absent is not said: so whatever may be absent must be readable when it is not there."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tapwatt.facts.events import FACTS
from tapwatt.facts.fact import Fact


def parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from parts(field.annotation)
    for inner in get_args(annotation):
        yield from parts(inner)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_field_that_may_be_none_has_none_as_its_default(fact: type[Fact]) -> None:
    for model in parts(fact):
        for name, field in model.model_fields.items():
            if NoneType in get_args(field.annotation):
                assert not field.is_required(), f"{model.__name__}.{name} is left out when it is None, and then missing"
