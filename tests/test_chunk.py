"""Chunks of whole sentences."""

from __future__ import annotations

from itertools import pairwise

from tests_support import article, count_letters

from index.chunk import LONGEST_CHUNK, chunks, passage_of
from index.sentences import sentences
from index.types import Article


def whole(text: str, title: str = "") -> Article:
    return article(text, title=title)


def test_every_sentence_is_in_exactly_one_chunk() -> None:
    made = whole("\n\n".join(f"الجملة رقم {n} عن المدينة. وهذه جملة أخرى." for n in range(60)))
    cut = chunks(made, count_letters, 10_000)
    assert len(cut) > 3
    spans = [span for chunk in cut for span in chunk.sentences]
    assert spans == sentences(made.text, made.language)
    for chunk in cut:
        assert chunk.text == made.text[chunk.start : chunk.end]
        assert chunk.start == chunk.sentences[0].start
        assert chunk.end == chunk.sentences[-1].end
        assert len(chunk.text) <= LONGEST_CHUNK
    for first, second in pairwise(cut):
        assert not made.text[first.end : second.start].strip()


def test_chunks_fit_the_embedding_model_with_their_title() -> None:
    made = whole("A sentence of some length stands here. " * 40, title="A title of its own")
    for chunk in chunks(made, count_letters, 300):
        assert len(passage_of(made.title, chunk).text) <= 300


def test_a_new_paragraph_begins_a_new_chunk_when_the_last_is_long_enough() -> None:
    first, second = "A sentence here. " * 25, "Another one. " * 10
    cut = chunks(whole(f"{first}\n\n{second}"), count_letters, 10_000)
    assert [chunk.text for chunk in cut] == [first.strip(), second.strip()]


def test_ids_are_stable_and_differ_between_articles() -> None:
    text = "جملة أولى. جملة ثانية."
    ids = {chunk.id for chunk in chunks(whole(text), count_letters, 500)}
    assert ids == {chunk.id for chunk in chunks(whole(text), count_letters, 500)}
    assert ids.isdisjoint(c.id for c in chunks(article(text, id="other"), count_letters, 500))


def test_the_title_is_read_by_the_model_and_never_quoted() -> None:
    made = whole("نص\nالمقال. وله جملتان.", title="عنوان.")
    (chunk,) = chunks(made, count_letters, 500)
    assert chunk.text == made.text
    assert passage_of(made.title, chunk).text == "عنوان. نص المقال. وله جملتان."
