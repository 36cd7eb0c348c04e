"""Text files: every encoding and separator reads back, and rows that do not fit are named or refused."""

import csv
import io
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gsl_research.problems import Problem, Problems
from gsl_research.reading import delimited
from gsl_research.reading.delimited import read_delimited
from gsl_research.reading.encoding import decode
from gsl_research.reading.grid import Column, Grid, Skipped, clean_text
from gsl_research.wording import words

CLASS = [
    ["naam", "klas", "voor", "na"],
    ["Renée", "1E1", "12,5", "13"],
    ["Zoë", "03", "7", ""],
    ["An", "5A", "9,5", "10"],
]


def grid(content: str | bytes) -> Grid:
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    (only,) = read_delimited(raw, file="punten.csv").grids
    return only


def cells(content: str | bytes) -> list[list[str]]:
    return [list(row) for row in zip(*grid(content).columns, strict=True)]


def refused(content: str | bytes) -> Problem:
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    with pytest.raises(Problems) as raised:
        read_delimited(raw, file="punten.csv")
    (problem,) = raised.value.problems
    assert problem.file == "punten.csv"
    for language in ("nl", "en"):
        assert words(language).problem(problem).startswith("punten.csv")
    return problem


def warned(content: str | bytes) -> list[tuple[str, int, list[int], int]]:
    for problem in grid(content).warnings:
        assert problem.severity == "warning"
        assert words("nl").problem(problem) and words("en").problem(problem)
    return [(p.code, p.row, list(p.facts["rows"]), p.facts["count"]) for p in grid(content).warnings]


def written(rows: list[list[str]], separator=";", newline="\n", quoting=csv.QUOTE_MINIMAL) -> str:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=separator, lineterminator=newline, quoting=quoting).writerows(rows)
    return made.getvalue()


# encodings

ACCENTS = "naam;score\nRenée;12\nFrançois;13\nBjörn;14\nHélène;15\nD’Hondt;16\n“zie bijlage” – à Gand…;1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_letters_with_an_accent_are_right_in_every_encoding(encoding):
    decoded = decode(ACCENTS.encode(encoding), file="punten.csv")
    assert (decoded.text, decoded.warnings) == (ACCENTS, ())


@pytest.mark.parametrize("byte_order", ["le", "be"])
def test_unicode_text_from_excel_is_read(byte_order):
    mark = "\ufeff".encode(f"utf-16-{byte_order}")
    assert cells(mark + written(CLASS, "\t", "\r\n").encode(f"utf-16-{byte_order}")) == CLASS


def test_text_from_an_old_mac_and_from_dos_is_read():
    typed = ACCENTS.replace("’", "'").replace("“zie bijlage” – à Gand…", "Zoë")
    assert decode(typed.encode("cp850"), file="f").text == typed
    for encoding in ("mac_roman", "cp1252"):
        text = ACCENTS.replace("\n", "\r")
        assert decode(text.encode(encoding), file="f").text == text
    assert decode("naam;≤ 10\rAn;3\r".encode("mac_roman"), file="f").text == "naam;≤ 10\rAn;3\r"


def test_lines_in_another_encoding_are_read_and_named():
    lines = [f"Zoë {at};12\n".encode("cp1252" if at in (3, 4, 6, 7, 8, 9) else "utf-8") for at in range(1, 21)]
    content = b"naam;score\n" + b"".join(lines)
    assert warned(content) == [("mixed_encoding", 4, [4, 5, 7, 8, 9], 6)]
    assert [row[0] for row in cells(content)[1:]] == [f"Zoë {at}" for at in range(1, 21)]


@pytest.mark.parametrize(
    ("was", "read_as"),
    [("utf-8", "cp1252"), ("utf-8", "latin-1"), ("utf-8", "mac_roman"), ("utf-8", "cp850"), ("cp850", "cp1252")],
)
def test_letters_that_were_spoiled_before_are_named(was, read_as):
    spoiled = "naam;score\nAn;12\nRenée;13\nNoël;14\n".encode(was).decode(read_as)
    assert warned(spoiled) == [("broken_text", 3, [3, 4], 2)]
    assert "Ren" not in words("nl").problem(grid(spoiled).warnings[0])


def test_lost_letters_are_named():
    assert warned("naam;score\nRen\ufffde;13\n") == [("broken_text", 2, [2], 1)]


