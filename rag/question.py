"""The question: its language, the kind of thing it asks for, and what a follow-up is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from index.months import months
from index.text import fold, informative, language_of, stem, words
from rag.types import Message, Question

Kind = Literal["number", "date", "other"]

_NUMBER = re.compile(
    r"(?:^|\s)(?:و|ب|ل|ف)?كم(?:\s|$)"
    r"|(?:^|\s)(?:عدد|نسبه|مقدار|قيمه|كلفه|تكلفه|حصيله)\s"
    r"|\bhow (?:many|much|long|far|old|tall|big|large|high|deep|often)\b"
    r"|\b(?:number|percentage|share|cost|price|toll|population) of\b"
)
_DATE = re.compile(
    r"(?:^|\s)(?:و|ف)?متي(?:\s|$)|(?:اي|ايه) (?:عام|سنه|تاريخ|يوم|شهر)|(?:ما|هو) تاريخ"
    r"|\bwhen\b|\b(?:what|which|in what|in which) (?:year|date|day|month)\b|\bsince when\b"
)
_NUMBER_WORD = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand"
    r"|million|billion|half|third|quarter|twice)"
    r"|واحد|اثن|ثلاث|اربع|خمس|ست|سبع|ثمان|تسع|عشر|ماي|مئ|الف|مليون|مليار|نصف|ربع"
)
_FOLLOW_UP = re.compile(
    r"^(?:و(?:ماذا|متي|اين|كيف|لماذا|كم|من|ما|هل)|ماذا عن|and\b|what about\b|how about\b)"
    r"|\b(?:he|she|it|they|him|her|his|its|them|their)\b"
    r"|(?:^|\s)(?:هو|هي|هم|ذلك|هناك|عنه|عنها|له|لها|منه|منها|فيه|فيها|به|بها)(?:\s|$)"
)
_LATEST = re.compile(
    # "last" stands before what it is about; after it the same word means "other".
    r"(?:^|(?<!\w)(?:و?ما|و?من|هو|هي|كان|كانت|عن|في|وفق|ب?حسب|منذ|متي|كم|اين|علي)\s+|(?<!\w)ل)"
    r"اخر\s+(?!ال(?:مطاف|امر|يوم|عام|سنه|شهر|اسبوع|قرن|ليل|نهار|عمر)(?!\w)|(?:من|في|علي|عن|الي)\s)\w"
    # "newest", but not the verb "caused".
    r"|(?<!الذي )(?<!ماذا )(?<!قد )(?<!التي )(?<!\w)(?:ال|[بل])?احدث\s+\w"
    # "recent years", "the latter" and "last place" do not ask for news.
    r"|(?<!هذا )(?<!هذه )(?<!السنوات )(?<!الاعوام )(?<!العقود )(?<!الاونه )(?<!الفتره )"
    r"(?<!المركز )(?<!الاسم )(?<!الفصل )(?<!اللحظه )(?<!\w)الاخيره?(?!\w)"
    r"|(?<!\w)(?:موخرا|حاليا|الحاليه?|الان)(?!\w)"
    r"|(?<!at the )\blatest\b|\bnewest\b|\bmost recent(?:ly)?\b|\bcurrently\b|\bnow(?=\s*\?*$)"
    r"|(?:\b(?:the|his|her|its|their)|['’]s)\s+(?:current\s+\w"
    r"|last\s+(?!\d|(?:few|two|three|several|week|month|year|decade|centur|day|night|hour|minute"
    r"|place|name|resort|chapter|of)))"
)
_FEW_WORDS = 1
_COURTEOUS = """
مرحبا أهلا وسهلا سلام السلام عليكم صباح مساء الخير النور شكرا جزيلا عفوا حال حالك حالكم أحوالك
اسمك تمام حسنا طيب ممتاز نعم أجل الساعة الآن اليوم وداعا
hello hi hey good morning evening night name thanks thank please welcome ok okay yes fine bye
goodbye time today well great
"""
_COURTESIES = frozenset(stem(fold(word)) for word in _COURTEOUS.split())


def prepare(question: str, history: Sequence[Message] = ()) -> Question:
    """Read a question; one that leans on the conversation gets the question before it in front.

    Raises `ValueError` for a question without a letter or digit.
    """
    asked = " ".join(question.split())
    if not words(asked):
        raise ValueError("the question is empty; ask something in Arabic or English")
    language = language_of(asked)
    before = _last_question(history)
    text = f"{before} {asked}" if before and leans_on_history(asked) else asked
    return Question(asked, text, language, latest=bool(_LATEST.search(fold(text))))


def leans_on_history(question: str) -> bool:
    """Whether a question cannot be understood alone: it points back, or names almost nothing."""
    folded = fold(question).strip()
    return bool(_FOLLOW_UP.search(folded)) or len(informative(question)) <= _FEW_WORDS


def asks_something(question: Question) -> bool:
    """Whether anything is asked for that articles could hold: a greeting or a "no" does not."""
    said = informative(question.asked)
    is_courtesy = bool(said) and _COURTESIES.issuperset(said)
    return bool(informative(question.text)) and not is_courtesy


def kind_of(question: str) -> Kind:
    """What the answer must hold."""
    folded = fold(question)
    if _DATE.search(folded):
        return "date"
    return "number" if _NUMBER.search(folded) else "other"


def kind_missing(question: str, text: str) -> float:
    """1 where a number or date is asked for and the text has none that was not given."""
    kind = kind_of(question)
    if kind == "other":
        return 0.0
    given = {word.folded for word in words(question)}
    rest = " ".join(word.folded for word in words(text) if word.folded not in given)
    if kind == "date":
        return float(not (months(rest) or any(letter.isdigit() for letter in rest)))
    return float(not _NUMBER_WORD.search(rest))


def _last_question(history: Sequence[Message]) -> str:
    asked = [turn["content"] for turn in history if turn["role"] == "user"]
    return " ".join(asked[-1].split()) if asked else ""
