"""What a meter has signed, as its charger hands it on: the names are OCPI's (CDR object, SignedData).

It is carried from the charger to the receipt and never read: only who checks the signature may say what is in it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tapwatt.exact import WHOLE
from tapwatt.facts.fields import FactPart

Signed = Annotated[str, Field(min_length=1, max_length=10_000)]
"""OCMF, EDL40 or another encoding, to the last character: OCPI gives it 5,000, and there are meters that need more."""


class SignedValue(FactPart):
    """One value: `nature` is what it was measured at (Start, End, Intermediate), `plain_data` its readable form."""

    nature: Annotated[str, Field(min_length=1, max_length=32)]
    plain_data: Annotated[str, Field(max_length=10_000)] = ""
    signed_data: Signed


class SignedData(FactPart):
    """All signed values of a session, and what is needed to check them. `url` is where OCPI lets a driver do that."""

    encoding_method: Annotated[str, Field(min_length=1, max_length=36)]
    encoding_method_version: Annotated[int, Field(ge=0, le=10**6), WHOLE] | None = None
    public_key: Annotated[str, Field(max_length=4_096)] | None = None
    signed_values: Annotated[tuple[SignedValue, ...], Field(min_length=1, max_length=16)]
    url: Annotated[str, Field(max_length=512)] | None = None
