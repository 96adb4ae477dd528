"""Finds what could be a card number, a card token or a PAR in a text, so that no receipt ever carries one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

SHORTEST, LONGEST = 12, 19
"""Digits of a card number (ISO/IEC 7812-1 allows 8 and more; no scheme at a terminal has fewer than 12)."""

MOST_IN_A_ROW, MOST_VISIBLE, LAST = 7, 10, 4
"""Digits of a masked number: PCI DSS 3.4.1 lets at most the first six and last four of 16 be seen everywhere."""

SHORTEST_TOKEN = 18
"""Characters of a card token; a PAR has 29."""

_APPLICATION = re.compile(r"(?<![0-9A-Za-z])A000000[0-9A-F]{7,9}(?![0-9A-Za-z])")
"""An application identifier (EMV), such as A0000000041010. What is free in it is shorter than a card number."""
_CLOCK = re.compile(r"(?<![0-9])([0-9]{1,2}):(?=[0-9]{2}(?![0-9]))")
_TOGETHER = re.compile(r"[0-9](?:[^0-9A-Za-z*•]{0,3}[0-9])*")
_OVER_LINES = re.compile(r"(?<![0-9A-Za-z])(?<![0-9][-./:,])[0-9](?:[ \n]*[0-9])*(?![-./:,]?[0-9])")
_WORD = re.compile(rf"[0-9A-Za-z]{{{SHORTEST_TOKEN},}}")
_MASKED = re.compile(r"(?<![0-9A-Za-z])[0-9*xX•](?:[ .-]?[0-9*xX•])*(?![0-9A-Za-z])")
_CROSSED_OUT = re.compile(r"(?<![0-9A-Za-z])[0-9]{0,6}[xX]+[0-9]{0,4}(?![0-9A-Za-z])")
_MASK = re.compile(r"[*xX•]")
_HIDES = re.compile(r"[*•][ .-]?[*•]|(?:[xX][ .-]?){4}")


def suspicious(text: str, secrets: Collection[str] = ()) -> bool:
    """Whether a card number could stand in this text, or a token or PAR (`secrets` are those that are known).

    Twelve digits that stand together are enough, whatever their check digit: a TEST token is a card number reversed,
    and about one number in ten passes the Luhn check by chance. So a long number of the merchant goes, too.
    """
    plain = ascii_digits(text)
    if _has_secret(plain, secrets):
        return True
    plain = _CLOCK.sub(r"\1h", _APPLICATION.sub("A", plain))
    if any(len(_digits(run.group())) >= SHORTEST for run in _TOGETHER.finditer(plain)):
        return True
    return any(re.search("[0-9]", word) for word in _WORD.findall(_CROSSED_OUT.sub("", plain)))


def over_lines(lines: list[str]) -> set[int]:
    """The numbers of the lines over which a card number could be broken: digits and blanks that pass the Luhn check."""
    text = "\n".join(ascii_digits(line) for line in lines)
    found: set[int] = set()
    for run in _OVER_LINES.finditer(text):
        digits = _digits(run.group())
        if "\n" in run.group() and any(_passes(part) for part in _windows(digits)):
            first = text.count("\n", 0, run.start())
            found |= set(range(first, first + run.group().count("\n") + 1))
    return found


def masked(text: str) -> str | None:
    """The text with every masked card number in it masked but for its last four digits; None if one shows too many."""
    plain, parts, end = ascii_digits(text), [], 0
    for found in _MASKED.finditer(plain):
        number = found.group()
        if not _MASK.search(number) or not re.search("[0-9]", number):
            continue
        if shows_too_much(number):
            return None
        if not _HIDES.search(number):
            continue  # 2 x 12 is no card number
        parts += [plain[end : found.start()], _but_the_last(number)]
        end = found.end()
    return "".join([*parts, plain[end:]]) if parts else text


def masked_number(text: str) -> str | None:
    """A masked card number as asterisks and its last four digits, None if that is not what it is.

    ValueError if it shows too much of the number.
    """
    plain = re.sub(r"[ .-]", "", ascii_digits(text))
    if shows_too_much(plain):
        raise ValueError("a card number that is not masked")
    if not re.fullmatch(r"[0-9*xX•]{1,32}", plain) or not plain[-1].isdigit() or not _MASK.search(plain):
        return None
    return _but_the_last(plain)


def shows_too_much(number: str) -> bool:
    """Whether more of a masked card number can be seen than the first six and last four digits."""
    rows = re.findall(r"[0-9]+", re.sub(r"[ .-]", "", number))
    return any(len(row) > MOST_IN_A_ROW for row in rows) or sum(map(len, rows)) > MOST_VISIBLE


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def ascii_digits(text: str) -> str:
    """The text with every digit of any script as 0 to 9, character for character, so that none hides a number."""
    return "".join(str(unicodedata.digit(one, one)) for one in text)


def _has_secret(plain: str, secrets: Collection[str]) -> bool:
    squeezed = re.sub(r"[^0-9A-Za-z]", "", plain).casefold()
    told = [secret.casefold() for secret in secrets if len(secret) >= SHORTEST]
    return any(secret in squeezed or secret[::-1] in squeezed for secret in told)


def _but_the_last(number: str) -> str:
    kept = len(number) - min(LAST, len(number) - len(number.rstrip("0123456789")))
    return re.sub(r"[0-9xX•]", "*", number[:kept]) + number[kept:]


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _windows(digits: str) -> Iterator[str]:
    if len(digits) <= LONGEST:
        yield digits
    else:  # several numbers below each other: any part of them may be a card's
        yield from (digits[at : at + 16] for at in range(len(digits) - 15))


def _passes(digits: str) -> bool:
    return len(digits) >= SHORTEST and (luhn(digits) or luhn(digits[::-1]))
