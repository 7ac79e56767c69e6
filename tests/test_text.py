"""Folding, words, stems and languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import embeddable, fold, grams, informative, language_of, stem, stems, words


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("احمد", "أحمد"),
        ("القاهره", "القاهرة"),
        ("علي", "على"),
        ("مسوول", "مسؤول"),
        ("اجراات", "إجراءات"),
        ("مدرسة", "مَدْرَسَةٌ"),
        ("مصر", "مـــصر"),
        ("ﻣﺼﺮ", "مصر"),
        ("2023", "٢٠٢٣"),
        ("2023", "۲۰۲۳"),
        ("cafe", "Café"),
        ("كتاب", "کتاب"),
        ("مصر", "م\u200fصر"),
    ],
)
def test_spellings_of_one_word_fold_to_one(typed: str, written: str) -> None:
    assert fold(typed) == fold(written)


def test_different_words_stay_different() -> None:
    assert len({fold(word) for word in ("قال", "قالت", "ماء", "سماء", "علم", "عالم")}) == 6


@pytest.mark.parametrize(
    ("inflected", "plain"),
    [
        ("والقاهرة", "القاهرة"),
        ("بالقاهرة", "القاهرة"),
        ("للوزراء", "الوزراء"),
        ("المهندسين", "مهندسون"),
        ("مدرستها", "مدرسته"),
        ("مصطفى", "مصطفي"),
        ("floods", "flood"),
        ("running", "run"),
        ("Haftar’s", "Haftar"),
    ],
)
def test_inflections_share_a_stem(inflected: str, plain: str) -> None:
    assert stems(inflected) == stems(plain)


def test_a_stem_keeps_three_letters() -> None:
    assert stem("كليه") == "كلي"
    assert stem("ماء") == "ماء"


def test_words_have_exact_offsets() -> None:
    text = "قال د. أحمد: وصلت MiG-29 في ١٬٥٠٠ يوم (٢٣٪)."
    assert [text[word.start : word.end] for word in words(text)][-3:] == ["١٬٥٠٠", "يوم", "٢٣"]
    assert [word.folded for word in words(text)][4:8] == ["mig", "29", "في", "1500"]


def test_a_vowel_sign_by_itself_cuts_no_word() -> None:
    assert [word.folded for word in words("ﻛﹶﺘﺐ")] == ["كتب"]
    assert embeddable("ﻛﹶﺘﺐ") == "كتب"


def test_a_blessing_in_one_letter_is_one_word() -> None:
    assert [word.folded for word in words("محمد ﷺ")] == ["محمد", "صلياللهعليهوسلم"]


def test_half_a_character_is_left_out() -> None:
    assert embeddable("caf\udce9 in Beirut") == "caf in Beirut"


def test_function_words_inform_of_nothing() -> None:
    assert informative("ما هي عاصمة ليبيا؟") == ["عاصم", "ليبيا"]
    assert informative("What is the capital of Libya?") == ["capit", "libya"]


def test_grams_mark_the_ends_of_words() -> None:
    assert grams(["قال", "he"]) == [" قا", "قال", "ال ", " he", "he "]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("وصلت طائرة MiG-29 إلى القاعدة", "ar"),
        ("The base (الجفرة) hosts aircraft", "en"),
        ("ﻣﺼﺮ", "ar"),
        ("2023", "en"),
    ],
)
def test_language_is_told_by_script(text: str, language: str) -> None:
    assert language_of(text) == language


def test_text_without_letters_takes_the_language_around_it() -> None:
    assert language_of("١٢٣", "ar") == "ar"


def test_the_embedding_model_reads_plain_text() -> None:
    assert embeddable("مَرْحَبًا\n\nـــ  ٢٠٢٣\u200f") == "مرحبا 2023"


@given(st.text(max_size=200))
def test_any_text_can_be_folded_and_cut(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    for word in words(text):
        assert 0 <= word.start < word.end <= len(text)
        assert word.folded
        assert stem(word.folded)


def test_who_changes_the_words_of_a_text_changes_them_for_nobody_else() -> None:
    words("The same text").clear()
    assert [word.folded for word in words("The same text")] == ["the", "same", "text"]


def test_a_long_text_has_the_words_of_its_parts() -> None:
    part = "The port of Beirut, مرفأ بيروت, on 4 August. "
    once = [word.folded for word in words(part)]
    assert [word.folded for word in words(part * 50)] == once * 50
