"""The room for questions: the conversation, its quotations, choices, and the line to type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gradio as gr

from index.types import Language
from rag.html import escape
from ui import render
from ui.conversation import Choices, Conversation, converse, halted, kept, restored
from ui.service import Service
from ui.strings import WORDS
from ui.web_parts import QUIET, opener, part, sources, summaries

_LONGEST_QUESTION = 2000

Updates = tuple[object, ...]


def ask_room(service: Service, language: Language) -> gr.Dropdown:
    """Fill the room; gives the choice of sources, to be kept up to date."""
    chosen = _choices(service, language)
    with gr.Row(elem_classes="middle", elem_id="middle", equal_height=False):
        talk = part(lambda: _welcome(service, language), "talk", "talk(element, trigger, watch)")
        with gr.Column(elem_id="side"):
            article = part("", "article", "reading(element, watch, props)")
            none = render.citations_html((), language)
            cards = part(none, "citations", "opens(element, trigger)")
    spoken = part("", "spoken", "spoken(element)")
    keeper = part("", "kept", "keeper(element, trigger, watch)")
    box, send, stop, new = _composer(language)
    turns = gr.State(())
    shown = [turns, talk, cards, spoken, keeper, send, stop, article, box]
    same = tuple(gr.skip() for _ in shown)

    def answered(before: Conversation, question: str, *choices: Any) -> Iterator[Updates]:
        with closing(converse(service, before, question, _chosen(*choices))) as grown:
            seen = next(grown)
            yield (*_updates(seen, language), "", "")
            for conversation in grown:
                # Gradio stops a generator where it yields: it must, also when nothing is new.
                new = conversation != seen
                yield (*_updates(conversation, language), *same[-2:]) if new else same
                seen = conversation

    def sent(typed: str, before: Conversation, *choices: Any) -> Iterator[Updates]:
        yield from answered(before, typed, *choices)

    def chosen_in_talk(
        before: Conversation,
        since: str,
        until: str,
        of: str,
        sources: list[str],
        answered_in: str,
        llm: str,
        event: gr.EventData,
    ) -> Iterator[Updates]:
        again = bool(event._data.get("again")) and bool(before)
        question = before[-1].question if again else str(event._data.get("question", ""))
        choices = (since, until, of, sources, answered_in, llm)
        yield from answered(before[:-1] if again else before, question, *choices)

    def restore(event: gr.EventData) -> Updates:
        turns = restored(str(event._data.get("saved", "")))
        return (*_updates(turns, language), *same[-2:]) if turns else same

    asked = gr.on([box.submit, send.click], sent, [box, turns, *chosen], shown, **QUIET)
    picked = talk.select(chosen_in_talk, [turns, *chosen], shown, **QUIET)
    stop.click(
        lambda before: _updates(halted(before), language),
        turns,
        shown[:-2],
        cancels=[asked, picked],
        **QUIET,
    )
    new.click(
        lambda: _begun(service, language),
        None,
        shown,
        cancels=[asked, picked],
        **QUIET,
    )
    keeper.input(restore, None, shown, **QUIET)
    gr.on([talk.click, cards.click], opener(service, language), None, article, **QUIET)
    choice: gr.Dropdown = chosen[3]
    return choice


def _choices(service: Service, language: Language) -> list[Any]:
    """What can be chosen beside the question, in the order of `_chosen`."""
    words = WORDS[language]
    both = [(words.arabic, "ar"), (words.english, "en")]
    llms = [(render.llm_label(name, language), name) for name in service.llms]
    with gr.Accordion(words.filters, open=False, elem_id="filters"):
        with gr.Row():
            since = gr.Textbox(label=words.since, max_length=20, elem_id="since")
            until = gr.Textbox(label=words.until, max_length=20, elem_id="until")
            of = gr.Dropdown(
                [(words.any_language, ""), *both],
                value="",
                label=words.article_language,
                elem_id="of",
            )
        with gr.Row():
            only = gr.Dropdown(
                sources(service), value=[], multiselect=True, label=words.sources, elem_id="sources"
            )
            answered_in = gr.Dropdown(
                [(words.as_asked, ""), *both],
                value="",
                label=words.answered_in,
                elem_id="answered-in",
            )
            llm = gr.Dropdown(llms, value=service.llms[0], label=words.llm, elem_id="llm")
    return [since, until, of, only, answered_in, llm]


def _chosen(
    since: str, until: str, of: str, sources: list[str] | None, answered_in: str, llm: str
) -> Choices:
    languages: dict[str, Language] = {"ar": "ar", "en": "en"}
    only = (languages[of],) if of in languages else ()
    in_language = languages.get(answered_in)
    return Choices(since or "", until or "", only, tuple(sources or ()), in_language, llm or "")


def _composer(language: Language) -> tuple[gr.Textbox, gr.Button, gr.Button, gr.Button]:
    """The line for the question, and the buttons that send, stop and begin anew."""
    words = WORDS[language]
    with gr.Row(elem_id="composer"):
        box = gr.Textbox(
            label=words.ask,
            placeholder=words.prompt,
            show_label=False,
            lines=1,
            max_lines=6,
            max_length=_LONGEST_QUESTION,
            container=False,
            scale=1,
            elem_id="box",
            html_attributes=gr.InputHTMLAttributes(enterkeyhint="send"),
        )
        send = gr.Button(words.send, variant="primary", elem_id="send")
        stop = gr.Button(words.stop, variant="stop", elem_id="stop", visible=False)
        new = gr.Button(words.new, variant="secondary", elem_id="new")
    return box, send, stop, new


def _welcome(service: Service, language: Language) -> str:
    return render.conversation_html((), language, render.examples(summaries(service)))


def _begun(service: Service, language: Language) -> Updates:
    """What all parts become when a new conversation begins."""
    turns, _, *rest = _updates((), language)
    return (turns, _welcome(service, language), *rest, "", "")


def _updates(turns: Conversation, language: Language) -> Updates:
    """What the parts become, all but the open article and the line for the question."""
    running = bool(turns) and turns[-1].phase == "running"
    return (
        turns,
        render.conversation_html(turns, language),
        render.citations_html(turns, language),
        render.announcement(turns),
        gr.skip() if running else f"<pre hidden>{escape(kept(turns))}</pre>",
        gr.Button(visible=not running),
        gr.Button(visible=running),
    )
