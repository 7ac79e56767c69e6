"""Ingesting, changing, removing and rebuilding, with the real model and a real Chroma."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support import dalil

from eval.dataset import ARTICLES
from index.build import ingest, rebuild, remove
from index.catalogue import Catalogue
from index.config import Config, load_config
from index.embed import Embedder
from index.errors import CatalogueError, LockedError, ReadError, VectorsError
from index.lock import writing
from index.mend import duplicate
from index.search import Index
from index.vectors import NeighbourIndex, collection_name
from index.writer import Summary

Write = Callable[[str, str], Path]

SUEZ = "جنحت السفينة في قناة السويس يوم الثلاثاء. وظلت عالقة ستة أيام كاملة."
FLOOD = "The flood destroyed two dams above the city. Thousands of people lost their homes."


@pytest.fixture
def run(home: Config, embedder: Embedder) -> Callable[..., Summary]:
    def run_ingest(*paths: Path, prune: Path | None = None) -> Summary:
        return ingest(paths, home, lambda: embedder, prune=prune)

    return run_ingest


def stored_everywhere(home: Config) -> set[str]:
    """The chunk ids of the catalogue, after checking that Chroma holds the same."""
    catalogue = Catalogue.open(home.catalogue)
    ids = set(catalogue.chunk_ids())
    assert NeighbourIndex.open(home, catalogue.collection()).ids() == ids
    return ids


def test_articles_are_stored_as_they_are_quoted(
    run: Callable[..., Summary], write: Write, home: Config
) -> None:
    path = write("suez.md", f"---\ntitle: السفينة\npublished: 2021-03-24\n---\n{SUEZ}\n")
    summary = run(path)
    assert (summary.added, summary.refused, summary.chunks) == (("suez",), (), 1)
    article = Catalogue.open(home.catalogue).article("suez")
    assert (article.title, article.text, article.language) == ("السفينة", SUEZ, "ar")
    assert str(article.published) == "2021-03-24"
    (stored,) = Catalogue.open(home.catalogue).chunks(stored_everywhere(home))
    assert stored.chunk.text == SUEZ
    assert stored.sentence_vectors.shape == (2, stored.vector.size)


def test_the_same_files_again_touch_nothing_and_need_no_model(
    run: Callable[..., Summary], write: Write, home: Config
) -> None:
    folder = write("suez.txt", SUEZ).parent
    run(folder)
    generation = Catalogue.open(home.catalogue).generation()

    def no_model() -> Embedder:
        raise AssertionError("the model was opened for nothing")

    summary = ingest([folder], home, no_model)
    assert (summary.unchanged, summary.added, summary.changed) == (("suez",), (), ())
    assert Catalogue.open(home.catalogue).generation() == generation


def test_a_changed_article_is_replaced(
    run: Callable[..., Summary], write: Write, home: Config
) -> None:
    run(write("news.txt", SUEZ))
    before = stored_everywhere(home)
    summary = run(write("news.txt", FLOOD))
    assert summary.changed == ("news",)
    assert Catalogue.open(home.catalogue).article("news").text == FLOOD
    assert before.isdisjoint(stored_everywhere(home))


def test_one_refused_file_does_not_stop_the_rest(run: Callable[..., Summary], write: Write) -> None:
    folder = write("good.txt", SUEZ).parent
    write("empty.txt", "")
    (folder / "binary.txt").write_bytes(b"\x00\x01\x02" * 50)
    write("boilerplate.txt", "[ad_1]\nالمصدر\n")
    summary = run(folder)
    assert summary.added == ("good",)
    assert {Path(refusal.origin).name for refusal in summary.refused} == {
        "empty.txt",
        "binary.txt",
        "boilerplate.txt",
    }
    assert all(refusal.reason for refusal in summary.refused)


def test_nothing_is_deleted_but_by_prune(
    run: Callable[..., Summary], write: Write, home: Config, tmp_path: Path
) -> None:
    gone, kept = write("gone.txt", SUEZ), write("kept.txt", FLOOD)
    rows = [{"id": "one", "text": "One story is told here."}, {"id": "two", "text": "Two."}]
    lines = write("lines.jsonl", "\n".join(json.dumps(row) for row in rows))
    run(gone.parent)
    gone.unlink()
    lines.write_text(json.dumps(rows[0]))
    assert run(kept.parent).removed == ()
    assert set(run(kept.parent, prune=kept.parent).removed) == {"gone", "two"}
    ids = [summary.id for summary in Catalogue.open(home.catalogue).summaries()]
    assert sorted(ids) == ["kept", "one"]
    stored_everywhere(home)


def test_a_renamed_file_is_not_lost_by_prune(
    run: Callable[..., Summary], write: Write, home: Config
) -> None:
    path = write("news.txt", SUEZ)
    run(path.parent)
    path.rename(path.with_suffix(".md"))
    summary = run(path.parent, prune=path.parent)
    assert (summary.changed, summary.removed, summary.refused) == (("news",), (), ())
    assert Catalogue.open(home.catalogue).article("news").text == SUEZ
    stored_everywhere(home)


def test_prune_tells_files_whose_paths_look_like_lines(
    run: Callable[..., Summary], write: Write
) -> None:
    gone = write("C#/10:30/gone.txt", SUEZ)
    write("C#/10:30/kept.txt", FLOOD)
    write("C#/10:30/broken.txt", "")
    folder = gone.parents[1]
    run(folder)
    gone.unlink()
    assert run(folder, prune=folder).removed == ("10:30/gone",)


def test_a_folder_that_is_not_there_is_not_pruned(
    run: Callable[..., Summary], write: Write, tmp_path: Path, home: Config
) -> None:
    path = write("news.txt", SUEZ)
    run(path)
    with pytest.raises(ReadError, match="unplugged"):
        run(path, prune=tmp_path / "unplugged")
    assert Catalogue.open(home.catalogue).digest("news")


def test_what_cannot_be_read_now_is_not_pruned(run: Callable[..., Summary], write: Write) -> None:
    path = write("story.txt", SUEZ)
    run(path.parent)
    path.write_bytes(b"\x00\x00\x00broken")
    assert run(path.parent, prune=path.parent).removed == ()


def test_an_id_of_another_origin_is_refused_naming_both(
    run: Callable[..., Summary], write: Write, home: Config
) -> None:
    first = write("a/story.txt", SUEZ)
    second = write("b/story.txt", FLOOD)
    run(first)
    (refusal,) = run(second).refused
    assert str(second) == refusal.origin
    assert str(first) in refusal.reason
    assert Catalogue.open(home.catalogue).article("story").text == SUEZ


def test_a_file_keeps_its_id_however_it_is_reached(
    run: Callable[..., Summary], write: Write
) -> None:
    path = write("deep/story.txt", SUEZ)
    assert run(path.parents[1]).added == ("deep/story",)
    assert run(path).unchanged == ("deep/story",)


def test_articles_are_removed_by_id(
    run: Callable[..., Summary], write: Write, home: Config
) -> None:
    folder = write("suez.txt", SUEZ).parent
    write("flood.txt", FLOOD)
    run(folder)
    assert remove(["flood", "unknown"], home) == ("flood",)
    assert len(stored_everywhere(home)) == 1
    assert Catalogue.open(home.catalogue).stem_counts(["flood"]) == {}


def test_rebuild_gives_the_same_articles_and_chunks(
    run: Callable[..., Summary], write: Write, home: Config, embedder: Embedder
) -> None:
    folder = write("suez.txt", SUEZ).parent
    write("flood.txt", FLOOD)
    run(folder)
    before = stored_everywhere(home)
    generation = Catalogue.open(home.catalogue).generation()
    summary = rebuild(home, lambda: embedder)
    assert set(summary.added) == {"suez", "flood"}
    assert stored_everywhere(home) == before
    assert Catalogue.open(home.catalogue).generation() > generation
    assert run(folder).unchanged == ("flood", "suez")
    assert not (home.home / "rebuild.sqlite").exists()


def test_an_open_reader_goes_on_after_a_rebuild_and_sees_what_follows(
    run: Callable[..., Summary], write: Write, home: Config, embedder: Embedder
) -> None:
    run(write("suez.txt", SUEZ))
    reader = Index.open(home, lambda: embedder)
    rebuild(home, lambda: embedder)
    assert [hit.chunk.article_id for hit in reader.search("السفينة")] == ["suez"]
    run(write("flood.txt", FLOOD))
    assert reader.search("Which flood destroyed the dams?")[0].chunk.article_id == "flood"


def test_a_question_under_way_is_answered_though_another_process_rebuilds(
    run: Callable[..., Summary], home: Config, embedder: Embedder
) -> None:
    run(ARTICLES)
    index = Index.open(home, lambda: embedder)
    query = index.query("When did the Hope probe reach Mars?")
    expected = [item.hit.chunk.id for item in index.find(query, 5)]
    with index.catalogue.reading():
        assert index.catalogue.chunk_count()  # what is read from here on is of this state
        result = dalil("rebuild", "--vectors", "--home", str(home.home))
        assert result.returncode == 0, result.stderr
        assert [item.hit.chunk.id for item in index.find(query, 5)] == expected
    assert [item.hit.chunk.id for item in index.find(query, 5)] == expected


def test_a_collection_in_use_is_copied_and_stays_in_use(
    own_home: Config, tmp_path: Path, embedder: Embedder
) -> None:
    index = Index.open(own_home, lambda: embedder)
    question = "When did the Hope probe reach Mars?"
    expected = [hit.chunk.id for hit in index.search(question)]
    log = own_home.catalogue.with_name("catalogue.sqlite-wal")
    before = log.stat().st_ino
    copy = load_config(tmp_path / "copy", environment={})
    duplicate(own_home, copy)
    # The last process that closes a catalogue deletes its log: this one must still hold it.
    assert dalil("articles", "list", "--home", str(own_home.home)).returncode == 0
    assert log.stat().st_ino == before
    assert [hit.chunk.id for hit in index.search(question)] == expected
    assert [hit.chunk.id for hit in Index.open(copy, lambda: embedder).search(question)] == expected
    with pytest.raises(CatalogueError, match="holds a collection"):
        duplicate(own_home, copy)


def test_what_an_interrupted_rebuild_left_is_dropped(
    run: Callable[..., Summary], write: Write, home: Config, embedder: Embedder
) -> None:
    run(write("suez.txt", SUEZ))
    before = Catalogue.open(home.catalogue).collection()
    NeighbourIndex.open(home, collection_name(before, 2))
    rebuild(home, lambda: embedder)
    rebuild(home, lambda: embedder)
    live = Catalogue.open(home.catalogue).collection()
    names = [c.name for c in NeighbourIndex.open(home, live).client.list_collections()]
    assert names == [live]


def test_a_catalogue_of_another_model_names_the_command(
    run: Callable[..., Summary], write: Write, home: Config, embedder: Embedder
) -> None:
    run(write("suez.txt", SUEZ))
    other = replace(home, embedding="other-model")
    with pytest.raises(CatalogueError, match="dalil rebuild --embedding other-model"):
        Index.open(other, lambda: embedder)


def test_a_home_without_articles_says_what_to_do(home: Config, embedder: Embedder) -> None:
    with pytest.raises(CatalogueError, match="dalil ingest"):
        Index.open(home, lambda: embedder)


def test_a_broken_catalogue_is_an_error_and_is_left_alone(home: Config) -> None:
    home.home.mkdir(parents=True)
    home.catalogue.write_bytes(b"not a database" * 100)
    with pytest.raises(CatalogueError, match=r"cannot be used"):
        Catalogue.open(home.catalogue)
    assert home.catalogue.read_bytes() == b"not a database" * 100


def test_a_lost_neighbour_index_is_noticed_and_mended_by_the_next_writer(
    run: Callable[..., Summary], write: Write, home: Config, embedder: Embedder
) -> None:
    run(write("suez.txt", SUEZ))
    ids = stored_everywhere(home)
    NeighbourIndex.open(home, Catalogue.open(home.catalogue).collection()).remove(ids)
    with pytest.raises(VectorsError, match="dalil rebuild"):
        Index.open(home, lambda: embedder)
    run(write("flood.txt", FLOOD))
    assert ids < stored_everywhere(home)


def test_a_second_writer_is_told_who_is_writing(home: Config) -> None:
    with (
        writing(home.home, "ingest"),
        pytest.raises(LockedError, match="ingest, since"),
        writing(home.home, "remove", timeout=0.1),
    ):
        pass
    with writing(home.home, "remove", timeout=0.1):
        assert "remove" in (home.home / "writer.json").read_text()
