"""Names and numbers that a question shares with a chunk in the other language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.names import keys, name_share, sought
from index.text import fold, words


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("Shoigu", "شويغو"),
        ("Yevkurov", "يفكوروف"),
        ("Evkurov", "إيفكوروف"),
        ("Yevkurov", "يفكيروف"),
        ("Haftar", "حفتر"),
        ("Hifter", "حفتر"),
        ("Lukashenko", "لوكاشينكو"),
        ("Benghazi", "بنغازي"),
        ("Benghazi", "وبنغازي"),
        ("Netanyahu", "نتنياهو"),
        ("Netanyahu", "نتانياهو"),
        ("Belarus", "بيلاروسيا"),
        ("Khartoum", "الخرطوم"),
        ("Khartoum", "بالخرطوم"),
        ("Moscow", "موسكو"),
        ("Lavrov", "لافروف"),
        ("Macron", "ماكرون"),
        ("Churchill", "تشرشل"),
        ("Chad", "تشاد"),
        ("Putin", "بوتين"),
        ("Derna", "درنة"),
        ("Libyan", "ليبيا"),
        ("Mohammed", "محمد"),
        ("Athens", "أثينا"),
    ],
)
def test_a_name_has_a_key_in_common_in_both_scripts(latin: str, arabic: str) -> None:
    assert keys(fold(latin)) & keys(fold(arabic))


def test_other_names_have_other_keys() -> None:
    names = ["haftar", "minsk", "حميدتي", "بيروت", "شويغو", "sarraj"]
    found = [keys(name) for name in names]
    assert all(a.isdisjoint(b) for i, a in enumerate(found) for b in found[:i])


def test_a_key_has_two_consonants_at_least() -> None:
    assert keys("oua") == keys("ليو") == frozenset()
    assert keys("leo") == frozenset()
    assert keys("mali") == {"ml"}


@given(st.text(max_size=20))
def test_every_word_has_keys_without_vowels(text: str) -> None:
    for word in words(text):
        for key in keys(word.folded):
            assert len(key) >= 2
            assert set(key) <= set("bdfghklmnrstš")


def folded(text: str) -> str:
    return f" {' '.join(word.folded for word in words(text))} "


def share(question: str, chunk: str) -> float:
    return name_share(sought(question), chunk, folded(chunk))


def test_names_and_numbers_count_among_the_informative_words() -> None:
    question = "When did Haftar visit Minsk in 2024?"  # informative: haftar, visit, minsk, 2024
    assert share(question, "زار حفتر مينسك عام ٢٠٢٤.") == pytest.approx(3 / 4)
    assert share(question, "وصل حفتر إلى مينسك.") == pytest.approx(2 / 4)
    assert share(question, "جرت مباراة في بيروت.") == 0


def test_an_arabic_question_meets_the_capitalised_words_of_an_english_chunk() -> None:
    question = "متى زار حفتر مينسك؟"  # informative: زار, حفتر, مينسك
    assert share(question, "On Monday Khalifa Haftar flew to Minsk.") == pytest.approx(2 / 3)
    # زار and "sir" have one key: only a word that is written as a name is taken for one.
    assert share(question, "They said, sir, that nobody came.") == 0


def test_the_first_word_of_a_sentence_is_no_name_but_a_quoted_one_is() -> None:
    question = "من قال إن فاغنر غادرت؟"
    assert share(question, "Nobody knew. Wagner left.") == 0
    assert share(question, 'They said "Wagner" left.') > 0


def test_every_informative_word_of_a_question_may_be_a_name_with_a_capital_or_without() -> None:
    assert (
        share("where did haftar go", "سافر حفتر") == share("Where did Haftar go", "سافر حفتر") > 0
    )
    assert share("what did shukri say", "قال شكري") == 0.5
    assert share("What did the minister say?", "قال منستر إن الوزير سافر.") == 0.5


def test_an_arabic_word_of_an_english_question_is_looked_for_as_it_is() -> None:
    assert share("What did قسد say", "أعلنت قسد") == 0.5


def test_a_question_of_function_words_shares_nothing() -> None:
    assert share("Who is he?", "حفتر في مينسك.") == 0
