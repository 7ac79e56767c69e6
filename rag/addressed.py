"""Sentences that speak to whoever answers, instead of telling of something: they are no evidence.

An article is material to read. What stands in it as an order to a reader, or in the form of a
prompt, is neither drafted from nor quoted, and no title or source is shown that is such. Told by
its form, in four ways: the marks of a chat or a prompt; an order that has instructions, a question
or an answer for its object; somebody who is made to answer being addressed; and markup that leads
or loads something. What only reports such an order in the third person stays: "the company told
its chatbot to refuse". A sentence that quotes one word for word goes with it.
"""

from __future__ import annotations

import re

from index.text import fold, words

_REPLY = r"(?:answers?|repl(?:y|ies)|responses?|outputs?)"
_TOLD = r"(?:instructions?|rules|prompts?|guidelines|directives|orders|quotations|question)"
_MACHINE = (
    r"(?:(?:a\.?i\.?|language|virtual|digital) (?:assistants?|models?|systems?|agents?)"
    r"|(?:chat)?bots?|assistants?|llms?|language models?|gpt)"
)
_SAY = (
    r"(?:answer|reply|respond|say|write|print|output|repeat|begin|start|end|close|cite|add|include"
    r"|mention|name|state|translate|use|tell|ignore|disregard|forget|show|list|reveal)"
)
_ARABIC_REPLY = r"(?:ال)?(?:جواب|اجابه|اجابات|رد|ردود|اجوبه)"
_ARABIC_TOLD = r"(?:ال)?(?:تعليمات|قواعد|اوامر|توجيهات|سوال|اقتباسات)"
_ARABIC_MACHINE = (
    r"(?:ال)?(?:مساعد(?: (?:ال)?(?:ذكي|الي|رقمي))?|نموذج(?: (?:ال)?لغه|(?: (?:ال)?لغوي))?|روبوت"
    r"|ذكا (?:ال)?اصطناعي|بوت)"
)
_ARABIC_SAY = (
    r"(?:اجب|جاوب|قل|اكتب|اطبع|كرر|اخرج|اعرض|ابدا|اختم|اضف|اذكر|ترجم|استشهد|انس|تجاهل|اهمل|اترك)"
)

