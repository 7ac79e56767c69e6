"""Articles that come in as uploads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import gradio as gr
import pytest

from index.config import Config
from index.search import Index
from rag.answer import Assistant
from ui.uploads import Upload, add, as_upload, remove
from ui.web_library import place_for_files


@pytest.fixture
def index(own_home: Config, assistant: Assistant) -> Index:
    """A copy of the sample collection that may be changed."""
    return Index.open(own_home, lambda: assistant.index.embedder)


TEXT = "The library of Timbuktu reopened on 3 March 2031 after twelve years of repairs."


def test_a_file_can_be_asked_about_and_removed_again(index: Index) -> None:
    summary = add(index, [Upload("timbuktu.txt", TEXT.encode())])
    assert summary.added == ("timbuktu",)
    asked = Assistant(index, "quotes")
    answer = asked.ask("When did the library of Timbuktu reopen?")
    assert [citation.article for citation in answer.citations] == ["timbuktu"]
    assert remove(index, ["timbuktu", "unknown"]) == ("timbuktu",)
    again = asked.ask("When did the library of Timbuktu reopen?")
    assert "timbuktu" not in [citation.article for citation in again.citations]


def test_what_comes_again_replaces_its_former_self(index: Index) -> None:
    add(index, [Upload("timbuktu.txt", TEXT.encode())])
    assert add(index, [Upload("timbuktu.txt", TEXT.encode())]).unchanged == ("timbuktu",)
    other = TEXT.replace("twelve", "thirteen")
    assert add(index, [Upload("timbuktu.txt", other.encode())]).changed == ("timbuktu",)
    assert "thirteen" in index.catalogue.article("timbuktu").text


def test_fields_are_those_of_a_line_of_json_lines(index: Index) -> None:
    fields = {"id": "t", "text": TEXT, "title": "Timbuktu", "published": "2031-03-04"}
    assert add(index, [as_upload([fields])]).added == ("t",)
    article = index.catalogue.article("t")
    assert (article.title, str(article.published)) == ("Timbuktu", "2031-03-04")
    (refusal,) = add(index, [as_upload([{"title": "no text"}])]).refused
    assert refusal.origin == "upload:articles.jsonl:1"


def test_what_cannot_be_read_is_refused_and_the_rest_goes_on(index: Index) -> None:
    uploads = [
        Upload("picture.png", b"\x89PNG\r\n\x1a\n"),
        Upload("timbuktu.txt", TEXT.encode()),
        Upload("timbuktu.txt", b"Another text of the same name, which must not be lost."),
        Upload("hope-probe-en.txt", TEXT.encode()),
    ]
    summary = add(index, uploads)
    assert summary.added == ("timbuktu",)
    reasons = [refusal.reason for refusal in summary.refused]
    assert ["'.png'" in reasons[0], "rename one" in reasons[1]] == [True, True]
    assert "belongs to an article" in reasons[2]


@pytest.mark.parametrize("name", ["../../t.txt", "C:\\x\\t.txt", "/etc/t.txt"])
def test_a_name_with_a_path_is_a_name(index: Index, name: str) -> None:
    assert add(index, [Upload(name, TEXT.encode())]).added == ("t",)
    assert index.catalogue.article("t").origin == "upload:t.txt"


@pytest.mark.parametrize("name", ["", "..", "x" * 300 + ".txt", "a\0.txt"])
def test_a_name_that_is_none_is_refused_or_mended(index: Index, name: str) -> None:
    summary = add(index, [Upload(name, TEXT.encode())])
    assert len(summary.refused) + len(summary.added) == 1


def test_the_page_fetches_nothing_for_who_uploads(tmp_path: Path) -> None:
    with gr.Blocks():
        place = place_for_files("Files")
    brought = tmp_path / "brought.txt"
    brought.write_text(TEXT, "utf-8")
    move = place.async_move_resource_to_block_cache
    assert asyncio.run(move("http://127.0.0.1:9/brought.txt")) is None
    kept = asyncio.run(move(str(brought)))
    assert kept is not None
    assert Path(kept).read_text("utf-8") == TEXT
