"""The words of the library and of the evaluation, in Arabic and English."""

from __future__ import annotations

from dataclasses import dataclass

from index.types import Language


@dataclass(frozen=True, slots=True)
class RoomWords:
    """What these two rooms of the page say, in one language; {…} is filled in."""

    search: str
    by_language: str
    by_source: str
    by_month: str
    no_source: str
    other_sources: str
    undated: str
    articles: str
    shown: str
    open: str
    remove: str
    remove_question: str
    removed: str
    add: str
    add_files: str
    add_files_hint: str
    add_text: str
    text_title: str
    text_source: str
    text_day: str
    text_body: str
    text_add: str
    add_links: str
    links: str
    links_hint: str
    links_off: str
    links_add: str
    adding: str
    added: str
    changed: str
    unchanged: str
    refused: str
    copy_of: str
    no_runs: str
    run: str
    runs: str
    run_questions: str
    report: str
    not_scored: str
    compare: str
    before: str
    after: str
    difference: str
    verdict: str
    better: str
    worse: str
    other: str
    same: str
    shared: str
    choose_two: str


ROOMS: dict[Language, RoomWords] = {
    "ar": RoomWords(
        search="ابحث في العناوين والمصادر",
        by_language="حسب اللغة",
        by_source="حسب المصدر",
        by_month="حسب شهر النشر",
        no_source="بلا مصدر",
        other_sources="مصادر أخرى",
        undated="بلا تاريخ",
        articles="المقالات",
        shown="المعروض {shown} من {total}. ضيّق البحث لترى غيرها.",
        open="اقرأ",
        remove="احذف",
        remove_question="أتحذف «{title}» من المجموعة؟ لا رجوع عن ذلك.",
        removed="حُذفت {id} من المجموعة.",
        add="أضف مقالات",
        add_files="ملفات",
        add_files_hint="txt أو md أو html أو pdf أو docx أو jsonl أو csv، حتى 20 مليون بايت للملف.",
        add_text="أو ألصق نصا",
        text_title="العنوان",
        text_source="المصدر",
        text_day="تاريخ النشر (\u20662023-12-31\u2069)",
        text_body="نص المقالة",
        text_add="أضف النص",
        add_links="أو اجلب روابط",
        links="روابط، كل رابط في سطر",
        links_hint="يجلب الخادم كل صفحة عبر https ثم يقرؤها كما يقرأ الملفات.",
        links_off="جلب الروابط غير مسموح به. يسمح به من يدير الخادم حين يكتب "
        'links = "public" في dalil.toml أو يضبط متغير البيئة DALIL_LINKS=public.',
        links_add="اجلب وأضف",
        adding="يقرأ ويضيف: {done} من {total}…",
        added="أُضيفت",
        changed="حُدّثت",
        unchanged="لم تتغير",
        refused="رُفضت",
        copy_of="{copy} نسخة من {original}.",
        no_runs="لا قياسات بعد. ينشئها الأمر: dalil eval run",
        run="القياس",
        runs="القياسات",
        run_questions="الأسئلة",
        report="التقرير",
        not_scored="لم يُحسب بعد",
        compare="قارن",
        before="قبل",
        after="بعد",
        difference="الفرق",
        verdict="الحكم",
        better="أفضل",
        worse="أسوأ",
        other="مختلف",
        same="لا فرق مثبت",
        shared="أسئلة مشتركة: {number}.",
        choose_two="اختر قياسين مختلفين ثم قارن.",
    ),
    "en": RoomWords(
        search="Search titles and sources",
        by_language="By language",
        by_source="By source",
        by_month="By month of publication",
        no_source="No source",
        other_sources="Other sources",
        undated="Undated",
        articles="Articles",
        shown="{shown} of {total} are shown. Search to see others.",
        open="Read",
        remove="Remove",
        remove_question="Remove “{title}” from the collection? This cannot be undone.",
        removed="{id} was removed from the collection.",
        add="Add articles",
        add_files="Files",
        add_files_hint=".txt, .md, .html, .pdf, .docx, .jsonl or .csv, up to 20 million bytes.",
        add_text="Or paste a text",
        text_title="Title",
        text_source="Source",
        text_day="Published (\u20662023-12-31\u2069)",
        text_body="Text of the article",
        text_add="Add the text",
        add_links="Or fetch links",
        links="Links, one per line",
        links_hint="The server fetches each page over https and reads it as it reads files.",
        links_off="Fetching links is not allowed. Whoever runs the server allows it with "
        'links = "public" in dalil.toml or with the environment variable DALIL_LINKS=public.',
        links_add="Fetch and add",
        adding="Reading and adding: {done} of {total}…",
        added="Added",
        changed="Changed",
        unchanged="Unchanged",
        refused="Refused",
        copy_of="{copy} is a copy of {original}.",
        no_runs="There are no runs yet. This makes one: dalil eval run",
        run="Run",
        runs="Runs",
        run_questions="Questions",
        report="Report",
        not_scored="not scored yet",
        compare="Compare",
        before="Before",
        after="After",
        difference="Difference",
        verdict="Verdict",
        better="better",
        worse="worse",
        other="different",
        same="no proved difference",
        shared="Questions in both: {number}.",
        choose_two="Choose two different runs, then compare.",
    ),
}

MEASURES: dict[Language, dict[str, str]] = {
    "ar": {
        "crag_score": "الدرجة",
        "evidence_recall": "الأدلة في الاقتباسات",
        "correctness": "صحة الجواب",
        "refusal_recall": "رفض ما لا جواب له",
        "ndcg@10": "ترتيب المقالات",
    },
    "en": {
        "crag_score": "Score",
        "evidence_recall": "Evidence quoted",
        "correctness": "Right answers",
        "refusal_recall": "Unanswerable refused",
        "ndcg@10": "Articles ranked",
    },
}
"""What the headline figures of a run are called, by their names in its summary."""
