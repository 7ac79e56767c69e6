"""Growth: made articles, what is counted, and how little one article touches."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests_support import dalil

from eval.dataset import ARTICLES, DEVELOPMENT
from eval.perturb import Prepared, Source, new_share, perturbed, source_of
from eval.scale import CHANGES, markdown, scale
from index import candidates
from index.build import ingest, rebuild, remove
from index.catalogue import Catalogue
from index.config import Config
from index.embed import Embedder
from index.mend import catch_up
from index.search import Index
from index.settings import settings_of
from index.text import grams, words
from index.types import RawArticle
from index.vectors import NeighbourIndex
from index.writer import Writer

THREE = tuple(
    ARTICLES / f"{id_}.md" for id_ in ("beirut-port-ar", "suez-ever-given-en", "hope-probe-en")
)


@pytest.fixture(scope="module")
def source(sample_home: Config) -> Source:
    return source_of(Catalogue.open(sample_home.catalogue))


@pytest.fixture(scope="module")
def prepared(sample_home: Config, source: Source) -> Prepared:
    return Prepared(Catalogue.open(sample_home.catalogue).settings(), source)


def store(config: Config, prepared: Embedder, *articles: RawArticle) -> Catalogue:
    """Store articles as an ingest does; returns the catalogue."""
    config.home.mkdir(parents=True, exist_ok=True)
    writer = Writer(config, lambda: prepared, None)
    for article in articles:
        writer.take(article)
    writer.flush()
    assert writer.summary().refused == ()
    return Catalogue.open(config.catalogue)


def counted(catalogue: Catalogue) -> tuple[int, dict[str, int]]:
    """How many chunks there are and how many hold each 3-gram, taken from the chunks."""
    stored = catalogue.chunks(catalogue.chunk_ids())
    held = Counter(gram for item in stored for gram in set(grams(item.folded.split())))
    return len(stored), dict(held)


def assert_counts_are_right(catalogue: Catalogue) -> None:
    chunks, held = counted(catalogue)
    assert catalogue.chunk_count() == chunks
    with catalogue.changing() as connection:
        rows = connection.execute("SELECT gram FROM grams WHERE chunks <> 0").fetchall()
    assert catalogue.gram_counts([row["gram"] for row in rows]) == held


def test_made_articles_repeat_and_differ(source: Source) -> None:
    assert perturbed(source, 3) == perturbed(source, 3)
    assert perturbed(source, 3).text != perturbed(source, 3, seed=8).text
    assert perturbed(source, 3).text != perturbed(source, 3 + len(source.templates)).text


def test_half_of_the_words_become_others(source: Source) -> None:
    template, made = source.templates[3], perturbed(source, 3)
    real = [word.folded for word in words("".join(template.pieces))]
    now = [word.folded for word in words(made.text)]
    kept = sum(count for count in (Counter(real) & Counter(now)).values()) / len(real)
    assert abs(len(now) - len(real)) <= 0.05 * len(real)
    assert 0.5 < kept < 0.8
    assert made.language == template.language


def test_the_pieces_of_a_template_are_the_article(sample_home: Config, source: Source) -> None:
    catalogue = Catalogue.open(sample_home.catalogue)
    texts = {catalogue.article(row.id).text for row in catalogue.summaries()}
    assert {"".join(template.pieces) for template in source.templates} == texts


def test_vocabulary_grows_by_heaps_law(source: Source) -> None:
    # The slope of 44 n^0.49 at a million words: 44 · 0.49 · 1e6^-0.51 = 21.56 / 1148.15.
    assert new_share(1e6) == pytest.approx(0.018778, rel=1e-3)
    assert new_share(1) == 1
    known = {word for lexicon in source.lexicons.values() for word in lexicon.words}

    def strange(first: int) -> int:
        made = [perturbed(source, first + number).text for number in range(60)]
        found = [text[word.start : word.end] for text in made for word in words(text)]
        return sum(word not in known for word in found)

    assert strange(0) > 2 * strange(60_000) > 0


def test_vectors_are_real_ones_moved_by_the_spread(source: Source, prepared: Prepared) -> None:
    template = source.templates[0]
    text = "".join(template.pieces)
    vectors = prepared.passages([text, text, text[:-5]])
    assert np.array_equal(vectors[0], vectors[1])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    # A unit vector and noise of length s at right angles to it: their cosine is 1 / √(1 + s²).
    nearest = float((source.vectors @ vectors[0]).max())
    assert nearest == pytest.approx(1 / np.sqrt(1 + source.spread**2), abs=0.1)


def test_counts_stay_right(home: Config, source: Source, prepared: Prepared) -> None:
    made = [perturbed(source, number) for number in range(6)]
    assert_counts_are_right(store(home, prepared, *made))
    changed = replace(perturbed(source, 2, seed=8), id=made[2].id, origin=made[2].origin)
    assert_counts_are_right(store(home, prepared, changed))
    remove([made[0].id, made[5].id], home)
    assert_counts_are_right(Catalogue.open(home.catalogue))
    rebuild(home, lambda: prepared)
    catalogue = Catalogue.open(home.catalogue)
    assert_counts_are_right(catalogue)
    neighbours = NeighbourIndex.open(home, catalogue.collection(), create=False)
    assert neighbours.ids() == set(catalogue.chunk_ids())


def test_one_article_leaves_a_large_collection_alone(
    home: Config, source: Source, prepared: Prepared
) -> None:
    """The statements of an article's transaction do not grow, and the neighbour index waits."""
    one = perturbed(source, 900)
    few = statements(home, prepared, one)
    store(home, prepared, *(perturbed(source, number) for number in range(140)))
    remove([one.id], home)
    catalogue = Catalogue.open(home.catalogue)
    catch_up(home, catalogue)
    neighbours = NeighbourIndex.open(home, catalogue.collection(), create=False)
    before = neighbours.ids()
    assert before == set(catalogue.chunk_ids())
    assert statements(home, prepared, one) <= few
    waiting = set(catalogue.chunk_ids(catalogue.indexed()))
    assert waiting
    assert neighbours.ids() == before == set(catalogue.chunk_ids()) - waiting
    remove([one.id], home)
    catch_up(home, catalogue)
    assert neighbours.ids() == before
    assert catalogue.gone() == []