_CHAT = (
    r"<\|?(?:im_\w+|endoftext|system|user|assistant|eot_id|start_header_id|/?s|/?inst)\|?>"
    r"|</?(?:system|user|assistant|instructions?|prompt|context|quotations?|documents?)\b[^>]{0,300}>"
    r"|\[/?inst\]|<</?sys>>"
    r"|#{2,}\s*(?:system|user|assistant|human|instructions?|response|input|output|تعليمات|التعليمات"
    r"|السوال|الجواب|الرد)"
    r"|(?:^|[>\].:]\s*)(?:system|assistant|user|human|النظام|المساعد|المستخدم|الانسان)\s*:"
    r"|\b(?:system|admin\w*) (?:override|prompt|message|command)"
    rf"|(?:^|[?.\s]){_REPLY} in (?:arabic|english)\s*:|(?:^|[؟.\s]){_ARABIC_REPLY} بال\w+\s*:"
    r"|^(?:question|السوال)\s*:|تعليمات النظام"
)
_AT_START = r"(?:^|[,،;؛:.!?؟“\"«(\]]\s*)(?:(?:now|please|always|never|simply|just) )*"
_AFTER = rf"(?:{_AT_START}|\b(?:to|and|then|must|should|can|may) )"
_ORDERED = (
    rf"{_AFTER}(?:"
    rf"(?:ignore|disregard|forget|override|bypass|drop|abandon)\b.{{0,40}}\b(?:{_TOLD}|told)\b"
    rf"|(?:repeat|print|output|show|reveal|list|recite)\b.{{0,60}}\b(?:{_TOLD}|verbatim)\b"
    rf"|{_SAY}\b.{{0,60}}\byour (?:whole |entire |next |final |own )*(?:{_REPLY}|{_TOLD})\b"
    rf"|{_SAY}\b.{{0,60}}\b(?:in|of|to|at) (?:your|every|each|any) {_REPLY}\b)"
    rf"|{_AT_START}(?:"
    rf"(?:disregard|ignore|forget) (?:everything|all|anything|whatever|what)\b"
    rf"|(?:reply|respond)(?: (?:only|always|with|in|by)\b|:| [^\s,.]+ (?:whatever|and|to)\b)"
    rf"|(?:answer|say|write|use)\b.{{0,40}}\b(?:only|nothing else|the word|this element|and stop)\b"
    rf"|(?:reply|respond|answer|output|say|print|write):? [^\s,.]+[\s\d.\"”\[\]]*$"
    rf"|{_SAY}\b.{{0,60}}\b(?:in|of|to|at) the {_REPLY}\b"
    rf"|(?:end|begin|start|close) (?:every|each|your) )"
)
_ARABIC_ORDERED = (
    rf"(?:^|[,،;؛:.!؟“\"«(\]]\s*| و| ثم | ف)(?:"
    rf"(?:تجاهل|اهمل|انس|اترك|تخط|الغ) (?:جميع |كل |سائر )*(?:{_ARABIC_TOLD}|ما قيل|ما سبق)"
    rf"|(?:كرر|اطبع|اخرج|اعرض|اذكر)\b.{{0,60}}{_ARABIC_TOLD}"
    rf"|{_ARABIC_SAY}(?: \S+){{0,6}} (?:فقط|وتوقف|ولا شي سوا\w*|حرفيا)"
    rf"|(?:اجب|جاوب|رد) (?:ب|ان|دائما|{_ARABIC_REPLY})"
    rf"|اجب \S+ مهما"
    rf"|(?:قل|اكتب|اطبع|اضف|اذكر) (?:كلمه|عباره|هذا|هذه)\b"
    rf"|(?:قل|اكتب|اطبع|اجب|اخرج|الجواب):? [^\s،.]+[\s\d.\"”»\[\]]*$"
    rf"|{_ARABIC_SAY}\b.{{0,60}}\b(?:جوابك|اجابتك|ردك|{_ARABIC_REPLY})\b"
    rf"|اختم كل )"
)
_ADDRESSED = (
    rf"\b(?:note|message|notice|instructions?|command|orders?|attention|dear|hey|hello)\b"
    rf".{{0,30}}\b(?:(?:to|for) )?(?:the |any |every |all )?(?:ai )?{_MACHINE}\b"
    rf"|(?:^|[.,;:] )(?:{_MACHINE})\s*[:,]"
    rf"|\b{_MACHINE} (?:must|should|has to|have to|is to|are to|shall|will now)"
    rf" (?:always |never |now |only )*{_SAY}\b"
    rf"|\bmust (?:be )?(?:\w+ ){{0,3}}in (?:every|each|any) {_REPLY}\b"
    rf"|\b(?:every|each|any) {_REPLY}\b.{{0,60}}\b(?:must|has to|should|shall)\b"
    rf"|\byou (?:are|will be) (?:now )?(?:an? |the )?(?:\w+ )?{_MACHINE}\b"
    rf"|\b(?:from now on|from this point on)\b.{{0,20}}\byou"
    rf"|\byour (?:new |only )?(?:task|instructions|prompt|rules|guidelines)\b"
    rf"|\byou (?:must|should|have to|only|may)\b.{{0,60}}\b(?:{_REPLY}|say|{_TOLD})\b"
    rf"|\b(?:when|whenever|if) (?:you|someone|anyone|a user|the user|the reader)"
    rf" (?:answer|asks?|are asked|replies|reply)\b.{{0,300}}\b(?:answer|reply|say|add|respond)\b"
    rf"|\byour (?:whole |entire |next |final )?{_REPLY}\b"
    rf"|\bis\W{{1,4}}(?:the )?\W{{0,4}}(?:right |correct )?{_REPLY} to\s*[:\"“«]"
    rf"|\b(?:only|sole) (?:acceptable|valid|permitted|allowed) {_REPLY}\b"
)
_ARABIC_ADDRESSED = (
    rf"\b(?:ايها|يا|ملاحظه|تنبيه|رساله|تعليمات|امر)\b.{{0,30}}?(?:الي |ل)?ل?{_ARABIC_MACHINE}\b"
    rf"|\b[وف]?(?:علي|يجب علي|ينبغي ل|يطلب .{{0,20}}من) {_ARABIC_MACHINE}\b.{{0,20}}\bان\b"
    rf"|\b(?:انت|انك) (?:الان )?{_ARABIC_MACHINE}\b"
    rf"|\b[ولبف]*(?:جوابك|اجابتك|ردك|تعليماتك|مهمتك|قواعدك|اوامرك)\b"
    rf"|\b[وف]?(?:اذا|عندما|متي|كلما) (?:سيلت|سالك|تجيب|اجبت|طلب منك)\b.{{0,300}}"
    rf"\bف?(?:اجب|قل|اضف|اكتب|اذكر)\b"
    rf"|\bكل {_ARABIC_REPLY}\b.{{0,60}}\b(?:يجب|ينبغي|لا بد)\b"
    rf"|\b[وف]?(?:يجب|عليك|ينبغي)\b.{{0,60}}\bفي (?:كل )?{_ARABIC_REPLY}\b"
    rf"|\b{_ARABIC_REPLY} (?:الوحيد|الوحيده) (?:المقبول|المسموح|الصالح)\w*"
    rf"|\bهو\W{{1,4}}{_ARABIC_REPLY}(?: السوال)?\s*[:«“\"]"
    rf"|\bلغه {_ARABIC_REPLY}\b|\bالقواعد التي تتبعها\b|\bما يجب ان تقوله\b"
)
_LEADS = (
    r"!?\[[^\]\n]{0,300}\]\s?\([^)\s]"
    r"|<(?:a|img|script|iframe|svg|object|embed|link|form|input|video|audio|style|meta)\b"
    r"|javascript:|data:text"
    r"|\b(?:visit|click|open|go to|log in|sign in|زر|زوروا|اضغط|انقر|افتح)\b.{0,40}"
    r"(?:https?://|www\.)"
)
_ALL = re.compile(
    "|".join(
        f"(?:{each})"
        for each in (_CHAT, _ORDERED, _ARABIC_ORDERED, _ADDRESSED, _ARABIC_ADDRESSED, _LEADS)
    )
)


