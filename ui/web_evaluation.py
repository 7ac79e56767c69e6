"""The room of the evaluation: the runs of the collection's home, and two of them compared."""

from __future__ import annotations

import gradio as gr

from index.errors import DalilError
from index.types import Language
from ui.render_library import said_html
from ui.runs import compared, comparison_html, runs_html, runs_of
from ui.service import Service
from ui.strings_rooms import ROOMS
from ui.web_parts import QUIET, part


def evaluation_room(service: Service, language: Language, room: gr.Tab) -> None:
    """Fill the room; it looks for runs anew whenever it is entered."""
    words, home = ROOMS[language], service.index.config.home
    table = part(runs_html(runs_of(home), language), "runs")
    with gr.Row(elem_id="comparing"):
        names = [run.name for run in runs_of(home)]
        before = gr.Dropdown(names, value=None, label=words.before, elem_id="before")
        after = gr.Dropdown(names, value=None, label=words.after, elem_id="after")
    button = gr.Button(words.compare, variant="secondary", elem_id="compare")
    result = part("", "comparison")

    def compare(first: str | None, second: str | None) -> str:
        if not first or not second or first == second:
            return said_html(words.choose_two, language)
        try:
            return comparison_html(compared(home, first, second), language)
        except DalilError as error:
            return said_html(str(error), language, problem=True)

    def entered() -> tuple[str, gr.Dropdown, gr.Dropdown]:
        found = runs_of(home)
        choice = [run.name for run in found]
        return runs_html(found, language), gr.Dropdown(choice), gr.Dropdown(choice)

    button.click(compare, [before, after], result, **QUIET)
    room.select(entered, None, [table, before, after], **QUIET)
