"""Everyday messages: a greeting, "what can you do", "what do you have on …", "summarise …".

They are answered from the catalogue: with what the collection is, with a list of articles, or with
sentences of one article, word for word. None of that pretends to answer a question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from index.text import STOPWORDS, fold, words

Kind = Literal["greeting", "thanks", "farewell", "help", "courtesy", "about", "summary"]

_SAID: dict[Kind, str] = {
    "thanks": """
شكرا الشكر جزيلا مشكور متشكر يسلمو عفوا أفدتني ساعدتني ممتن thank thanks grateful appreciate
appreciated helpful helped cheers
""",
    "farewell": "وداعا السلامة سلامات لقاء اللقاء bye goodbye see farewell",
    "help": """
تساعدني تساعد مساعدتي مساعدة المساعدة تستطيع تقدر بتقدر يمكنك تفعل تعمل بتعمل تعرف أسألك أستخدمك
اسمك دليل نفسك عرفني بنفسك help assist name yourself introduce dalil
""",
    "greeting": """
مرحبا مرحبتين أهلا سهلا وسهلا هلا سلام السلام عليكم وعليكم ورحمة الله وبركاته صباح مساء الخير النور
حال حالك حالكم أحوالك كيفك شلونك هاي hello hi hey good morning evening afternoon night greetings
""",
    "courtesy": """
لا كلا كثيرا جدا لك لكم يا تمام حسنا طيب ممتاز رائع نعم أجل بلى الساعة الآن اليوم فضلك شو بشو ايش وش
فيك no me you ok okay yes fine well great nice there today time please welcome lot later again now
""",
}
_KINDS: dict[str, Kind] = {
    fold(word): kind for kind, said in _SAID.items() for word in said.split()
}
_LONGEST = 300
_HELP = re.compile(
    r"\b(?:what (?:can|could|do) you (?:do|help|know)|what are you|who are you|how (?:can|do) you"
    r" (?:help|work)|(?:what|things) can i ask)\b|(?<!\w)(?:من|مين) (?:انت|تكون)(?!\w)"
)
_SUBJECT = r"(?P<subject>\S.*?)"
_END = r"(?:[\s,،]+(?:please|for me|من فضلك|لو سمحت))*\s*[?؟.!]*$"
_COURTEOUSLY = (
    r"^(?:(?:please|hi|hello|hey|good (?:morning|evening)|ok|so|thanks|can you|could you|من فضلك"
    r"|لو سمحت|مرحبا|اهلا|السلام عليكم|صباح الخير|مسا الخير|شكرا|هل يمكنك ان|ممكن)[,،!.]?\s+)*"
)
_ARTICLE = r"(?:articles?|stor(?:y|ies)|reports?|pieces?|texts?|news)"
_ARABIC_ARTICLE = r"(?:ال)?(?:مقالات|مقاله|مقال|تقارير|تقرير|اخبار|خبر|نصوص|نص|مواد|ماده)"
_HAVE = (
    rf"(?:what(?: {_ARTICLE})? (?:do you have|have you got|is there|are there)"
    rf"|(?:do you have|have you got|is there|are there) (?:anything|something|(?:any )?{_ARTICLE})"
    rf"|(?:list|show|give)(?: me)?(?: all| the| your| all the)* {_ARTICLE}|any {_ARTICLE}"
    rf"|which {_ARTICLE} (?:are|do you have)) (?:on|about|of|regarding|concerning)"
)
_ARABIC_HAVE = (
    r"(?:(?:ماذا|ما الذي|ما|شو|ايش|وش|هل)(?: في| يوجد| توجد| هناك)?"
    r"(?: لديك| لديكم| عندك| عندكم| يوجد| توجد| هناك| في)?"
    rf"(?: (?:شيء|شي|اي شيء|معلومات|(?:من |اي )?{_ARABIC_ARTICLE}))?"
    r"(?: (?:لديك|لديكم|عندك|عندكم|المتوفره|الموجوده|يوجد|توجد))?"
    rf"|(?:اعرض|اعطني|اذكر|عدد|هات)(?: لي)? (?:كل |جميع )?{_ARABIC_ARTICLE}) (?:عن|حول|بخصوص)"
)
_HOLDS = re.compile(
    r"\b(?:have|got|anything|something|there|list|show|give|any|which)\b"
    rf"|لدي|عند|يوجد|توجد|هناك|(?:^|\s)في\s|اعرض|اعطني|اذكر|هات|شيء|{_ARABIC_ARTICLE}"
)
_ABOUT = re.compile(f"{_COURTEOUSLY}(?P<asks>{_HAVE}|{_ARABIC_HAVE}) {_SUBJECT}{_END}")
_SUMMARY = re.compile(
    rf"{_COURTEOUSLY}(?:(?:summari[sz]e|sum up|(?:give me |write )?a (?:short )?summary of)"
    rf"(?: for me)?(?: the| this| that| your)?(?: last| latest)? {_ARTICLE}"
    r"(?: (?:on|about|titled|called|of))?"
    r"|(?:لخص|لخصي|لخصوا|تلخيص|ملخص|اختصر|اوجز|خلاصه)(?: لي| لنا)?(?: هذا| هذه| تلك| ذلك)?"
    rf" {_ARABIC_ARTICLE}(?: (?:عن|حول|بعنوان|المعنون|التي تتحدث عن|الذي يتحدث عن))?)"
    rf"(?: {_SUBJECT})?{_END}"
)


@dataclass(frozen=True, slots=True)
class Everyday:
    """What kind of message it is, and what it is about, "" where it does not say."""

    kind: Kind
    subject: str = ""


def everyday(message: str) -> Everyday | None:
    """What an everyday message asks for; None for a question to the articles.

    `message` has single spaces, as `Question.asked` has.
    """
    if len(message) > _LONGEST:
        return None
    folded = fold(message)
    if found := _SUMMARY.search(folded):
        return Everyday("summary", found["subject"] or "")
    if (found := _ABOUT.search(folded)) and _HOLDS.search(found["asks"]):
        return Everyday("about", found["subject"])
    said = [word.folded for word in words(message)]
    kinds = [_KINDS.get(word) for word in said if word not in STOPWORDS or word in _KINDS]
    if None in kinds:
        return None
    told = [kind for kind in _SAID if kind in kinds]
    if _HELP.search(folded) or "help" in told:
        return Everyday("help")
    return Everyday(told[0]) if told else None