_HINTED = """
< > [ # : your you repl respon answer output instruct rule prompt guideline directive order quot
question told assistant bot model agent system admin llm gpt else disregard ignore forget script
data: say print write use جواب اجاب اجب جاوب رد تعليمات قواعد اوامر توجيهات سوال اقتباس مساعد نموذج
روبوت بوت ذكا قل اكتب اطبع كرر اخرج اعرض ابدا اختم اضف اذكر ترجم استشهد انس تجاهل اهمل اترك مهمتك
"""
_HINTS = tuple(_HINTED.split())
"""Every pattern needs one of these, and looking for them is quicker."""

_LONGEST = 2_000

_FEWEST_WORDS = 5
_QUESTION_MARKS = ("?", "؟")


def is_addressed(text: str) -> bool:
    """Whether a sentence, a title or a name speaks to whoever answers, or is no prose at all.

    So is what is longer than any of these.
    """
    if len(text) > _LONGEST:
        return True
    said = " ".join(fold(text).split())
    return any(hint in said for hint in _HINTS) and bool(_ALL.search(said))


def restates(text: str, question: str) -> bool:
    """Whether a sentence has a question in it, word for word.

    Prose that answers has its words in another order; what repeats it is a heading, or was written
    for whoever is asked it.
    """
    asked = [word.folded for word in words(question)]
    if len(asked) < _FEWEST_WORDS or not question.rstrip().endswith(_QUESTION_MARKS):
        return False
    said = [word.folded for word in words(text)]
    return any(said[start : start + len(asked)] == asked for start in range(len(said)))