@pytest.mark.parametrize(
    "name", ["João", "Ângela", "Åsa", "Şeyma", "Łukasz", "SÃO", "Zoë–An", "Chloé’s", "goed…maar", "€ 5", "20 °C"]
)
def test_foreign_names_and_signs_are_not_spoiled(name):
    assert warned(f"naam;score\n{name};13\n") == []


@pytest.mark.parametrize(
    "content", [b"a;b\n\x001;2\n", b"a;b\n\x81;2\n", bytes(range(1, 32)) * 9, b"a;b\n1;2\xff\xfe\0\0"]
)
def test_other_bytes_are_no_table(content):
    assert refused(content).code == "not_a_table"


def test_numbers_are_the_same_in_every_encoding():
    plain = written([["naam", "score"], ["An", "12,5"]])
    read = [cells(plain.encode(encoding)) for encoding in ("ascii", "utf-8-sig", "utf-16", "cp850")]
    assert read == [[["naam", "score"], ["An", "12,5"]]] * 4


# separators and line ends


@pytest.mark.parametrize("separator", delimited.SEPARATORS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_every_separator_and_line_end_reads_back(separator, newline, quoting):
    content = written(CLASS, separator, newline, quoting)
    assert cells(content) == CLASS
    assert list(grid(content).numbers) == [1, 2, 3, 4]
    assert cells(f"sep={separator}\r\n{content}") == CLASS
    assert grid(f"sep={separator}\r\n{content}").skipped == (Skipped(None, (1,), "sep_line"),)
    assert list(grid(f"sep={separator}\r\n{content}").numbers) == [2, 3, 4, 5]


def test_a_comma_in_every_name_is_no_separator():
    rows = [["naam, voornaam", "score"], ["Peeters, Jan", "12"], ["Claes, An", "13"]]
    assert cells("\n".join(map(";".join, rows))) == rows


def test_decimal_commas_in_one_column_are_no_separator():
    assert cells("score\n12,5\n13\n14,5\n") == [["score"], ["12,5"], ["13"], ["14,5"]]


def test_a_comma_in_the_title_and_in_every_score_is_no_separator():
    content = "Klas 5A, juni 2026\nnaam;score\nAn;12,5\nBo;13,5\nCas;14,5\n"
    assert cells(content)[1:] == [["naam", "score"], ["An", "12,5"], ["Bo", "13,5"], ["Cas", "14,5"]]


def test_another_sign_in_two_titles_is_no_separator():
    content = "School; GBS\nKlas; 5A\nnaam,score\nAn,12\nBo,13\n"
    assert cells(content)[2:] == [["naam", "score"], ["An", "12"], ["Bo", "13"]]


def test_two_separators_that_fit_are_asked():
    assert refused("a,b;c\n1,5;2\n").code == "separator_unclear"
    assert cells("sep=;\na,b;c\n1,5;2\n") == [["a,b", "c"], ["1,5", "2"]]


def test_another_separator_never_hides_a_faulty_row():
    content = "naam;score\nJan;12,5\nPiet;13,5;15\nAn;14,5\nBo;15,5\n"
    assert (refused(content).code, refused(content).row) == ("ragged_rows", 3)
    content = 'naam;score\nAn;"x" y;12,5\nBo;3,5\n'
    assert (refused(content).code, refused(content).row) == ("unclosed_quote", 2)


def test_a_separator_inside_one_name_leaves_one_column():
    assert cells("score; op 20\n12\n13\n14\n") == [["score; op 20"], ["12"], ["13"], ["14"]]
    assert cells('"score; op 20"\n12\n') == [["score; op 20"], ["12"]]


def test_a_file_without_text_has_no_grid():
    for content in (b"", b"\n\n", b";;;\r\n;;;\r\n", b"\xef\xbb\xbf"):
        assert read_delimited(content, file="punten.csv").grids == ()


def test_cells_are_cleaned_and_codes_stay_text():
    assert cells("\ufeff\u200bnaam\u00a0 ;klas\nZoe\u0308;03\n") == [["naam", "klas"], ["Zoë", "03"]]
    assert cells("a,b;\u037e;c\n1;2;3\n")[0] == ["a,b", ";", "c"]


# rows that are not as wide as the table


def test_titles_and_a_legend_are_blank_beyond_their_text():
    content = "Toetsen\nKlas 5A\nJuni\n\na;b;c;d;e;f\n1;2;3;4;5;6\n7;8;9;1;2;3\n\nLegende: x\nAantal;2\n"
    read = cells(content)
    assert read[0] == ["Toetsen", "", "", "", "", ""]
    assert read[4:7] == [list("abcdef"), list("123456"), list("789123")]
    assert read[9] == ["Aantal", "2", "", "", "", ""]
    assert warned(content) == []


def test_a_title_of_two_cells_above_numbered_questions():
    assert cells("Klas;5A\nnaam;1;2;3\nAn;4;5;4\nBo;3;2;1\n")[1] == ["naam", "1", "2", "3"]


@pytest.mark.parametrize(
    ("content", "row", "expected", "found", "rows"),
    [
        ("leerling,voor,na\nL1,12,13\nL2,12,5,13\n", 3, 3, 4, [3]),
        ("leerling,score\nL1,12,5\nL2,13,5\n", 2, 2, 3, [2, 3]),
        ("leerling,score\nL1,12,5\nL2,13\nL3,14,5\n", 2, 2, 3, [2, 4]),
        ("a,b,c,d,e,f\n" + "1,2,3,4,5,6,5\n" * 7, 2, 6, 7, [2, 3, 4, 5, 6]),
        ("leerling,voor,na\nL1,12,5,13,5\nL2,12,5,13,5\n", 2, 3, 5, [2, 3]),
        ("School,GBS\nleerling,score\nL1,12,5\nL2,13,5\n", 3, 2, 3, [3, 4]),
        ("naam;score\nJan;12;5\nPiet;13;5\nAn;14\n", 2, 2, 3, [2, 3]),
        ("leerling,score, op 20\nL1,12\nL2,13\n", 1, 2, 3, [1]),
        ("naam;klas;score\nAn;5A;afw;x\nBo;5A;afw;y\n", 2, 3, 4, [2, 3]),
    ],
)
def test_a_row_with_more_cells_than_the_table_is_refused(content, row, expected, found, rows):
    problem = refused(content)
    assert (problem.code, problem.row, list(problem.facts["rows"])) == ("ragged_rows", row, rows)
    assert (problem.facts["expected"], problem.facts["found"]) == (expected, found)


@pytest.mark.parametrize(
    "broken", ["Jan;5A;opm\nvervolg;12", "Jan;5A\nvervolg;13;12", "Jan;5A;a\nb\nc;12", "Jan;5A;a\n\nc;12"]
)
@pytest.mark.parametrize("after", ["Bo;5A;goed;3\nCas;5B;goed;4\nDo;5B;;7\n", ""])
def test_a_pupil_cut_in_two_by_a_line_break_is_refused(broken, after):
    problem = refused(f"naam;klas;opmerking;score\nAn;5A;goed;10\nEls;5B;;9\nFa;5B;;8\n{broken}\n{after}")
    assert (problem.code, problem.row) == ("ragged_rows", 5)


def test_cells_left_out_at_the_end_are_blank_and_named():
    content = "naam;voor;na\nAn;12;13\nBo;11\nCas;9;8\nDo;7;7\nEls;6\n"
    assert cells(content)[2] == ["Bo", "11", ""]
    assert warned(content) == [("short_rows", 3, [3, 6], 2)]


def test_a_single_cell_between_pupils_is_named():
    assert warned("naam;voor;na\nAn;12;13\nKlas 5B\nCas;9;8\n") == [("short_rows", 3, [3], 1)]


def test_rows_that_lack_cells_as_often_as_not_are_refused():
    assert refused("naam;voor;na;later\nAn;12;13\nBo;11;12\n").code == "ragged_rows"
    assert refused("naam;a;b;c;d\nAn;1;2;3;4\nBo;1;2;3\nCas;1;2\n").code == "ragged_rows"
    assert refused("score\n12\n13;x\n14\n15;y\n16\n").code == "ragged_rows"
    assert refused("naam\nAn\nBo\nCas\nDo;x\nFa;y\n").code == "ragged_rows"


def test_separators_without_cells_at_the_end_do_not_matter():
    assert cells("a;b;;;\n1;2\n3;4\n") == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert cells("a;b\n1;2;;\n3;4\n5;6;;;;\n") == [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]]
    assert warned("a;b\n1;2;;\n3;4\n5;6;;;;\n") == []


