"""Boilerplate goes, line by line; an article's own sentences stay letter for letter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clean import Cleaned, boilerplate, clean, without_agency
from index.types import RawArticle

FIRST = "عقد الاجتماع في موسكو أمس."
SCRAPED = Path(__file__).parents[2] / "shared" / "data" / "articles"

BOILERPLATE = (
    "[ad_1]",
    "[ad_12",
    "[ad_1][ad_2]",
    "المصدر",
    "المصدر: رويترز",
    "المصدر : وكالات",
    "المصدر رويترز",
    "اقرأ أيضا: حفتر يزور موسكو",
    "اقرأ أيضًا: ماذا قال حفتر لبوتين؟",
    "إقرأ المزيد...",
    "اقـرأ أيضاً",
    "شاهد أيضا | فيديو من بنغازي",
    "- اقرأ أيضا: بند في قائمة",
    "مواضيع ذات صلة",
    "أخبار ذات صلة:",
    "قد يهمك أيضا: حفتر في مينسك",
    "تابعونا على فيسبوك وتويتر.",
    "تابعونا على …",
    "تابعنا على تويتر",
    "للمزيد…",
    "للمزيد من الأخبار تابعونا على تلغرام",
    "شارك",
    "شارك الخبر على فيسبوك",
    "مشاركة",
    "انشر",
    "كلمات مفتاحية: ليبيا، روسيا، حفتر",
    "وسوم: ليبيا",
    "الوسوم",
    "#ليبيا #حفتر، #Russia",
    "اشترك في نشرتنا البريدية",
    "إعلان",
    "Share this article",
    "Share on Facebook",
    "Read more: Haftar visits Minsk",
    "READ MORE: What did Haftar want?",
    "Read also",
    "Related: Haftar visits Minsk",
    "Related articles",
    "Tags: Libya, Russia",
    "Follow us on X and Telegram",
    "Sign up for our daily newsletter.",
    "Advertisement",
    "Source: Reuters",
    "Photo: Reuters/John Smith",
    "Image credit: AFP",
    "FILE PHOTO: Khalifa Haftar attends a parade in Benghazi.",
)

CAPTIONS = (
    "خليفة حفتر (يسار) مع نائب الوزير في بنغازي – رويترز",
    "المشير في المطار. صورة من صفحة فيسبوك للقيادة العامة",
    "مقاتلة ميغ 29 في قاعدة الجفرة / أ ف ب",
    "خليفة حفتر في بنغازي، 2019 – تصوير: أحمد علي",
    "Haftar in Benghazi © AFP",
    "Khalifa Haftar in Moscow [File: Reuters]",
    "The commander in Moscow, 2019. Getty Images",
    "Haftar (left) with the deputy minister, Reuters",
    "Fighters near Sirte, 2020. REUTERS/Esam Al-Fetori",
)

PAYWALLS = (
    "لديك 31.43% من هذه المقالة متبقية للقراءة. والباقي للمشتركين فقط.",
    "لديك ٦٢٫٥٪ من هذه المقالة متبقية للقراءة. والباقي للمشتركين فقط.",
    "هذا المحتوى للمشتركين فقط",
    "هذه المقالة مخصصة للمشتركين فقط.",
    "اشترك لمواصلة القراءة",
    "اشترك الآن لقراءة المقال كاملا",
    "Subscribe to continue reading",
    "This article is for subscribers only.",
    "You have 31% of this article left to read. The rest is for subscribers only.",
)

SENTENCES = (
    "وذكر المصدر أن الاجتماع عقد في موسكو.",
    "المصدر الذي طلب عدم ذكر اسمه قال إن الزيارة سرية.",
    "المصدر قال إن الزيارة سرية",
    "مصدر: حفتر يغادر موسكو",
    "المصدر: قال مسؤول رفيع إن الوفد غادر.",
    "شارك الوزير في الاجتماع.",
    "شارك حفتر في عرض عسكري",
    "مشاركة روسيا في الاجتماع",
    "للمزيد من الجهود دعا الوزير إلى اجتماع عاجل.",
    "اقرأ أيضا ما كتبه الوزير.",
    "تابعنا على مدى سنوات تطور العلاقة.",
    "تابعنا عبر تويتر ردود الفعل على الزيارة.",
    "تابعوا الزيارة على تويتر باهتمام كبير",
    "نشرت الوكالة صورة من الاجتماع",
    "صورة من الماضي",
    "وقالت رويترز إن الزيارة بدأت",
    "وصل حفتر إلى موسكو أمس (أ ف ب)",
    "قال إن هذا المحتوى للمشتركين فقط في المنصة.",
    "اشترك في القتال ضد الجهاديين.",
    "إعلان الحرب",
    "عامل ترامب",
    "إمدادات المعدات الرئيسية",
    "Read more books, the minister said.",
    "Source: the ministry of defence said on Tuesday that the talks ended without agreement.",
    "Source: the minister lied.",
    "Share prices fell in Moscow.",
    "Related matters were discussed.",
    "Advertisement revenue fell.",
    "Follow us on this journey, she said.",
    "Subscribe to our view of the world, he urged.",
    "Tags were attached to each of the weapons.",
    "Photo exhibitions opened in Benghazi",
    "#1 in the list",
)


def article(text: str, title: str = "") -> RawArticle:
    return RawArticle(id="a", origin="/a.txt", title=title, text=text)


@pytest.mark.parametrize("line", BOILERPLATE + CAPTIONS + PAYWALLS)
def test_boilerplate_line_is_removed(line: str) -> None:
    cleaned = clean(article(f"{FIRST}\n\n{line}\n\nوغادر الوفد مساء."))

    assert cleaned.text == f"{FIRST}\n\nوغادر الوفد مساء."
    assert cleaned.truncated == (line in PAYWALLS)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentence_of_the_article_stays(sentence: str) -> None:
    text = f"{FIRST}\n{sentence}\n{sentence} {FIRST}"

    assert clean(article(text)) == Cleaned(title="", text=text, truncated=False, hidden=0)


def test_the_kind_of_a_line_is_named() -> None:
    assert boilerplate(PAYWALLS[0]) == "paywall"
    assert boilerplate(CAPTIONS[0]) == "caption"
    assert boilerplate("المصدر") == "line"
    assert boilerplate(SENTENCES[0]) == ""


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("نوفا-", ""),
        ("نوفا - قال حفتر.", "قال حفتر."),
        ("(رويترز) - قال حفتر.", "قال حفتر."),
        ("أ ف ب - قال حفتر.", "قال حفتر."),
        ("د ب أ", ""),
        ("رويترز - القاهرة - قال حفتر.", "القاهرة - قال حفتر."),
        ("(Reuters) - The minister said.", "The minister said."),
        ("AFP — The minister said.", "The minister said."),
    ],
)
def test_agency_at_the_start_is_removed(line: str, left: str) -> None:
    assert without_agency(line) == left
    assert clean(article(f"{line}\n{FIRST}")).text == f"{left}\n{FIRST}".strip("\n")


@pytest.mark.parametrize(
    "line",
    [
        "موسكو - تواترت الزيارات الرسمية.",
        "CAIRO (Reuters) - Egypt said on Monday.",
        "رويترز: بوتين يلتقي حفتر.",
        "نوفا - وهي وكالة إيطالية - قالت إن الزيارة بدأت.",
        "AFP - the French agency - said so.",
        "AP-style rules apply.",
    ],
)
def test_dateline_and_sentence_about_an_agency_stay(line: str) -> None:
    assert clean(article(line)).text == line


def test_agency_is_removed_at_the_start_alone() -> None:
    text = f"{FIRST}\nنوفا - قال حفتر."

    assert clean(article(text)).text == text


def test_repeated_titles_are_removed() -> None:
    title = "ليبيا: العلاقة الأمنية تتكثف"
    text = f"ليبيـا: العلاقة الأمنية تتكثّف\n\n{FIRST}\n«ليبيا: العلاقة الأمنية تتكثف»"

    assert clean(article(text, title)).text == FIRST


def test_title_stays_where_nothing_else_is_there() -> None:
    assert clean(article("حفتر في موسكو\n[ad_1]", "حفتر في موسكو")).text == "حفتر في موسكو"


def test_shortcodes_glued_to_a_sentence_are_removed() -> None:
    assert clean(article(f"[ad_1]{FIRST}[ad_2]")).text == FIRST


def test_paywall_glued_to_a_paragraph_is_removed() -> None:
    cleaned = clean(article(f"{FIRST} {PAYWALLS[0]}"))

    assert cleaned.text == FIRST
    assert cleaned.truncated


def test_invisible_characters_are_removed_and_counted() -> None:
    smuggled = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore")
    cleaned = clean(
        article(f"\ufeff\u202bقال حفتر\u202c\u200b\u00ad{smuggled}.", title="\u200fحفتر\u2069")
    )

    assert cleaned == Cleaned(title="حفتر", text="قال حفتر.", truncated=False, hidden=5 + 6 + 2)


def test_joiners_stay_only_where_they_join() -> None:
    text = "می\u200cشود 👨\u200d👩\u200d👧 w\u200co\u200drd نهاية\u200d."

    cleaned = clean(article(text))

    assert cleaned.text == "می\u200cشود 👨\u200d👩\u200d👧 word نهاية."
    assert cleaned.hidden == 3


def test_nothing_else_changes() -> None:
    text = "  ﻻ تُعدُّ “الزيارة” كـــبيرة…\tو«مهمة»  \n\n\n\nIt’s a “quote” – 31.43%\u00a0\n\n"

    assert clean(article(text)).text == (
        "  ﻻ تُعدُّ “الزيارة” كـــبيرة…\tو«مهمة»\n\nIt’s a “quote” – 31.43%"
    )


def test_text_of_boilerplate_alone_becomes_empty() -> None:
    assert clean(article("[ad_1]\n\nالمصدر\n")).text == ""


GLUE = ("\u200c", "\u200b", "\u202e", "[ad_1]", "[", "]", "ad_1", " ", "\n", "\n\n", "-", "a", "ل")
AGENCIES = ("نوفا - ", "(رويترز) -", "AFP - ")
PIECES = st.sampled_from((*BOILERPLATE, *CAPTIONS, *PAYWALLS, *SENTENCES, *AGENCIES, *GLUE))


@given(st.lists(PIECES, max_size=9).map("".join) | st.text(), PIECES | st.text())
def test_cleaning_again_changes_nothing(text: str, title: str) -> None:
    once = clean(article(text, title))
    again = clean(replace(article(text), title=once.title, text=once.text))

    assert (again.title, again.text, again.hidden) == (once.title, once.text, 0)


@given(st.lists(PIECES | st.text(), max_size=9).map("\n".join))
def test_every_line_left_was_there(text: str) -> None:
    cleaned = clean(article(text))
    # A shortcode in the middle of a line leaves a space.
    if cleaned.hidden == 0 and "[ad_" not in text.lower():
        assert all(line in text for line in cleaned.text.split("\n"))


@pytest.fixture(scope="module")
def scraped() -> dict[str, str]:
    if not SCRAPED.is_dir():
        pytest.skip("the scraped sample articles are not beside this repository")
    return {path.stem: path.read_text("utf-8") for path in sorted(SCRAPED.glob("*.txt"))}


def test_scraped_articles_lose_their_boilerplate_and_nothing_else(scraped: dict[str, str]) -> None:
    removed = {
        name: [
            line
            for line in text.split("\n")
            if line.strip() and line not in clean(article(text)).text.split("\n")
        ]
        for name, text in scraped.items()
    }

    caption, paywall = removed.pop("le-monde-haftar-russia")[1:3]
    assert caption.startswith("المشير خليفة حفتر (يسار)، مع نائب وزير الدفاع")
    assert paywall == PAYWALLS[0]
    assert removed.pop("nova-haftar-minsk") == ["نوفا-"]
    assert removed == {name: [] for name in removed}


def test_the_paywalled_scraped_article_is_truncated(scraped: dict[str, str]) -> None:
    title, _, text = scraped["le-monde-haftar-russia"].partition("\n")
    cleaned = clean(article(text, title))

    assert cleaned.truncated
    assert cleaned.text.startswith("إلى أي مدى ستصل مغازلة المشير خليفة حفتر لروسيا؟")
    assert cleaned.text.endswith("بين بنغازي وسوريا.")
    assert "عداء الولايات المتحدة\n" in cleaned.text
    others = (text for name, text in scraped.items() if name != "le-monde-haftar-russia")
    assert not any(clean(article(text)).truncated for text in others)
