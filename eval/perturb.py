"""Collections of any size made from a small real one, with the growth that real ones have.

Every made article is a real one in which half of the words are others of its language, drawn as
often as they really occur, and some are new. How many are new follows Heaps' law with the figures
of Manning, Raghavan and Schütze, "Introduction to Information Retrieval" (2008), 5.1.1, for
Reuters-RCV1: 44 n^0.49 different words among the first n. The last words of a sentence stay, so
that its vector, and that of the chunk it ends, can be told from the real ones; each is moved by
noise as long as the distance between a real chunk and the one nearest to it.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue, Settings
from index.embed import Embedder, Passage
from index.text import words
from index.types import Article, Language, RawArticle, Sentence

Vectors = NDArray[np.float32]

REPLACED = 0.5
"""The share of the words, those at the end of a sentence aside, that become others."""

KEPT = 3
"""How many words at the end of a sentence stay."""

_HEAPS_FACTOR, _HEAPS_POWER = 44.0, 0.49
_LONGEST_END = 90
_SHORTEST_PART = 4
_MOST_TOKENS, _LETTERS_OF_A_TOKEN = 512, 3


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language; `upto` adds up how often each of them occurs.

    `parts` are those of letters alone and long enough to make new ones of.
    """

    words: tuple[str, ...]
    upto: tuple[int, ...]
    parts: tuple[str, ...]

    def drawn(self, draw: random.Random) -> str:
        """A word, as often as it really occurs."""
        return draw.choices(self.words, cum_weights=self.upto)[0]

    def new(self, draw: random.Random) -> str:
        """A word that looks like this language's but is hardly one of them: parts of three."""
        first, second, third = draw.choices(self.parts, k=3)
        return first[: len(first) // 2 + 1] + second[len(second) // 2 :] + third[-2:]


@dataclass(frozen=True, slots=True)
class Template:
    """A real article in pieces: those at `places` are words that may become others."""

    title: str
    language: Language
    pieces: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A real collection taken apart.

    `vectors` (n, d) are those of chunks and sentences; `ends` leads from the last words of a
    sentence to the rows of its chunk and its own. `spread` is the median distance of a chunk to the
    one nearest to it, `article_words` the mean number of words of an article.
    """

    templates: tuple[Template, ...]
    lexicons: Mapping[Language, Lexicon]
    vectors: Vectors
    ends: Mapping[tuple[str, ...], tuple[int, int]]
    spread: float
    article_words: float


def source_of(catalogue: Catalogue) -> Source:
    """Take a real collection of two chunks or more apart."""
    counts: dict[Language, Counter[str]] = {}
    templates, rows, heads = [], list[Vectors](), list[int]()
    ends: dict[tuple[str, ...], tuple[int, int]] = {}
    spans: dict[str, list[Sentence]] = {}
    articles = {row.id: catalogue.article(row.id) for row in catalogue.summaries()}
    stored = sorted(catalogue.chunks(catalogue.chunk_ids()), key=lambda item: item.chunk.id)
    for item in stored:
        head = len(rows)
        heads.append(head)
        rows += [item.vector, *item.sentence_vectors]
        text = articles[item.chunk.article_id].text
        spans.setdefault(item.chunk.article_id, []).extend(item.chunk.sentences)
        for number, span in enumerate(item.chunk.sentences, 1):
            ends[_end(text[span.start : span.end])] = (head, head + number)
    for id_, article in sorted(articles.items()):
        found = [article.text[word.start : word.end] for word in words(article.text)]
        counts.setdefault(article.language, Counter()).update(found)
        templates.append(_template(article, spans.get(id_, [])))
    vectors = np.stack(rows)
    return Source(
        tuple(templates),
        {language: _lexicon(counted) for language, counted in counts.items()},
        vectors,
        ends,
        _spread(vectors[heads]),
        sum(counted.total() for counted in counts.values()) / len(articles),
    )


def new_share(read: float) -> float:
    """The share of new words after `read` words: the slope of Heaps' law."""
    return float(min(1.0, _HEAPS_FACTOR * _HEAPS_POWER * max(read, 1.0) ** (_HEAPS_POWER - 1)))


def perturbed(source: Source, number: int, seed: int = 7) -> RawArticle:
    """The made article `number`, counted from 0: the same for the same seed."""
    draw = random.Random(f"{seed}-{number}")  # noqa: S311
    template = source.templates[number % len(source.templates)]
    lexicon, pieces = source.lexicons[template.language], list(template.pieces)
    seen = (number + len(source.templates)) * source.article_words
    new = new_share(seen) / REPLACED
    for place in template.places:
        if draw.random() < REPLACED:
            make = lexicon.new if draw.random() < new else lexicon.drawn
            pieces[place] = make(draw)
    return RawArticle(
        id=f"made-{number}",
        origin=f"made#{number}",
        title=template.title,
        text="".join(pieces),
        language=template.language,
    )


class Prepared(Embedder):
    """In the place of the embedder that built a collection, without its weights.

    Passages get the vectors of the real ones they were made of, moved; a text with unknown last
    words gets those of any. Tokens are counted as letters divided by three.
    """

    def __init__(self, built: Settings, source: Source) -> None:
        self.name, self.precision = built.embedding, built.precision
        self.dimension, self.max_tokens = built.dimension, _MOST_TOKENS
        self._source = source

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About how many tokens each text has."""
        return [len(text) // _LETTERS_OF_A_TOKEN for text in texts]

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (n, d), the same for the same text."""
        source = self._source
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            key = zlib.crc32(text.encode("utf-8", "surrogatepass"))
            chunk, sentence = source.ends.get(_end(text), (key % len(source.vectors),) * 2)
            known = source.vectors[chunk if len(text) > 2 * _LONGEST_END else sentence]
            noise = np.random.default_rng(key).standard_normal(self.dimension, np.float32)
            vectors[row] = known + noise * (source.spread / np.sqrt(self.dimension))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def chunks(self, passages: Sequence[Passage]) -> tuple[Vectors, list[Vectors]]:
        """Unit vectors of chunks (n, d), and of the sentences of each."""
        wholes = self.passages([passage.text for passage in passages])
        return wholes, [self.passages(passage.sentences) for passage in passages]


def _end(text: str) -> tuple[str, ...]:
    return tuple(word.folded for word in words(text[-_LONGEST_END:])[-KEPT:])


def _template(article: Article, spans: Sequence[Sentence]) -> Template:
    pieces, places, end = list[str](), list[int](), 0
    for span in sorted(spans, key=lambda span: span.start):
        found = words(article.text[span.start : span.end])
        for number, word in enumerate(found):
            pieces.append(article.text[end : span.start + word.start])
            end = span.start + word.end
            if number < len(found) - KEPT:
                places.append(len(pieces))
            pieces.append(article.text[span.start + word.start : end])
    pieces.append(article.text[end:])
    return Template(article.title, article.language, tuple(pieces), tuple(places))


def _lexicon(counted: Counter[str]) -> Lexicon:
    parts = tuple(word for word in counted if word.isalpha() and len(word) >= _SHORTEST_PART)
    return Lexicon(tuple(counted), tuple(accumulate(counted.values())), parts)


def _spread(vectors: Vectors) -> float:
    """The median distance of a vector (n, d) to the one nearest to it."""
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1)
    return float(np.median(np.sqrt(np.maximum(2 - 2 * likeness.max(axis=1), 0))))