# quotation marks


def test_a_line_break_inside_quotes_keeps_the_line_numbers():
    content = 'a;b\r\n1;"een\r\ntwee; drie\rvier"\r\n2;"zei: ""ja"""\r\n'
    assert cells(content) == [["a", "b"], ["1", "een\ntwee; drie\nvier"], ["2", 'zei: "ja"']]
    assert list(grid(content).numbers) == [1, 2, 5]


def test_a_quotation_mark_inside_a_cell_is_text():
    assert cells('naam;beeld 24"\nJan;12\n') == [["naam", 'beeld 24"'], ["Jan", "12"]]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('a;b\n1;2\n3;"4\n5;6\n', 3),
        ('a;b\n1;"x\ny"\n3;"4\n5;6\n', 4),
        ('naam;score\nEls;3\n"Jan" P;12\nAn;13\n', 3),
        ('naam;score\nEls;3\n"Jan;12\nPiet";13\nAn;14\n', 3),
    ],
)
def test_a_quotation_mark_that_swallows_pupils_is_refused(content, row):
    assert (refused(content).code, refused(content).row) == ("unclosed_quote", row)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_may_be_long_but_not_endless(quote):
    content = f"a;b\n1;2\n3;{quote}{{}}{quote}\n"
    usual_limit = csv.field_size_limit()
    assert len(cells(content.format("x" * 200_000))[2][1]) == 200_000
    problem = refused(content.format("x" * (delimited.MAX_CELL + 1)))
    assert (problem.code, problem.row) == ("cell_too_long", 3)
    assert csv.field_size_limit() == usual_limit