def statements(config: Config, prepared: Embedder, article: RawArticle) -> int:
    """How many statements the catalogue runs to store an article, and to read what it needs."""
    config.home.mkdir(parents=True, exist_ok=True)
    writer = Writer(config, lambda: prepared, None)
    if writer.catalogue is None:
        writer.catalogue = Catalogue.create(config.catalogue, settings_of(prepared))
    ran: list[str] = []
    with writer.catalogue.changing() as connection:
        connection.set_trace_callback(ran.append)
    writer.take(article)
    writer.flush()
    connection.set_trace_callback(None)
    return sum("lexicon_" not in statement for statement in ran)  # the merges of FTS5 aside


def test_a_waiting_chunk_is_found(
    sample_home: Config, home: Config, embedder: Embedder, source: Source, prepared: Prepared
) -> None:
    store(home, prepared, *(perturbed(source, number) for number in range(140)))
    ingest([THREE[2]], home, lambda: embedder)
    catalogue = Catalogue.open(home.catalogue)
    assert set(catalogue.chunk_ids(catalogue.indexed()))
    hits = Index.open(home, lambda: embedder).search("When did the Hope probe reach Mars?", 1)
    assert hits[0].chunk.article_id == "hope-probe-en"


TOLD: list[str] = []
"""What the benchmark said while it ran."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A whole bench of a very small collection."""
    questions = tmp_path_factory.mktemp("asked") / "questions.jsonl"
    questions.write_text("\n".join(DEVELOPMENT.read_text("utf-8").splitlines()[:24]), "utf-8")
    return scale([300], THREE, [questions], rounds=1, report=TOLD.append)


def test_the_figures_of_a_size_are_told_as_soon_as_they_are_known(document: dict[str, Any]) -> None:
    figures = document["sizes"]["300"]
    assert all(f"{key} " in TOLD[-1] for key in figures)


def test_every_figure_is_there(document: dict[str, Any]) -> None:
    figures = document["sizes"]["300"]
    assert 300 <= figures["chunks"] < 500
    expected = {f"{change}_{unit}" for change in CHANGES for unit in ("ms", "relative")}
    expected |= {"chunks_per_second", "query_median_ms", "query_p95_ms", "memory_mb", "disk_mb"}
    assert expected <= figures.keys()
    assert all(value > 0 for value in figures.values())
    assert figures["query_p95_ms"] >= figures["query_median_ms"] >= figures["embed_median_ms"]


def test_the_table_has_a_column_for_each_size(document: dict[str, Any]) -> None:
    small = document["sizes"]["300"]
    lines = markdown(document | {"sizes": {"300": small, "400": small}}).splitlines()
    assert {line.count("|") for line in lines if line.startswith("|")} == {4}


@pytest.mark.parametrize("chunks", ["", "many", "100,,200", "0", "-5", "1.5"])
def test_nonsense_is_refused(chunks: str) -> None:
    result = dalil("eval", "bench", "--chunks", chunks)
    assert result.returncode == 2
    assert "such as 10000,100000" in " ".join(result.stderr.replace("│", " ").split())


def test_sizes_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        scale([0])


def test_frequent_words_give_way_to_rare_ones(
    home: Config, source: Source, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = [replace(perturbed(source, n), text=f"Ship {n} sails.") for n in range(20)]
    articles.append(replace(perturbed(source, 20), text="A ship called Argo."))
    catalogue = store(home, prepared, *articles)
    terms = ["ship", "sail", "argo"]
    assert sorted(candidates.rarest(terms, catalogue)) == sorted(terms)
    monkeypatch.setattr(candidates, "_ALWAYS_MATCHED", 4)
    assert candidates.rarest(terms, catalogue) == ["argo"]
    assert candidates.rarest(["ship"], catalogue) == ["ship"]
