"""Comparisons: the two things that a question compares, each asked about by itself.

"Which killed more people, the flood or the earthquake?" becomes two questions, as no sentence tells
of both: "How many people were killed in the flood?" and the same of the earthquake. Nothing is
concluded from what is found: whoever asks sees both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TIMES = "first|last|earlier|earliest|later|latest|sooner|before|newer|newest"
_AMOUNTS: Mapping[str, str] = {
    "more": "many",
    "most": "many",
    "fewer": "many",
    "fewest": "many",
    "less": "much",
    "least": "much",
    "higher": "high",
    "highest": "high",
    "larger": "large",
    "largest": "large",
    "bigger": "big",
    "biggest": "big",
    "greater": "great",
    "greatest": "great",
    "longer": "long",
    "longest": "long",
    "taller": "tall",
    "tallest": "tall",
    "older": "old",
    "oldest": "old",
    "smaller": "small",
    "smallest": "small",
    "deadlier": "many",
    "deadliest": "many",
}
_IS = ("is", "are", "was", "were")
_HAPPENED = (*_IS, "", "came", "happened", "occurred", "took place")
_LONGEST = 300
"""Letters of a question that may compare. Trying one of 3,200 took 2 seconds, of 16,000 196."""

_AND = r"\s+و(?:بين\s+)?(?!زير|زار|فد|ثيق|لاي|كال|اشنطن|ادي|رق|قت)(?=\w)"
"""The Arabic "and", and not the first letter of a word such as "minister"."""

_ENGLISH_CHOICE = re.compile(
    r"^(?:and\s+)?(?:which|what|who)\b(?P<asks>[^,:?]+)[,:]\s*(?P<one>[^?]+?),?\s+or\s+(?P<two>[^?]+?)"
    r"[\s?]*$",
    re.IGNORECASE,
)
_ENGLISH_PAIR = re.compile(
    r"^(?:please\s+)?compare\s+(?:(?:the\s+)?(?P<what>\w[\w\s]*?)\s+(?:of|in)\s+)?"
    r"(?P<one>[^?]+?)\s+(?:and|with|to|versus|vs\.?)\s+(?P<two>[^?]+?)[\s?.]*$",
    re.IGNORECASE,
)
_ENGLISH_DIFFERENCE = re.compile(
    r"^(?:what(?:['’]s|\s+is|\s+are|\s+was|\s+were)\s+)?the\s+(?:main\s+)?differences?\s+"
    r"(?:in\s+(?:the\s+)?(?P<what>[^?]+?)\s+)?between\s+(?P<one>[^?]+?)\s+and\s+(?P<two>[^?]+?)[\s?.]*$",
    re.IGNORECASE,
)
_ENGLISH_TIME = re.compile(rf"\b(?:{_TIMES})\b", re.IGNORECASE)
_ENGLISH_AMOUNT = re.compile(rf"\b(?:{'|'.join(_AMOUNTS)})\b", re.IGNORECASE)

_ARABIC_CHOICE = re.compile(
    r"^و?[أا]ي(?:هما|هم)?\s+(?P<asks>[^،,:؟?]+)[،,:]\s*(?P<one>[^؟?]+?)\s+[أا][مو]\s+(?P<two>[^؟?]+?)"
    r"\s*[؟?](?!.*[؟?])"
)
_ARABIC_PAIR = re.compile(
    r"^(?:و?قارني?|ما\s+(?:هو\s+)?(?:الفرق|الاختلاف)|ما\s+(?:هي\s+)?(?:الفروق|الاختلافات))\s+بين\s+"
    rf"(?P<one>[^؟?]+?){_AND}(?P<two>[^؟?]+?)[\s؟?.]*$"
)
_ARABIC_TIME = re.compile(r"(?<!\w)(?:[أا]سبق|[أا]ولا?|قبل|[أا]حدث|الأول|الأسبق)(?!\w)")
_ARABIC_AMOUNT = re.compile(
    r"(?<!\w)(?:[أا]كثر|[أا]كبر|[أا]على|[أا]قل|[أا]طول|[أا]شد|[أا]صغر)(?!\w)"
)
_ARABIC_EMPTY = re.compile(r"(?<!\w)(?:كان|كانت|وقع|وقعت|حدث|حدثت|جاء|جاءت|عددا?|من)(?!\w)")
_KILLED = re.compile(
    r"\b(?:kill(?:ed|s)?|dead|deadl\w+|deaths?|died|lives|victims)\b|[أا]ود[ىت]|قتل|ضحايا|فتكا|[أا]رواح",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"^(?:عدد|حصيلة)\s")


@dataclass(frozen=True, slots=True)
class Side:
    """One of two things that are compared: as it is named, and the question about it alone.

    `own`: the words of its name that the other's does not have.
    """

    name: str
    question: str
    own: str


def sides_of(question: str) -> tuple[Side, ...]:
    """The two things that a question compares; empty where it compares none."""
    if len(question) > _LONGEST:
        return ()
    for pattern, asking in (
        (_ENGLISH_CHOICE, _english_choice),
        (_ENGLISH_PAIR, _english_pair),
        (_ENGLISH_DIFFERENCE, _english_pair),
        (_ARABIC_CHOICE, _arabic_choice),
        (_ARABIC_PAIR, _arabic_pair),
    ):
        if found := pattern.search(question.strip()):
            names = _parallel(found["one"], found["two"])
            asked = [asking(found, name) for name in names]
            own = [_without(*names), _without(*reversed(names))]
            return tuple(map(Side, names, asked, own)) if all(asked) else ()
    return ()


def _english_choice(found: re.Match[str], name: str) -> str:
    asks = found["asks"]
    if _ENGLISH_TIME.search(asks):
        rest = " ".join(_ENGLISH_TIME.sub("", asks).split())
        return f"When was {name}?" if rest in _HAPPENED else f"When {rest} {name}?"
    compared = _ENGLISH_AMOUNT.search(asks)
    if compared is None:
        return ""
    if _KILLED.search(asks):
        return f"How many people were killed in {name}?"
    before, after = asks[: compared.start()].split(), asks[compared.end() :].split()
    amount = _AMOUNTS[compared[0].lower()]
    if amount == "many" and not after:
        amount = "much"
    rest = " ".join([*before, *after])
    return f"How {amount} {rest} {name}?" if rest in _IS else f"How {amount} {rest}, {name}?"


def _english_pair(found: re.Match[str], name: str) -> str:
    what = found["what"]
    if what and _KILLED.search(what):
        return f"How many people were killed in {name}?"
    return f"What is the {what} of {name}?" if what else f"What is {name}?"


def _arabic_choice(found: re.Match[str], name: str) -> str:
    asks = _ARABIC_EMPTY.sub("", found["asks"])
    if _ARABIC_TIME.search(asks):
        return f"{' '.join(['متى كان', name, *_ARABIC_TIME.sub('', asks).split()])}؟"
    if not _ARABIC_AMOUNT.search(asks):
        return ""
    if _KILLED.search(asks):
        return f"كم عدد قتلى {name}؟"
    rest = " ".join(_ARABIC_AMOUNT.sub("", asks).split())
    return f"كم عدد {rest}: {name}؟" if "عدد" in found["asks"] else f"كم {rest}: {name}؟"


def _arabic_pair(found: re.Match[str], name: str) -> str:
    return f"كم {name}؟" if _COUNTED.match(name) else f"ما {name}؟"


def _without(name: str, other: str) -> str:
    shared = {word.lower() for word in other.split()}
    return " ".join(word for word in name.split() if word.lower() not in shared) or name


def _parallel(one: str, two: str) -> tuple[str, str]:
    """Both names whole: the number of the dead of one, and then that of the other."""
    words, others = one.split(), two.split()
    if _COUNTED.match(one) and not _COUNTED.match(two) and len(others) < len(words):
        two = " ".join([*words[: len(words) - len(others)], *others])
    return one.strip(), two.strip()
