"""Whatever a terminal prints, no card number, token or PAR stands on the slip: canaries in every disguise."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tapwatt.provider.card_numbers import luhn
from tapwatt.provider.card_slips import Shown, slip_of

TOKENS = st.from_regex(r"9[569][0-9A-Za-z]{16}", fullmatch=True)
PARS = st.from_regex(r"(5001|V001)[0-9A-Z]{25}", fullmatch=True)
TEXTS = st.text(max_size=30)
GAPS = st.sampled_from(["", " ", "  ", "-", ".", " - ", "\u00a0", "/", "_", "\u200b", "\x00", "#"])
FIELDS = ("brand", "masked_pan", "entry_mode", "acquirer", "response_code", "receipt")


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    """A number that some scheme could have given out: 12 to 19 digits, the last of them its check digit."""
    body = draw(st.from_regex(r"[2-6][0-9]{10,17}", fullmatch=True))
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


@st.composite
def disguised(draw: st.DrawFn) -> tuple[str, str]:
    """A card number, forwards or backwards (a TEST token), and one way to write it among other words."""
    number = draw(card_numbers())
    secret = draw(st.sampled_from([number, number[::-1]]))
    gap = draw(GAPS)
    size = draw(st.integers(1, 19))
    zero = draw(st.sampled_from(["0", "٠", "०", "０"]))
    digits = "".join(chr(ord(zero) + int(digit)) for digit in secret)
    written = gap.join(digits[at : at + size] for at in range(0, len(digits), size))
    return secret, draw(TEXTS) + written + draw(TEXTS)


def read(text: str) -> str:
    """What somebody could read out of a text: its letters and digits alone."""
    plain = "".join(str(unicodedata.digit(one, one)) for one in text)
    return re.sub(r"[^0-9A-Za-z]", "", plain)


def shown(name: str, text: str, *secrets: str) -> str:
    """What the slip shows of this text in this field."""
    known = [SecretStr(one) for one in secrets]
    slip = slip_of(Shown(**{name: SecretStr(text)}), known)
    return "" if slip is None else "\n".join([getattr(slip, name, None) or "", *slip.lines])


@given(name=st.sampled_from(FIELDS), canary=disguised())
def test_a_card_number_is_never_shown_however_it_is_written(name: str, canary: tuple[str, str]) -> None:
    # given a card number in a text, grouped and separated somehow, in some script's digits
    secret, text = canary
    # then it cannot be read off the slip
    assert secret not in read(shown(name, text))


@given(name=st.sampled_from(FIELDS), secret=st.one_of(TOKENS, PARS), before=TEXTS, after=TEXTS)
def test_a_token_or_par_is_never_shown_though_nobody_knows_it(name: str, secret: str, before: str, after: str) -> None:
    assert secret not in shown(name, before + secret + after)


@given(
    name=st.sampled_from(FIELDS),
    secret=st.one_of(TOKENS, PARS),
    gap=st.sampled_from(["", " ", "-", "..", " / ", "\u200b"]),
    size=st.integers(1, 10),
    backwards=st.booleans(),
    before=TEXTS,
)
def test_a_known_token_or_par_is_never_shown_however_it_is_written(
    name: str, secret: str, gap: str, size: int, backwards: bool, before: str
) -> None:
    # given a text with the card's own token in it, in groups
    told = secret[::-1] if backwards else secret
    written = gap.join(told[at : at + size] for at in range(0, len(told), size))
    # then it cannot be read off the slip, in whatever case
    assert told.casefold() not in read(shown(name, before + written, secret)).casefold()


@given(number=card_numbers(), mask=st.sampled_from("*xX•"), first=st.integers(0, 6), last=st.integers(0, 4))
def test_of_a_masked_number_at_most_the_last_four_digits_are_shown(
    number: str, mask: str, first: int, last: int
) -> None:
    # given a number that is masked as the rules allow
    hidden = len(number) - first - last
    masked = number[:first] + mask * hidden + number[len(number) - last :]
    # then of its digits no more than the last four are shown, in the field and in a line
    for seen in (shown("masked_pan", masked), shown("receipt", f"Card: {masked}")):
        if hidden >= 4:
            assert re.sub("[^0-9]", "", seen) == number[len(number) - last :]
        assert number[: len(number) - 4] not in seen


@given(text=st.text(max_size=400))
def test_any_text_gives_a_slip_or_none(text: str) -> None:
    slip = slip_of(Shown(*[SecretStr(text)] * 6))
    assert slip is None or all(len(line) <= 80 and line.isprintable() for line in slip.lines)


@given(lines=st.lists(st.text("0123456789 *x-:/.AEUR\n", max_size=24), max_size=12))
def test_what_looks_like_a_receipt_never_breaks(lines: list[str]) -> None:
    slip = slip_of(Shown(receipt=SecretStr("\n".join(lines))))
    # then only an application's identifier has twelve digits in a row, and it is none of a card
    shown = "" if slip is None else re.sub(r"\bA000000[0-9A-F]{7,9}\b", "AID", "\n".join(slip.lines))
    assert not re.search("[0-9]{12}", shown)
