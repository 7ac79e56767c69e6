"""Two things asked at once: the parts of a question."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.text import fold, informative

_ENGLISH = r"(?:who|whom|whose|what|when|where|which|why|how)"
_BEFORE_ENGLISH = r"(?:(?:in|on|at|by|for|from|to|with|of|about|after|before)\s+)?"
_ARABIC = (
    r"(?:(?:(?:في|الى|على|عن|مع|منذ|من)\s+)?(?:متى|[بل]?كم|[بل]?أ[يَ]+ة?|أين)"
    r"|ل?ماذا|بماذا|كيف|ل[مِ]+َ?ن|هل|مَن|مَنْ"
    # "who", and not "from"; "what", and not "still" or "as long as".
    r"|من\s+(?:هو|هي|هم|كان|كانت|الذي|التي|الذين|أين)"
    r"|ما(?=\s+(?!زال|دام|لم|لا\b|إن\b|بعد|بين|قبل|يزال|تزال)))"
)
_CUT = re.compile(
    rf"[؟?]\s+(?=\w)"
    rf"|[,،;؛]?\s+(?:and|or)\s+(?={_BEFORE_ENGLISH}{_ENGLISH}\b)"
    r"|[,،;؛]\s*(?=(?:what|how|why)\b)"
    rf"|[,،;؛]?\s+و(?={_ARABIC}(?!\w))"
    rf"|[,،;؛]\s*و(?=من\s)"
    rf"|[,،;؛]\s*(?={_ARABIC}(?!\w))",
    re.IGNORECASE,
)
_ASKS = re.compile(
    # Not "when" and a clause, nor a relative clause in the middle.
    rf"(?:^|[,;:] ){_BEFORE_ENGLISH}(?:when (?:is|are|was|were|do|does|did|has|have|had|will|can"
    r"|could|would|should)\b|(?!when\b)" + _ENGLISH + r"\b)"
    r"|^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"
    r"|(?:^|[,،;؛:] ?)[وف]?(?:(?:في|الي|علي|عن|مع|منذ|بعد|قبل|من) )?"
    r"(?:[بل]?(?:متي|اين|كيف|لماذا|ماذا|كم|هل|اي|ايه|ما|مين|شو|ليش|وين|فين|امتي)"
    # "who", and not "from" or "among".
    r"|من(?= (?!(?:بين|خلال|اجل|قبل|بعد|ضمن|دون|حيث|ناحيه|جانب)\b|ال(?!ذي|تي|ذين))))(?!\w)"
)


def parts_of(question: str) -> tuple[str, ...]:
    """What is asked one after another, word for word; the question alone where it is one thing.

    A part asks for something itself: "At the summit, who spoke and where?" has two, and what stands
    in front belongs to the first.
    """
    found: list[str] = []
    begun = ""
    for start, end in _pieces(question):
        piece = question[start:end].strip()
        if not _ASKS.search(fold(piece)) or (not found and not informative(piece)):
            begun = question[_start(question, begun, start) : end].strip()
        else:
            found.append(question[_start(question, begun, start) : end].strip())
            begun = ""
    if begun and found:
        found[-1] = question[question.find(found[-1]) :].strip()
    return tuple(found) if len(found) > 1 else (question,)


def _pieces(question: str) -> Iterator[tuple[int, int]]:
    start = 0
    for cut in _CUT.finditer(question):
        asks = question[cut.start()] in "؟?"
        yield start, cut.start() + asks
        start = cut.end()
    yield start, len(question)


def _start(question: str, begun: str, start: int) -> int:
    return question.rfind(begun, 0, start) if begun else start
