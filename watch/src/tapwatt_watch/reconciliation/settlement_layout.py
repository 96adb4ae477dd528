"""How a settlement file is written: which column is what, and which word means a capture. One table, in a TOML file.

No format of CCV's is public (its transaction files are spoken of, their columns are not), and every acquirer has one of
its own. So a layout is data: what stands here is the one that the simulated provider writes, and a file of your
acquirer's gets a layout of its own, in which only what is otherwise has to stand (docs/reconciliation.md).
"""

from __future__ import annotations

import codecs
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tapwatt.errors import BadSettings
from tapwatt.facts.fields import TimeZone
from tapwatt_watch.reconciliation.movements import Kind

Column = Annotated[str, Field(max_length=100)]
"""A column's name in the header; empty where the file has no such column."""
Words = Annotated[tuple[str, ...], Field(max_length=50)]


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"{name!r} is no encoding, such as utf-8 or iso-8859-1") from None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(_Part):
    """The columns by what they hold. Those without a default name have to be there."""

    type: Column = Field("type", min_length=1)
    reference: Column = Field("reference", min_length=1)
    amount: Column = Field("amount", min_length=1)
    currency: Column = Field("currency", min_length=1)
    original_reference: Column = "original_reference"
    order_reference: Column = "order_reference"
    merchant: Column = "merchant"
    fee: Column = "fee"
    transacted_at: Column = "transacted_at"
    settled_on: Column = Field("settled_on", min_length=1)


class Types(_Part):
    """Which words in the column `type` mean what. A word that stands nowhere here is not guessed at."""

    capture: Words = ("capture",)
    refund: Words = ("refund",)
    chargeback: Words = ("chargeback",)
    fee: Words = ("fee",)
    ignored: Words = ()
    """Lines that move no session's money, such as a payout."""

    def kind_of(self, word: str) -> Kind | Literal["fee", "ignored"] | None:
        """What a word means; None where nobody said."""
        by_word = {one: Kind.CAPTURE for one in self.capture} | {one: Kind.REFUND for one in self.refund}
        by_word |= {one: Kind.CHARGEBACK for one in self.chargeback}
        if word in by_word:
            return by_word[word]
        if word in self.fee:
            return "fee"
        return "ignored" if word in self.ignored else None


class Layout(_Part):
    """A settlement file's form. With `signed` an amount is what reaches the merchant: a refund of 5.00 is -5.00.

    `trailer` is the type of the last line, whose reference says how many lines stand before it: by that a torn file is
    known. Where it is empty, only a line that breaks off is noticed. Times without an offset are in `time_zone`.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    date_format: str = "%Y-%m-%d"
    time_format: str = ""
    """As strptime has it; empty is ISO 8601."""
    time_zone: TimeZone = "UTC"
    signed: bool = True
    trailer: str = "total"
    columns: Columns = Columns()
    types: Types = Types()


def read_layout(path: Path | None) -> Layout:
    """The layout in this TOML file, or the usual one. BadSettings in one sentence where it cannot be read."""
    if path is None:
        return Layout()
    try:
        return Layout.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BadSettings(f"the layout {path} cannot be read: {why}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise BadSettings(f"the layout {path} is wrong: {where}: {first['msg']}") from None
