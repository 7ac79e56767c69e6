"""The question: its language, and the kind of thing it asks for."""

from __future__ import annotations

import re
from typing import Literal

from index.months import months
from index.text import fold, informative, language_of, words
from index.types import Language
from rag.types import Question

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
_NAME = re.compile(
    r"^(?:و|ف)?من (?!هم|هن|الذين|اللواتي|اين|اي|ايه|خلال|بين|قبل|بعد|ناحيه|متي|ماذا)\w"
    r"|(?:ما|ماذا) (?:هو |هي )?اسم(?!\w)|(?:^|\s)اين\s"
    r"|اي (?:دوله|مدينه|بلد|شركه|منطقه|ميناء)(?!\w)"
    r"|\bwho(?:se|m)?\b(?! (?:are|were)\b)|\bname of\b|\bwhere\b"
    r"|\b(?:what|which) (?:country|city|company|person|state|region|town|port|group)\b"
)
_YES_OR_NO = re.compile(
    r"^(?:(?:and|so|but)\s+)?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
    r"(?:n['’]t)?\s|^(?:و|ف)?هل\s"
)
_INDIRECT = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how)\b"
    r"|\s(?:من هو|من هي|ما(?!\s(?:زال|زالت|دام|دامت)\s)|ماذا|متي|اين|كم|كيف|لماذا|اي)\s"
)
_NUMBER_WORD = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand"
    r"|million|billion|half|third|quarter|twice)"
    r"|واحد|اثن|ثلاث|اربع|خمس|ست|سبع|ثمان|تسع|عشر|ماي|مئ|الف|مليون|مليار|نصف|ربع"
)
_ARABIC_ASKS = r"(?:ماذا|متي|اين|كيف|لماذا|كم|من|ما|هل|اي|ايه)"
_GOES_ON = re.compile(
    rf"^(?:و(?:[بل]|(?:في|بعد|قبل|من|الي|علي|عن|مع|منذ) )?{_ARABIC_ASKS}(?!\w)"
    r"|ماذا عن\b|and\b|what about\b|how about\b)"
)
_POINTS_BACK = re.compile(
    r"\b(?:he|she|it|they|him|her|his|its|them|their|there)\b"
    r"|(?<!من )(?<!ما )(?<!اين )(?<!ماذا )(?<!\w)(?:هو|هي|هم)(?!\w)"
    r"|(?<!\w)(?:ذلك|هناك|حينها|عندها|بينهما"
    r"|(?:عن|ل|من|في|ب|الي|علي)(?:ه|ها|هم|هما))(?!\w)"
)
_HAS_PRONOUN = re.compile(r"\w{3}(?:ها|هم|هما)(?!\w)")
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

_ARABIC_NAME = re.compile(r"arabic|عربي", re.IGNORECASE)
_IN_LANGUAGE = (
    r"(?:(?:please\s+)?(?:answer|reply|respond|write)(?:\s+me)?\s+in\s+(?:english|arabic)"
    r"|(?:من فضلك\s+)?(?:[أا]جب(?:ني|ي)?|جاوب(?:ني)?|رد|[إا]جابة|الإجابة|الاجابة|اكتب)"
    r"(?:\s+(?:لي|علي))?\s+بال(?:لغة\s+ال)?(?:عربي|[إا]ن[جكغ]ليزي)[ةه]?)(?!\w)"
)
_ANSWER_IN = re.compile(
    rf"^{_IN_LANGUAGE}(?:[\s:,،.]+|$)"
    rf"|(?<![\s,،.;؛(])[\s,،.;؛(]++{_IN_LANGUAGE}(?:\s+please|\s+من فضلك)?[\s.!)]*$",
    re.IGNORECASE,
)
_MOST_WITH_PRONOUN = 4
_MOST_WITH_SUFFIX = 2
"""Informative words of a question in which a pronoun points back, by itself or at a word's end."""


def prepare(question: str) -> Question:
    """Read a question by itself; raises `ValueError` for one without a letter or digit.

    "Answer in Arabic" before or after it is taken off it.
    """
    whole = " ".join(question.split())
    if not words(whole):
        raise ValueError("the question is empty; ask something in Arabic or English")
    found = _ANSWER_IN.search(whole)
    rest = f"{whole[: found.start()]}{whole[found.end() :]}".strip() if found else ""
    asked = rest if words(rest) else whole
    language = language_of(asked)
    answered_in: Language = language
    if found:
        answered_in = "ar" if _ARABIC_NAME.search(found[0]) else "en"
    latest = bool(_LATEST.search(fold(asked)))
    return Question(asked, asked, language, answered_in, latest)


def leans_on_history(question: str) -> bool:
    """Whether a question says that it goes on with another, or points back at what it lacks.

    Not every follow-up does. A pronoun in a longer question may stand for what that itself names.
    """
    folded, said = fold(question), len(informative(question))
    return (
        bool(_GOES_ON.search(folded))
        or said == 0
        or (said <= _MOST_WITH_PRONOUN and bool(_POINTS_BACK.search(folded)))
        or (said <= _MOST_WITH_SUFFIX and bool(_HAS_PRONOUN.search(folded)))
    )


def asks_yes_or_no(question: str) -> bool:
    """Whether no words of an article answer: "Did they meet?", and not "Do you know when?"."""
    folded = fold(question)
    return bool(_YES_OR_NO.search(folded)) and not _INDIRECT.search(folded)


def asks_something(question: Question) -> bool:
    """Whether anything is asked for that articles could hold: function words alone do not."""
    return bool(informative(question.text))


def kind_of(question: str) -> Kind:
    """What the answer must hold."""
    folded = fold(question)
    if _DATE.search(folded):
        return "date"
    return "number" if _NUMBER.search(folded) else "other"


def asks_for_name(question: str) -> bool:
    """Whether one person, place or group is asked for; not where several are."""
    return bool(_NAME.search(fold(question)))


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
