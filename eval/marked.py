"""Examples for the reader: gold questions with the sentences that answer, and ones that do not.

An example is a question with one of the articles that answer it, sentence by sentence, the words
that answer marked; and with the sentences that the project's own retrieval finds for it elsewhere,
the best first, which do not answer. From these a training step draws what the reader is to read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zlib import crc32

from eval.dataset import GoldQuestion
from eval.places import PlacedQuestion, places_of, questions_of
from index.config import load_config
from index.embed import Embedder
from index.filters import Filters
from index.rank import wanted
from index.search import Index, Query
from index.text import words
from index.types import Article
from rag.evidence import gather, sentence_scores
from rag.question import prepare
from rag.types import Question

FOLDS = 5
_WRONG = 24
_SIZES = (1, 2, 3, 3, 4, 5, 6, 8)
"""How many sentences are read at once: three are shown, and eight are read, in use."""

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence with the words that answer: pairs of start and end, counted in the sentence.

    `cosine`: how near it is to the question; `score`: what orders it as evidence.
    """

    text: str
    spans: Spans = ()
    cosine: float = 0.0
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the sentences of an article, in order, and wrong ones, the best first.

    `pair`: the languages of question and article; `own` is empty where no article answers.
    """

    question: str
    pair: str
    file: str
    cluster: str
    answers: tuple[str, ...]
    own: tuple[Marked, ...]
    wrong: tuple[Marked, ...]

    def nearest(self, count: int, *, without: bool = False) -> list[Marked]:
        """The own sentences nearest to the question, in their order.

        `without`: of those that do not answer; where no article answers, the best wrong ones.
        """
        if without and not self.own:
            return list(self.wrong[:count])
        left = [mark for mark in self.own if not (without and mark.spans)]
        best = sorted(left, key=lambda mark: -mark.cosine)[:count]
        return [mark for mark in left if mark in best]


def examples(home: Path, files: Sequence[Path], embedder: Embedder) -> Iterator[Example]:
    """The questions of some files that stand alone, asked of the collection that answers them.

    Those of one wording are one question, whose answers in any file are no wrong ones.
    """
    index = Index.open(load_config(home, environment={}), lambda: embedder)
    asked: dict[str, list[tuple[str, GoldQuestion]]] = defaultdict(list)
    for path in files:
        for gold in questions_of(path, index.catalogue):
            if not gold.history:
                asked[gold.question].append((f"{path.parent.name}/{path.stem}", gold))
    for same in asked.values():
        yield from _of_question(index, same)


def collected(pairs: Sequence[str], embedder: Embedder) -> list[Example]:
    """The examples of pairs HOME:QUESTIONS; files asked of one home know each other's answers."""
    files: dict[Path, list[Path]] = defaultdict(list)
    for pair in pairs:
        home, path = pair.rsplit(":", 1)
        files[Path(home)].append(Path(path))
    return [each for home, paths in files.items() for each in examples(home, paths, embedder)]


def held_out(cluster: str) -> bool:
    """Whether training leaves what has this cluster to validation: a fifth of all."""
    return crc32(cluster.encode()) % FOLDS == FOLDS - 1


def _of_question(index: Index, same: Sequence[tuple[str, GoldQuestion]]) -> Iterator[Example]:
    file, first = same[0]
    question = prepare(first.question)
    right = {id_ for _, gold in same if gold.answerable for id_ in gold.articles}
    if not right and isinstance(first, PlacedQuestion):
        yield from _seemingly(index, question, file, first)
        return
    gathered = gather(index, question, Filters(as_of=first.as_of), limit=_WRONG)
    accepted = {_folded(each) for _, gold in same for each in (*gold.answers, *gold.evidence)}
    wrong = [
        Marked(item.text)
        for item in gathered.evidence
        if item.article.id not in right and not _says(item.text, accepted)
    ]
    if not right:
        pair = f"{question.language}-{question.language}"
        yield Example(question.text, pair, file, cluster_of(first), (), (), tuple(wrong))
    for file, gold in same:
        for id_ in gold.articles if gold.answerable else ():
            article = index.catalogue.article(id_)
            own = _marked(index, question, gathered.query, article, gold)
            if any(mark.spans for mark in own):
                pair = f"{question.language}-{article.language}"
                answers = tuple(dict.fromkeys((*gold.answers, *gold.evidence)))
                yield Example(
                    question.text, pair, file, cluster_of(gold), answers, tuple(own), tuple(wrong)
                )


