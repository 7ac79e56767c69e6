"""The room of the library: what there is, and what is added or removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from index.addresses import LONGEST_LINK
from index.config import PUBLIC_LINKS
from index.errors import DalilError
from index.types import Language
from index.writer import Summary
from rag.html import inline, turned
from ui.conversation import day_of
from ui.render import header_html
from ui.render_library import added_html, adding_html, counts_html, list_html, said_html
from ui.service import Service
from ui.strings import WORDS
from ui.strings_rooms import ROOMS
from ui.uploads import MOST_LINKS, Upload, adding, as_upload, remove
from ui.web_parts import QUIET, opener, part, sources, summaries

_LONGEST_TEXT = 500_000

Updates = tuple[object, ...]


def library_room(
    service: Service, language: Language, header: gr.HTML, choice: gr.Dropdown
) -> None:
    """Fill the room; the header and the choice of sources follow what changes here."""
    words, room = ROOMS[language], _Room(service, language)
    with gr.Row(elem_classes="middle", equal_height=False):
        with gr.Column():
            search = gr.Textbox(label=words.search, max_length=200, elem_id="find")
            listed = list_html(summaries(service), "", language)
            shelf = part(listed, "shelf", "shelf(element, trigger)")
        with gr.Column():
            reading = part("", "reading", "reading(element, watch, props)")
            report = part("", "report")
            files, fields, button = _ways_to_add(language)
            links, fetch = _place_for_links(service.index.config.links, language)
            counts = part(counts_html(summaries(service), language), "counts")
    changed: list[Any] = [report, counts, shelf, header, choice]
    files.upload(room.take_files, [files, search], [*changed, files], **QUIET)
    button.click(room.take_text, [*fields, search], [*changed, fields[-1]], **QUIET)
    fetch.click(room.take_links, [links, search], [*changed, links], **QUIET)
    search.change(
        lambda typed: list_html(summaries(service), typed, language), search, shelf, **QUIET
    )
    shelf.delete(room.take_away, search, changed, **QUIET)
    shelf.click(opener(service, language), None, reading, **QUIET)


@dataclass(frozen=True, slots=True)
class _Room:
    """What happens in the room: each event gives the report, the counts, the list, the header and
    the sources to choose from."""

    service: Service
    language: Language

    def take_files(self, paths: list[str] | None, typed: str) -> Iterator[Updates]:
        """Add what was dropped; beside the rest, nothing stays in the place for files."""
        found = [Path(path) for path in paths or []]
        uploads = [Upload(path.name, path.read_bytes()) for path in found]
        for path in found:
            path.unlink(missing_ok=True)  # Gradio would keep what was brought
        for updates in self._take(uploads, typed):
            yield (*updates, None)

    def take_text(
        self, title: str, source: str, day: str, body: str, typed: str
    ) -> Iterator[Updates]:
        """Add a text that was pasted; it stays where it was typed until it is added."""
        try:
            published = day_of(day, self.language)
        except ValueError as error:
            told = said_html(str(error), self.language, problem=True)
            yield (told, *_same(5))
            return
        article = {"title": title, "source": source, "text": body}
        article |= {"published": published.isoformat()} if published else {}
        for updates in self._take([as_upload([article])], typed):
            yield (*updates, gr.skip())

    def take_links(self, written: str, typed: str) -> Iterator[Updates]:
        """Add the pages that links lead to; those beyond `MOST_LINKS` stay for another time."""
        links = written.split()
        for updates in self._take([], typed, links[:MOST_LINKS]):
            yield (*updates, "\n".join(links[MOST_LINKS:]))

    def take_away(self, typed: str, event: gr.EventData) -> Updates:
        """Remove the article that the event names."""
        id_ = str(event._data.get("article", ""))
        try:
            gone = remove(self.service.index, [id_])
        except DalilError as error:
            told = said_html(str(error), self.language, problem=True)
        else:
            removed = ROOMS[self.language].removed.format(id=id_)
            told = said_html(removed if gone else WORDS[self.language].no_article, self.language)
        return self._everything(typed, told)

    def _take(
        self, uploads: Sequence[Upload], typed: str, links: Sequence[str] = ()
    ) -> Iterator[Updates]:
        try:
            for step in adding(self.service.index, uploads, links):
                if isinstance(step, Summary):
                    yield self._everything(typed, added_html(step, self.language))
                else:
                    yield (adding_html(*step, self.language), *_same(4))
        except DalilError as error:
            yield (said_html(str(error), self.language, problem=True), *_same(4))

    def _everything(self, typed: str, told: str) -> Updates:
        now, language = summaries(self.service), self.language
        shown = counts_html(now, language), list_html(now, typed, language)
        return (told, *shown, header_html(now, language), gr.Dropdown(sources(self.service)))


def _same(number: int) -> Updates:
    return tuple(gr.skip() for _ in range(number))


def _ways_to_add(language: Language) -> tuple[gr.File, list[gr.Textbox], gr.Button]:
    """Where files are dropped, the fields of a text that is pasted, and the button that adds it."""
    words = ROOMS[language]
    hint = inline(words.add_files_hint, language)
    part(f"<h2 {turned(language)}>{words.add}</h2><p {turned(language)}>{hint}</p>", "add")
    files = place_for_files(words.add_files)
    with gr.Accordion(words.add_text, open=False, elem_id="paste"):
        fields = [
            gr.Textbox(label=words.text_title, max_length=300, elem_id="text-title"),
            gr.Textbox(label=words.text_source, max_length=200, elem_id="text-source"),
            gr.Textbox(label=words.text_day, max_length=20, elem_id="text-day"),
            gr.Textbox(
                label=words.text_body,
                lines=6,
                max_lines=12,
                max_length=_LONGEST_TEXT,
                elem_id="text-body",
            ),
        ]
        button = gr.Button(words.text_add, variant="primary", elem_id="add-text")
    return files, fields, button


def _place_for_links(setting: str, language: Language) -> tuple[gr.Textbox, gr.Button]:
    """Where links are written and the button that fetches them, or how that can be allowed."""
    words, allowed = ROOMS[language], setting == PUBLIC_LINKS
    with gr.Accordion(words.add_links, open=False, elem_id="links"):
        hint = inline(words.links_hint if allowed else words.links_off, language)
        part(f"<p {turned(language)}>{hint}</p>", "links-hint")
        links = gr.Textbox(
            label=words.links,
            lines=3,
            max_length=MOST_LINKS * LONGEST_LINK,
            elem_id="link-list",
            visible=allowed,
        )
        button = gr.Button(words.links_add, variant="primary", elem_id="add-links", visible=allowed)
    return links, button


def place_for_files(label: str) -> gr.File:
    """Where files are dropped: those of the browser alone, as Gradio's own fetches addresses.

    It is changed by itself, because Gradio writes a file beside every module with a class of its.
    """
    place = gr.File(label=label, file_count="multiple", elem_id="files")
    keep = place.async_move_resource_to_block_cache

    async def keep_unless_address(url_or_file_path: str | Path | None) -> str | None:
        if url_or_file_path is None or "://" in str(url_or_file_path):
            return None
        return await keep(url_or_file_path)

    place.async_move_resource_to_block_cache = keep_unless_address  # type: ignore[method-assign]
    return place
