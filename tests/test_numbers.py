"""Numbers in text, in digits or words."""

from __future__ import annotations

import pytest

from index.numbers import numbers


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("١٩ شخصا", "١٩", 19),
        ("nineteen people", "nineteen", 19),
        ("خمسة وعشرون ألفا من الجنود", "خمسة وعشرون ألفا", 25_000),
        ("25 ألف جندي", "25 ألف", 25_000),
        ("٢٥٬٠٠٠ جندي", "٢٥٬٠٠٠", 25_000),
        ("twenty-five thousand soldiers", "twenty-five thousand", 25_000),
        ("two hundred and twelve people", "two hundred and twelve", 212),
        ("one hundred and one nights", "one hundred and one", 101),
        ("أحد عشر شخصا", "أحد عشر", 11),
        ("اثني عشر ألفا", "اثني عشر ألفا", 12_000),
        ("مليون ونصف المليون", "مليون ونصف", 1_500_000),
        ("نصف مليون", "نصف مليون", 500_000),
        ("half a million", "half a million", 500_000),
        ("two and a half years", "two and a half", 2.5),
        ("1.5 million", "1.5 million", 1_500_000),
        ("ثلاثة ملايين و200 ألف", "ثلاثة ملايين و200 ألف", 3_200_000),
        ("ثلاثمئة وخمسون", "ثلاثمئة وخمسون", 350),
        ("بعد يومين", "يومين", 2),
        ("ألفا شخص", "ألفا", 2_000),
        ("مئة شخص", "مئة", 100),
        ("a hundred men", "hundred", 100),
        ("بثلاثة صواريخ", "بثلاثة", 3),
    ],
)
def test_a_number_has_its_value(text: str, said: str, value: float) -> None:
    (found,) = numbers(text)
    assert text[found.start : found.end] == said
    assert found.value == value
    assert not found.is_share


@pytest.mark.parametrize(
    ("text", "value"),
    [("31.43%", 31.43), ("نحو ٤٠ في المئة", 40), ("بنسبة 12 بالمائة", 12), ("twelve per cent", 12)],
)
def test_per_cent_belongs_to_a_number(text: str, value: float) -> None:
    (found,) = numbers(text)
    assert (found.value, found.is_share) == (value, True)


@pytest.mark.parametrize(
    "text", ["hundreds of people", "آلاف الأشخاص", "one of them", "أحد القادة", "في المئة"]
)
def test_what_tells_of_a_size_is_no_number(text: str) -> None:
    assert numbers(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("15 إلى 20، ثم ثلاثة", [15, 20, 3]),
        ("بين 18 ألفا و20 ألفا", [18_000, 20_000]),
        ("eighteen thousand and twenty thousand", [18_000, 20_000]),
        ("18 ألفا وعشرون ألفا", [18_000, 20_000]),
        ("18 ألفا وخمسة وعشرون ألفا", [18_000, 25_000]),
        ("eighteen thousand and twenty-five thousand", [18_000, 25_000]),
        ("100 thousand and two hundred thousand", [100_000, 200_000]),
        ("مليونان و300 ألف", [2_300_000]),
        ("مليوني وخمسمئة ألف", [2_500_000]),
        ("two million, five hundred and twelve thousand", [2_000_000, 512_000]),
        ("two million five hundred and twelve thousand and six", [2_512_006]),
    ],
)
def test_two_numbers_are_two(text: str, values: list[int]) -> None:
    assert [each.value for each in numbers(text)] == values