def _seemingly(
    index: Index, question: Question, file: str, gold: PlacedQuestion
) -> Iterator[Example]:
    """A question with the best sentences of each article that seems to answer it and does not."""
    for id_ in gold.about:
        gathered = gather(index, question, Filters(articles=(id_,)), limit=_WRONG)
        if gathered.evidence:
            pair = f"{question.language}-{gathered.evidence[0].article.language}"
            wrong = tuple(Marked(item.text) for item in gathered.evidence)
            yield Example(question.text, pair, file, cluster_of(gold), (), (), wrong)


def _marked(
    index: Index, question: Question, query: Query, article: Article, gold: GoldQuestion
) -> list[Marked]:
    """The sentences of an article with what the gold question says is its answer there."""
    places = places_of(article, gold)
    looked_for = wanted(query.searched, query.language, index.catalogue)
    scored = {
        (sentence.start, sentence.end): (cosine, score)
        for item in index.find(query, 100, Filters(articles=(article.id,)))
        for sentence, score, cosine in sentence_scores(question, looked_for, item)
    }
    return [
        Marked(
            article.text[start:end],
            tuple(
                (max(first, start) - start, min(last, end) - start)
                for first, last in places
                if first < end and last > start
            ),
            *figures,
        )
        for (start, end), figures in sorted(scored.items())
    ]


def cluster_of(gold: GoldQuestion) -> str:
    """What training keeps together: an event, or what an article is a paragraph of."""
    return gold.event or text_of(next(iter(gold.articles), gold.id))


def text_of(article: str) -> str:
    """What the paragraphs of one text, in either language, have in common in their ids."""
    return "-".join(part for part in re.split("[-.]", article)[:-1] if part not in ("ar", "en"))


def _folded(text: str) -> str:
    return " ".join(word.folded for word in words(text))


def _says(text: str, accepted: set[str]) -> bool:
    folded = f" {_folded(text)} "
    return any(each and f" {each} " in folded for each in accepted)


def drawn(example: Example, random: Random, negative: float) -> list[Marked]:
    """Sentences to read: with the share `negative` none of them answers.

    Those that do not answer are the nearest of the same article, any others of it, or the best that
    were found elsewhere; one that answers stands among the nearest of its article, in a run of it,
    or between others. Three times in ten they are shuffled.
    """
    count = random.choice(_SIZES)
    if not example.own or random.random() < negative:
        read = _without(example, random, count)
    else:
        read = _with(example, random, count)
    if random.random() < 0.3:
        random.shuffle(read)
    return read


def _without(example: Example, random: Random, count: int) -> list[Marked]:
    own = [mark for mark in example.own if not mark.spans]
    read: list[Marked] = []
    if own and random.random() < 0.6:
        near = example.nearest(count, without=True)
        read = near if random.random() < 0.6 else random.sample(own, min(count, len(own)))
    if len(read) < count and (not read or random.random() < 0.6):
        read = read + _elsewhere(example, random, count - len(read))
    return read


def _with(example: Example, random: Random, count: int) -> list[Marked]:
    right = [place for place, mark in enumerate(example.own) if mark.spans]
    chosen = random.choice(right)
    kind = random.random()
    if kind < 0.45:
        read = example.nearest(count)
        return read if any(mark.spans for mark in read) else [*read[:-1], example.own[chosen]]
    if kind < 0.7:
        first = max(0, chosen - random.randrange(count))
        return list(example.own[first : first + count])
    own = [mark for mark in example.own if not mark.spans]
    beside = random.sample(own, random.randint(0, min(count - 1, len(own))))
    read = [example.own[chosen], *beside, *_elsewhere(example, random, count - 1 - len(beside))]
    random.shuffle(read)
    return read


def _elsewhere(example: Example, random: Random, count: int) -> list[Marked]:
    """Wrong sentences from other articles: the best, or any."""
    if random.random() < 0.5:
        return list(example.wrong[:count])
    return random.sample(example.wrong, min(count, len(example.wrong)))
