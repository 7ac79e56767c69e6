"""Chunks: whole sentences of one article that together fit the embedding model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from index.embed import Passage
from index.sentences import sentences
from index.text import embeddable, language_of
from index.types import Article, Chunk, Sentence

CHUNKING = "sentences-700-1"
"""Names this way of cutting; a catalogue remembers it and is rebuilt when it changes."""

LONGEST_CHUNK = 700
"""Letters; sentences are added while the chunk stays below."""

_SHORTEST_BEFORE_PARAGRAPH = 350
_LONGEST_TITLE = 120
_SPECIAL_TOKENS = 16

CountTokens = Callable[[Sequence[str]], list[int]]
"""Counts the tokens of each text, as the embedding model cuts them."""


def chunks(article: Article, count_tokens: CountTokens, max_tokens: int) -> list[Chunk]:
    """Cut `article` into chunks of whole sentences, in order; every sentence is in exactly one.

    With the title in front no chunk is longer than `max_tokens`, unless one sentence alone is.
    """
    spans = sentences(article.text, article.language)
    texts = [article.text[span.start : span.end] for span in spans]
    tokens = count_tokens([_title(article.title), *map(embeddable, texts)])
    budget = max_tokens - _SPECIAL_TOKENS - tokens[0]
    return [
        _chunk(article, tuple(group)) for group in _groups(article.text, spans, tokens[1:], budget)
    ]


def passage_of(title: str, chunk: Chunk) -> Passage:
    """What a model reads of a chunk; `title` is its article's."""
    texts = (chunk.text[s.start - chunk.start : s.end - chunk.start] for s in chunk.sentences)
    return Passage(_title(title), tuple(map(embeddable, texts)))


def _title(title: str) -> str:
    return embeddable(title)[:_LONGEST_TITLE].rstrip(" .")


def _groups(
    text: str, spans: Sequence[Sentence], tokens: Sequence[int], budget: int
) -> Iterator[list[Sentence]]:
    group: list[Sentence] = []
    used = 0
    for span, count in zip(spans, tokens, strict=True):
        if group and _is_full(text, group, span, used + count > budget):
            yield group
            group, used = [], 0
        group.append(span)
        used += count
    if group:
        yield group


def _is_full(text: str, group: Sequence[Sentence], span: Sentence, over_budget: bool) -> bool:
    letters = span.end - group[0].start
    new_paragraph = "\n" in text[group[-1].end : span.start]
    long_enough = group[-1].end - group[0].start >= _SHORTEST_BEFORE_PARAGRAPH
    return over_budget or letters > LONGEST_CHUNK or (new_paragraph and long_enough)


def _chunk(article: Article, group: tuple[Sentence, ...]) -> Chunk:
    start, end = group[0].start, group[-1].end
    text = article.text[start:end]
    key = "\0".join((article.id, str(start), str(end), article.title, article.text))
    return Chunk(
        id=hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        article_id=article.id,
        start=start,
        end=end,
        text=text,
        language=language_of(text, article.language),
        sentences=group,
    )
