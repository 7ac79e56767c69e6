"""The page: a thin layer of Gradio over the pure functions of `ui.render` and its neighbours.

Gradio's own traffic to other hosts is switched off: no analytics, no fonts from the network, no
share link; its footer, documentation of the API and run history are not shown. The page stands once
in each language; the conversation, which the browser keeps, goes along from one to the other.
"""

from __future__ import annotations

import gradio as gr
from fastapi import FastAPI

from index.readers import MAX_FILE_BYTES
from index.types import Language
from rag.html import DARK, FONTS, LIGHT
from ui.assets import ICON, STYLE
from ui.render import OTHER, arrival_html, header_html
from ui.service import Service
from ui.strings import NAME, WORDS
from ui.web_ask import ask_room
from ui.web_evaluation import evaluation_room
from ui.web_library import library_room
from ui.web_parts import QUIET, part, summaries

_EVENTS_AT_ONCE = 16
_TICK_SECONDS = 1.5
_KEPT_SECONDS = 3600


def mount(app: FastAPI, service: Service) -> None:
    """Put the page into an application, at "/ar" and at "/en"."""
    for language in OTHER:
        gr.mount_gradio_app(
            app,
            build(service, language),
            path=f"/{language}",
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            run_history=False,
            enable_monitoring=False,
            footer_links=[],
            show_error=False,
            max_file_size=MAX_FILE_BYTES,
            theme=_theme(),
            css=STYLE,
            head=ICON,
        )


def build(service: Service, language: Language) -> gr.Blocks:
    """The page of a collection in a language."""
    words = WORDS[language]
    page = gr.Blocks(
        title=NAME,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_KEPT_SECONDS, _KEPT_SECONDS),
    )
    with page:
        header = part(lambda: header_html(summaries(service), language), "header")
        news = part(lambda: arrival_html(service.arrival(), language), "news")
        with gr.Tabs():
            with gr.Tab(words.tab_ask, elem_id="ask-room"):
                choice = ask_room(service, language)
            with gr.Tab(words.tab_library, elem_id="library-room"):
                library_room(service, language, header, choice)
            with gr.Tab(words.tab_evaluation, elem_id="evaluation-room") as room:
                evaluation_room(service, language, room)
        timer = gr.Timer(_TICK_SECONDS)
        timer.tick(lambda: _ticked(service, language), None, [news, timer], **QUIET)
    page.queue(default_concurrency_limit=_EVENTS_AT_ONCE)
    return page


def _ticked(service: Service, language: Language) -> tuple[str, gr.Timer]:
    state = service.arrival()
    return arrival_html(state, language), gr.Timer(active=state.active)


def _theme() -> gr.themes.Base:
    fonts = [gr.themes.Font(name.strip(' "')) for name in FONTS.split(",")]
    colours = {"body_background_fill": "ground", "body_text_color": "ink"}
    colours |= {
        "body_text_color_subdued": "quiet",
        "block_label_text_color": "quiet",
        "block_title_text_color": "quiet",
        "block_info_text_color": "quiet",
        "input_placeholder_color": "quiet",
        "button_primary_background_fill": "accent",
        "button_primary_background_fill_hover": "accent",
        "button_primary_text_color": "on-accent",
    }
    colours |= {"button_secondary_background_fill": "paper", "button_secondary_text_color": "ink"}
    colours |= {"button_cancel_background_fill": "paper", "button_cancel_text_color": "warn"}
    colours |= {"button_secondary_background_fill_hover": "soft"}
    colours |= {"button_cancel_background_fill_hover": "soft", "border_color_accent": "accent"}
    colours |= {"loader_color": "accent"}
    chosen = {name: LIGHT[colour] for name, colour in colours.items()}
    chosen |= {f"{name}_dark": DARK[colour] for name, colour in colours.items()}
    plain = {"block_background_fill": "transparent", "block_border_width": "0"}
    chosen |= plain | {f"{name}_dark": value for name, value in plain.items()}
    return gr.themes.Base(font=fonts, font_mono=fonts, radius_size="lg").set(**chosen)
