"""Two things asked at once: the parts of a question."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.text import fold, informative

_MOST_PARTS = 4
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
    in front belongs to the first. What would have more than `_MOST_PARTS` is left whole.
    """
    found: list[tuple[int, int]] = []
    begun: int | None = None
    for start, end in _pieces(question):
        first = start if begun is None else begun
        asks = _ASKS.search(fold(question[start:end].strip()))
        if asks and (found or informative(question[start:end])):
            found.append((first, end))
            begun = None
        else:
            begun = first
    if begun is not None and found:
        found[-1] = (found[-1][0], len(question))
    if not 1 < len(found) <= _MOST_PARTS:
        return (question,)
    return tuple(question[start:end].strip() for start, end in found)


def _pieces(question: str) -> Iterator[tuple[int, int]]:
    start = 0
    for cut in _CUT.finditer(question):
        asks = question[cut.start()] in "؟?"
        yield start, cut.start() + asks
        start = cut.end()
    yield start, len(question)
