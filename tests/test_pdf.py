"""PDFs become articles whose words are those of the page, in the order in which they are read."""

from __future__ import annotations

import re
from pathlib import Path
from string import ascii_letters

import pytest
from pdf_support import TOP, line, lines, pdf

from index.fields import RefusedError
from index.pdf import pages

DATA = Path(__file__).parent / "data"
HARBOUR = (DATA / "harbour.txt").read_text("utf-8").strip()
TITLE = HARBOUR.partition("\n")[0]
VOWEL_SIGNS = re.compile("[\u064b-\u0652]")
ENGLISH = (
    "The library of the harbour town was closed for twelve years after the storm,",
    "and it opened again in the spring. The keeper of the books said that nothing",
    "was lost, because the people of the town had carried every book up the hill.",
)


def article(name: str) -> str:
    return pages((DATA / name).read_bytes()).text


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        pages(data)
    return str(caught.value)


@pytest.mark.parametrize("name", ["printed.pdf", "visual.pdf", "letters.pdf"])
def test_arabic_is_read_word_for_word(name: str) -> None:
    assert article(name).split() == HARBOUR.split()


def test_both_scripts_numbers_and_brackets_keep_their_order() -> None:
    assert article("mixed.pdf") == (DATA / "mixed.txt").read_text("utf-8").strip()


def test_arabic_that_was_drawn_from_left_to_right_is_read() -> None:
    """Its vowel signs can be a letter off: which one they belong to, the drawing does not tell."""
    read = VOWEL_SIGNS.sub("", article("forward.pdf"))
    assert read.split() == VOWEL_SIGNS.sub("", HARBOUR).split()


def test_paragraphs_are_put_together_over_lines_and_pages() -> None:
    """Three pages have a running head and numbers, which are no part of the text."""
    paragraphs = article("printed.pdf").split("\n\n")
    assert paragraphs == HARBOUR.split("\n")
    assert b"/Count 3" in (DATA / "printed.pdf").read_bytes()


def test_title_is_that_of_the_information_or_the_largest_line() -> None:
    printed, drawn = (pages((DATA / name).read_bytes()) for name in ("printed.pdf", "letters.pdf"))
    assert printed.fields["title"] == drawn.fields["title"] == TITLE


def test_lines_join_and_words_that_were_divided_are_whole() -> None:
    parts = ("The keeper spoke of the his-", "tory of the well-known town", "for an hour or so.")
    found = pages(pdf(lines(*parts)))
    assert found.text == "The keeper spoke of the history of the well-known town for an hour or so."


def test_two_columns_are_read_one_after_the_other() -> None:
    left = ["alpha one two three", "four five six seven", "eight nine ten.", "beta and so forth"]
    right = ["gamma one two three", "four five six seven", "eight nine ten.", "delta and so on"]
    page = lines(*left, x=60) + lines(*right, x=320) + line("A heading over both", 60, TOP + 40)
    words = " ".join(["A heading over both", *left, *right]).split()
    assert pages(pdf(page)).text.split() == words


def test_rows_of_a_table_stay_together() -> None:
    rows = [("Boat", "Length", "Year"), ("Gull", "12 m", "1998"), ("Tern", "9 m", "2004")]
    rows.append(("Heron", "11 m", "2011"))
    page = "".join(
        line(cell, 60 + 160 * column, TOP - 20 * row)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
    )
    assert pages(pdf(page)).text.split() == [word for row in rows for word in " ".join(row).split()]


def test_what_is_hidden_is_left_out_and_counted() -> None:
    seen = lines(*ENGLISH)
    unseen = {
        "mode": line("invisible mode", y=500, before="3 Tr"),
        "white": line("white words", y=480, before="1 1 1 rg"),
        "box": line("grey on grey", y=460, before="0.5 g 50 450 200 30 re f 0.51 g"),
        "tiny": line("tiny words", y=440, size=1),
        "away": line("words away", x=900, y=420),
    }
    framed = line("White words on black.", y=300, before="0 g 50 290 300 30 re f 1 g")
    found = pages(pdf(seen + "".join(unseen.values()) + framed))
    assert found.text.split() == " ".join((*ENGLISH, "White words on black.")).split()
    assert found.hidden == {
        "colour": len("white words" + "grey on grey"),
        "display": len("invisible mode"),
        "place": len("words away"),
        "size": len("tiny words"),
    }


def test_a_scan_and_a_password_are_refused_with_what_to_do() -> None:
    assert "only pictures" in refusal(pdf("0 g 50 50 100 100 re f"))
    assert "All of its text is invisible" in refusal(pdf(line("Recognised", before="3 Tr")))
    assert refusal((DATA / "locked.pdf").read_bytes()).startswith("It is encrypted")
    assert refusal(b"%PDF-1.7\nnothing").startswith("It is damaged, or no PDF")


def test_fonts_that_give_letters_other_names_are_refused() -> None:
    small = "abcdefghijklmnopqrstuvwxyz"
    shifted = dict(zip(small, small[9:] + small[:9], strict=True))
    text = lines(*ENGLISH, *ENGLISH)
    assert pages(pdf(text, letters=dict(zip(small, small, strict=True)))).text
    assert "make no words" in refusal(pdf(text, letters=shifted))
    unnamed = dict.fromkeys(small, "\ue000")
    assert "do not say which letters" in refusal(pdf(text, letters=unnamed))


def test_arabic_letters_that_are_not_arabic_are_refused() -> None:
    letters = sorted(set(re.findall("[\u0621-\u064a]", HARBOUR)))
    codes = ascii_letters[: len(letters)]
    right, wrong = (dict(zip(codes, order, strict=True)) for order in (letters, letters[::-1]))
    written = str.maketrans({letter: code for code, letter in right.items()})
    words = [word for word in HARBOUR.split() if set(word) <= set(letters)]
    rows = [" ".join(words[start : start + 6]) for start in range(0, len(words), 6)]
    drawn = lines(*(row[::-1].translate(written) for row in rows))
    assert pages(pdf(drawn, letters=right)).text.split() == words
    assert "make no Arabic words" in refusal(pdf(drawn, letters=wrong))


def test_too_many_pages_are_refused_before_they_are_read() -> None:
    assert "10,000 pages, more than 1,000" in refusal(pdf(*[""] * 10_000))
