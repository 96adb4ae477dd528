"""Settlement files as the world sends them: torn, twice, of two merchants, with commas for points."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from simulator.provider.ledger import Kind as Moves
from simulator.provider.ledger import Ledger, Transaction
from simulator.provider.settlement_file import HEADER, settlement_file
from tapwatt.errors import BadSettings
from tapwatt_watch.reconciliation.movements import SETTLED, Kind
from tapwatt_watch.reconciliation.settlement_file import BadFile, SettlementFile, read_file
from tapwatt_watch.reconciliation.settlement_layout import Layout, read_layout
from tapwatt_watch.reconciliation.settlement_statement import NoFiles, files_in, statement_of

HEAD = ",".join(HEADER)
SOLD = "2026-11-02,shop,capture,C-1,H-1,op/1,2026-11-01T23:30:00+00:00,12.00,EUR,0.11"
BACK = "2026-11-02,shop,refund,R-1,C-1,op/1,2026-11-02T09:00:00+00:00,-2.00,EUR,0.00"
OTHER = "2026-11-02,other,capture,C-2,H-2,nl/2,2026-11-02T10:00:00+00:00,5.00,EUR,"


def written(*lines: str, counted: int | None = None, head: str = HEAD) -> bytes:
    last = f"2026-11-02,shop,total,{len(lines) if counted is None else counted},,,,0,,0"
    return "\r\n".join([head, *lines, last, ""]).encode()


def read(content: bytes, layout: Layout = Layout(), name: str = "a.csv") -> SettlementFile:  # noqa: B008 - frozen
    return read_file(name, content, layout)


def refused(content: bytes, layout: Layout = Layout()) -> str:  # noqa: B008 - frozen
    with pytest.raises(BadFile) as raised:
        read(content, layout)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_line_is_a_movement_with_what_it_moved_and_fees_are_apart() -> None:
    told = statement_of([read(written(SOLD, BACK))])
    assert [(str(m.kind), m.reference, str(m.amount), m.session, m.hold) for m in told.movements] == [
        ("capture", "C-1", "12.00 EUR", "op/1", "H-1"),
        ("refund", "R-1", "2.00 EUR", "op/1", "C-1"),
    ]
    assert told.fees == {"EUR": 11}
    assert (told.tells, told.until) == (SETTLED, datetime(2026, 11, 3, tzinfo=UTC))


def test_a_file_that_comes_twice_is_read_once_and_that_is_said() -> None:
    one = read(written(SOLD))
    told = statement_of([one, read(written(SOLD), name="b.csv")])
    assert len(told.movements) == 1
    assert told.notes == ("b.csv is a.csv again and was read once.",)


def test_a_line_of_two_files_that_overlap_counts_once_and_two_of_one_file_count_twice() -> None:
    told = statement_of([read(written(SOLD)), read(written(SOLD, BACK), name="b.csv")])
    assert [one.kind for one in told.movements] == [Kind.CAPTURE, Kind.REFUND]
    assert told.notes == ("1 lines stand in two files and count once.",)
    assert len(statement_of([read(written(SOLD, SOLD))]).movements) == 2


def test_of_two_merchants_in_one_file_the_other_is_left_out_and_that_is_said() -> None:
    told = statement_of([read(written(SOLD, OTHER))], merchants=("shop",))
    assert [one.reference for one in told.movements] == ["C-1"]
    assert told.notes == ("1 lines are of merchant other and were left out.",)
    assert len(statement_of([read(written(SOLD, OTHER))]).movements) == 2


def test_a_day_on_which_nothing_was_settled_is_covered() -> None:
    assert statement_of([read(written())]).until == datetime(2026, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (written(SOLD)[: len(HEAD) + 40], "it may be torn"),
        (f"{HEAD}\r\n{SOLD}\r\n".encode(), "its last line (total) is not there, so it is torn"),
        (written(SOLD, counted=2), "it says that it has '2' lines and has 1"),
        (written(SOLD) + SOLD.encode() + b"\r\n", "line 3: it stands behind the last line"),
        (written(SOLD.replace("12.00", "12,00", 1)), "it may be torn"),
        (written(SOLD.replace("12.00", "1e3", 1)), "line 2: '1e3' is no amount"),
        (written(SOLD.replace("12.00", "12.001", 1)), "line 2: 12.001 EUR has more than the 2 decimals"),
        (written(SOLD.replace("EUR", "ZZZ", 1)), "line 2: 'ZZZ' is not an ISO 4217 currency"),
        (written(SOLD.replace("capture", "sale", 1)), "line 2: 'sale' is no type that the layout knows"),
        (written(SOLD.replace("2026-11-02,", "02.11.2026,", 1)), "line 2: '02.11.2026' is no day"),
        (written(SOLD.replace("2026-11-02,", "9999-12-31,", 1)), "is not a day from 1970 to 2199"),
        (written(SOLD.replace("2026-11-01T", "yesterday", 1)), "is no time as ISO 8601"),
        (written(SOLD.replace("C-1", "", 1)), "line 2: a capture has no reference"),
        (written(SOLD).replace(b"amount", b"betrag", 1), "it has no column amount"),
        (written(SOLD).replace(b"merchant", b"amount", 1), "it has the column amount twice"),
        (written(SOLD).replace(b"shop", b"sh\xffp", 1), "it is not in utf-8 (byte"),
        (written(SOLD).replace(b"shop", b'"shop', 1), "is no CSV"),
        (written(SOLD.replace("12.00", "9" * 40, 1)), "line 2: "),
    ],
    ids=lambda one: one[-40:] if isinstance(one, str) else "",
)
def test_what_cannot_be_read_whole_is_not_believed_in_part(content: bytes, says: str) -> None:
    assert says in refused(content)


def test_a_layout_of_another_acquirers_reads_its_words_points_and_local_times(tmp_path: Path) -> None:
    # given a file with other columns, a comma for the point, unsigned amounts and times of Amsterdam
    (tmp_path / "layout.toml").write_text(
        'delimiter = ";"\ndecimal = ","\nencoding = "iso-8859-1"\ntime_zone = "Europe/Amsterdam"\n'
        'date_format = "%d-%m-%Y"\ntime_format = "%d-%m-%Y %H:%M"\nsigned = false\ntrailer = ""\n'
        '[columns]\ntype = "Soort"\nreference = "Referentie"\namount = "Bedrag"\ncurrency = "Valuta"\n'
        'settled_on = "Uitbetaald"\ntransacted_at = "Tijd"\n'
        '[types]\ncapture = ["Betaling"]\nrefund = ["Retour"]\nfee = ["Kosten"]\nignored = ["Uitbetaling"]\n'
    )
    lines = (
        "Soort;Referentie;Bedrag;Valuta;Uitbetaald;Tijd;Naam",
        "Betaling;C-1;12,00;eur;02-11-2026;01-11-2026 23:30;Café",
        "Retour;R-1;2,00;EUR;02-11-2026;02-11-2026 10:00;Café",
        "Kosten;;-0,35;EUR;02-11-2026;;Café",
        "Uitbetaling;;9,65;EUR;02-11-2026;;Café",
        "",
    )
    told = statement_of([read("\n".join(lines).encode("iso-8859-1"), read_layout(tmp_path / "layout.toml"))])
    assert [(str(one.kind), str(one.amount), one.at) for one in told.movements] == [
        ("capture", "12.00 EUR", datetime(2026, 11, 1, 22, 30, tzinfo=UTC)),
        ("refund", "2.00 EUR", datetime(2026, 11, 2, 9, 0, tzinfo=UTC)),
    ]
    assert told.fees == {"EUR": 35}
    assert told.until == datetime(2026, 11, 2, 23, 0, tzinfo=UTC)
    # and without a last line that counts, a line that breaks off is noticed
    assert "torn" in refused("\n".join(lines[:2]).encode("iso-8859-1"), read_layout(tmp_path / "layout.toml"))


@pytest.mark.parametrize("text", ["delimiter = 1", "no toml", 'encoding = "klingon"', 'colums = "x"'])
def test_a_layout_that_is_none_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "layout.toml").write_text(text)
    with pytest.raises(BadSettings, match=r"layout\.toml"):
        read_layout(tmp_path / "layout.toml")
    with pytest.raises(BadSettings, match="No such file"):
        read_layout(tmp_path / "nowhere.toml")


def test_files_are_those_of_a_folder_that_end_in_csv(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.csv.part", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [one.name for one in files_in([tmp_path, tmp_path / "c.csv.part"])] == ["a.csv", "b.csv", "c.csv.part"]
    with pytest.raises(NoFiles, match="neither a file nor a folder"):
        files_in([tmp_path / "nowhere"])


def test_what_the_simulated_acquirer_writes_is_read_as_it_was_done(tmp_path: Path) -> None:
    # given thousands of captures and refunds in the simulated provider's books
    ledger = Ledger(str(tmp_path / "ledger.sqlite"))
    day = date(2026, 11, 2)
    at = int(datetime(2026, 11, 2, 10, tzinfo=UTC).timestamp()) * 1000
    for number in range(1500):
        _sold(ledger, number, at)
    # when their file is read
    told = statement_of([read(settlement_file(ledger, day, day).encode())])
    # then every one is there, to the cent and the millisecond
    assert len(told.movements) == 3000
    assert {str(one.amount) for one in told.movements} == {"12.00 EUR", "2.00 EUR"}
    assert {one.at for one in told.movements} == {datetime(2026, 11, 2, 10, tzinfo=UTC)}
    assert {one.session for one in told.movements} == {f"op/{number}" for number in range(1500)}
    assert told.fees == {"EUR": 1500 * 11}
    earlier = settlement_file(ledger, day - timedelta(days=1), day - timedelta(days=1))
    assert statement_of([read(earlier.encode())]).movements == ()


def _sold(ledger: Ledger, number: int, at: int) -> None:
    """One session's hold, capture and refund in the books."""
    hold, capture, refund = f"H-{number}", f"C-{number}", f"R-{number}"

    def done(reference: str, kind: str, amount: int, original: str | None) -> None:
        ledger.add(
            Transaction(
                reference=reference,
                type=kind,
                status="success",
                order_reference=f"op/{number}",
                terminal="T1",
                created=at,
                updated=at,
                amount=amount,
                currency="eur",
                original_reference=original,
                hold=hold if original else None,
                final=at,
            )
        )

    with ledger.writing():
        done(hold, "authorise", 5000, None)
        ledger.open_hold(hold, "eur", 5000, at + 1)
        done(capture, "capture", 1200, hold)
        done(refund, "refund", 200, capture)
        moves: list[tuple[Moves, str, int]] = [
            ("hold", hold, 5000),
            ("capture", capture, 1200),
            ("refund", refund, 200),
        ]
        for kind, reference, amount in moves:
            ledger.move(kind, hold, reference, amount, "eur", at)