def test_too_many_rows_or_cells_are_refused(monkeypatch):
    monkeypatch.setattr(delimited, "MAX_LINES", 5)
    assert (refused("a;b\n" * 6).code, len(cells("a;b\n" * 5))) == ("too_many_rows", 5)
    monkeypatch.setattr(delimited, "MAX_CELLS", 9)
    assert refused("a;b\n" * 5).code == "too_many_cells"


# any table

LETTERS = string.ascii_letters + "0123456789 éèëïçñÀß€–’.'-_/()%#!?:\"“”;,\t|"
TEXTS = st.text(LETTERS, max_size=9).map(str.strip)
NAMES = st.text(string.ascii_letters, min_size=1, max_size=6)


@st.composite
def tables(draw, texts=TEXTS):
    width = draw(st.integers(2, 5))
    row = st.lists(texts, min_size=width - 1, max_size=width - 1)
    names = draw(st.lists(NAMES, min_size=width, max_size=width))
    return [names, *([f"p{at}", *draw(row)] for at in range(draw(st.integers(1, 8))))]


@settings(deadline=None)
@given(
    tables(), st.sampled_from(delimited.SEPARATORS), st.sampled_from(["utf-8-sig", "cp1252", "utf-16"]), st.booleans()
)
def test_a_written_table_reads_back(rows, separator, encoding, sparing):
    assume(not rows[0][0].lower().startswith("sep"))
    text = written(rows, separator, "\r\n", csv.QUOTE_MINIMAL if sparing else csv.QUOTE_ALL)
    assume(encoding != "cp1252" or text.encode("cp1252").decode("utf-8", "ignore").isascii())
    raw = text.encode(encoding)
    assume(decode(raw, file="f").text == text)
    assert cells(raw) == rows


@settings(deadline=None)
@given(
    tables(st.text("abc0123456789,. é", max_size=6).map(str.strip)), st.lists(st.text("abc ", max_size=5), max_size=3)
)
def test_both_ways_of_cutting_give_the_same(rows, titles):
    titles = [title for title in titles if title.strip()]
    plain = "\n".join([*titles, *map(";".join, rows)]) + "\n"
    quoted = "\n".join([*titles, *map(";".join, rows[:-1]), ";".join(f'"{cell}"' for cell in rows[-1])]) + "\n"
    assert '"' not in plain
    one, other = grid(plain), grid(quoted)
    assert list(one.numbers) == list(other.numbers)
    assert [list(column) for column in one.columns] == [list(column) for column in other.columns]
    assert one.warnings == other.warnings


@pytest.mark.parametrize("lost", [31, 301])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_that_lost_a_byte_is_no_text(encoding, lost):
    raw = bytearray("".join(f"leerling {i};5A;12\r\n" for i in range(40)).encode(encoding))
    del raw[lost]
    assert refused(bytes(raw)).code == "not_a_table"


@pytest.mark.parametrize("cell", ["a", " a", "a ", "\ta", "a\x1f", "é\u0301", "a\u200b", "a\nb"])
def test_a_column_is_cleaned_as_its_cells_are(cell):
    """Told from the whole column at once or cell by cell, with the odd cell first, in the middle and last."""
    for at in range(3):
        texts = ["x", "y", ""]
        texts.insert(at, cell)
        assert list(Column.of(texts).cleaned()) == [clean_text(text) for text in texts]
    assert list(Column.of(["\n", "z\n"]).cleaned()) == ["", "z"]
