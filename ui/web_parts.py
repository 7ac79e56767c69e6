"""What the rooms of the page share: how a part is made, and how an article is opened in one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

# Both are read while Gradio is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio as gr

from index.rows import ArticleSummary
from index.types import Language
from ui import render
from ui.allowed import allowed
from ui.assets import SCRIPT
from ui.service import Service

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How every event is: without Gradio's own spinner, and not offered to programs."""


def part(value: str | Callable[[], str], name: str, script: str = "") -> gr.HTML:
    """A part of the page with that id; a function is called whenever the page is opened.

    `script` calls the part's function of `page.js`. Only what is allowed is shown, whatever an
    event makes of the part.
    """
    whole = f"{SCRIPT}\n{script};" if script else None
    made = (lambda: allowed(value())) if callable(value) else allowed(value)
    html = gr.HTML(made, elem_id=name, js_on_load=whole, apply_default_css=False)

    def postprocess(value: str | None) -> str | None:
        return value and allowed(value)

    html.postprocess = postprocess  # type: ignore[method-assign]
    return html


def summaries(service: Service) -> list[ArticleSummary]:
    """The articles of the collection as they are now."""
    return service.index.catalogue.summaries()


def sources(service: Service) -> list[str]:
    """The sources that one can choose from, by their names."""
    return sorted(service.index.catalogue.sources() - {""})


def opener(service: Service, language: Language) -> Callable[..., str]:
    """What shows the article that an event names, at the quotation that it names, if any."""

    def opened(event: gr.EventData) -> str:
        data = event._data
        try:
            article = service.index.catalogue.article(str(data.get("article", "")))
        except KeyError:
            return render.no_article_html(language)
        start, end = (data.get(key) for key in ("start", "end"))
        if not isinstance(start, int) or not isinstance(end, int):
            start = end = 0
        return render.article_html(article, start, end, language)

    return opened
