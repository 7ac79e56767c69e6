"""Questions as they would be written with care: what is searched for instead of what was typed.

Folding (`index.text`) makes the spellings of a word one for the lexical part. The embedding model
reads letters, and knows أين better than اين: what is embedded is spelt as most people spell it,
from a list of common words (`spellings.txt`). Question words of the dialects become those of the
written language. A word that the collection does not hold becomes one that stands, one typing error
away, in a chunk with the question's other words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from index.candidates import lexical_scores, rarest
from index.catalogue import Catalogue
from index.rows import StoredChunk
from index.text import ARABIC_LETTER, STOPWORDS, Word, embeddable, fold, stem, words

_DIALECTS = {
    "ما": "شنو شنوا اشنو ايش شو وش ايه",
    "لماذا": "ليش ليه علاش لواش",
    "أين": "فين وين فاين",
    "متى": "امتى إيمتى وقتاش وينتا",
    "كيف": "ازاي إزاى كيفاش شلون",
    "من": "مين شكون منو",
    "كم": "كام قديش قداش شحال",
    "بكم": "بكام بقديش بقداش بشحال",
}
_STANDARD = {fold(said): word for word, all_said in _DIALECTS.items() for said in all_said.split()}
_ASKING = frozenset(map(fold, (*_DIALECTS, "ماذا", "هل", "أي", "أية"))) - _STANDARD.keys()

_FEWEST_IN_CAPITALS = 3
_SHORTEST_CORRECTED = 5
_ROWS = ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءرليهوزظ", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_ALIKE = ("ظض", "ذد", "ثس", "صس", "طت", "قك", "ثت", "ذز")
_ALPHABETS = ("ءابتثجحخدذرزسشصضطظعغفقكلمنهوي", "abcdefghijklmnopqrstuvwxyz")
_CHUNKS_READ = 100
"""How many chunks with the other words of a question are looked through for a mistyped one."""


def searched(question: str, catalogue: Catalogue) -> str:
    """What is searched for: the question with its words as the collection and others write them."""
    return corrected(written(question), catalogue)


def written(question: str) -> str:
    """A question in the usual spelling, the dialects' words for asking in the standard language.

    A word that is in the list as it was typed stays, one whose fold is there takes its commonest
    spelling. Capitals throughout become small letters. A dialect's word is understood at the
    beginning, where few names stand, and at the end of a question without another word for asking:
    شو is also Bernard Shaw.
    """
    plain = _without_capitals(embeddable(question))
    found = words(plain)
    asks = any(word.folded in _ASKING for word in found)
    changes = {}
    for place, word in enumerate(found):
        typed = plain[word.start : word.end]
        is_asking = place == 0 or (place == len(found) - 1 and not asks)
        if is_asking and word.folded in _STANDARD and not typed.endswith("ة"):  # أية is not ايه
            changes[word] = _STANDARD[word.folded]
        elif ARABIC_LETTER.match(typed):
            spelt = _spellings().get(word.folded, (typed,))
            changes[word] = typed if typed in spelt else spelt[0]
    return _changed(plain, changes)


def _without_capitals(question: str) -> str:
    """Small letters where every word of a question, not just an abbreviation, is in capitals."""
    if not question.isupper() or ARABIC_LETTER.search(question):
        return question
    is_sentence = sum(word.folded.isalpha() for word in words(question)) >= _FEWEST_IN_CAPITALS
    return question.lower() if is_sentence else question


def corrected(question: str, catalogue: Catalogue) -> str:
    """A question with mistyped words as the chunks have them that hold its other words.

    A word counts as mistyped where it is neither common nor in the collection, by its stem, and one
    of the best of those chunks holds a word that is one typing error away.
    """
    found = words(question)
    known = catalogue.stem_counts({stem(word.folded) for word in found})
    doubtful = [
        word for word in found if stem(word.folded) not in known and _may_be_mistyped(word.folded)
    ]
    if not doubtful:
        return question
    others = {stem(word.folded) for word in found if word.folded not in STOPWORDS} & known.keys()
    scores = lexical_scores(catalogue, rarest(sorted(others), catalogue), _CHUNKS_READ)
    beside = sorted(catalogue.chunks(scores), key=lambda item: -scores[item.chunk.id])
    meant = {word: _meant(word.folded, beside) for word in doubtful}
    return _changed(question, {word: text for word, text in meant.items() if text})


def near(folded: str) -> set[str]:
    """The words one typing error away from a folded word.

    A letter more, one twice, two that changed places, one missing, or another that lies beside the
    right one on the keyboard or sounds like it.
    """
    alphabet = _ALPHABETS[0] if ARABIC_LETTER.match(folded) else _ALPHABETS[1]
    places = range(len(folded))
    cut = [(folded[:at], folded[at:]) for at in range(len(folded) + 1)]
    return {
        *(folded[:at] + folded[at + 1 :] for at in places),
        *(folded[:at] + folded[at + 1] + folded[at] + folded[at + 2 :] for at in places[:-1]),
        *(head + letter + tail for head, tail in cut for letter in alphabet),
        *(
            folded[:at] + letter + folded[at + 1 :]
            for at in places
            for letter in _neighbours().get(folded[at], "")
        ),
    } - {folded}


def _may_be_mistyped(folded: str) -> bool:
    return (
        len(folded) >= _SHORTEST_CORRECTED
        and folded.isalpha()
        and folded not in STOPWORDS
        and folded not in _spellings()
    )


def _meant(folded: str, beside: Sequence[StoredChunk]) -> str:
    """The word that a mistyped one stands for, as the first chunk with one has it, or nothing."""
    candidates = {word for word in near(folded) if not _is_inflected(folded, word)} - STOPWORDS
    for item in beside:
        if candidates.isdisjoint(item.folded.split()):
            continue
        for word in words(item.chunk.text):
            if word.folded in candidates:
                return item.chunk.text[word.start : word.end]
    return ""


def _is_inflected(word: str, other: str) -> bool:
    """Whether two Arabic words may be forms of one: an end differs, but not by changed places."""
    prefixed = other in (word[1:], f"{other[0]}{word}")
    ends = (word[0], word[-1]) != (other[0], other[-1])
    is_form = prefixed or (ends and sorted(word) != sorted(other))
    return is_form and ARABIC_LETTER.match(word) is not None


def _changed(text: str, changes: Mapping[Word, str]) -> str:
    for word in sorted(changes, key=lambda each: each.start, reverse=True):
        text = text[: word.start] + changes[word] + text[word.end :]
    return text


@lru_cache(maxsize=1)
def _spellings() -> dict[str, tuple[str, ...]]:
    """Folded common words to how they are spelt, the commonest first."""
    text = resources.files("index").joinpath("spellings.txt").read_text("utf-8")
    spelt: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            folded = fold(line)
            spelt[folded] = (*spelt.get(folded, ()), line)
    return spelt


@lru_cache(maxsize=1)
def _neighbours() -> dict[str, str]:
    """Letters to those that are taken for them."""
    beside: dict[str, str] = {}
    for row in (*_ROWS, *_ALIKE):
        for first, second in pairwise(row):
            beside[first] = beside.get(first, "") + second
            beside[second] = beside.get(second, "") + first
    return beside
