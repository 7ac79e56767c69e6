"""The chat page: a thin layer of Gradio over `ui.render`.

Gradio's own traffic to other hosts is switched off: no analytics, no fonts from the network, no
share link; its footer, documentation of the API and run history are not shown.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import traceback
import webbrowser
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read while Gradio is imported

import gradio as gr

from index.errors import ConfigError, DalilError
from index.text import words
from index.weights import is_present, pull
from rag.answer import Assistant
from rag.html import DARK, FONTS, LIGHT
from rag.llm import EMBEDDED, embedded_weights
from ui import render
from ui.arrival import Arrival, ModelArrival
from ui.assets import CONVERSATION_SCRIPT, ICON, SPOKEN_SCRIPT, STYLE
from ui.render import Conversation, Turn
from ui.strings import NAME, both, in_both

LOOPBACK = ("127.0.0.1", "::1", "localhost")

_ANSWERS_AT_ONCE = 8
_TICK_SECONDS = 1.5
_LONGEST_QUESTION = 2000
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def serve(
    assistant: Assistant, host: str = "127.0.0.1", port: int = 7860, *, open_browser: bool = False
) -> None:
    """Show the chat page at `host`:`port` until Ctrl-C; fetch a missing default model meanwhile.

    Raises `ConfigError` for a host that is not this machine, or a port that cannot be had.
    """
    _check_address(host, port)
    arrival = ModelArrival(lambda progress: pull(embedded_weights(), progress))
    page = build(assistant, arrival.state)
    address = launch(page, host, port)
    try:
        if assistant.llm_name == EMBEDDED and not is_present(embedded_weights()):
            arrival.start()
        print(f"{NAME}: {address}  (Ctrl-C)", flush=True)
        if open_browser and _has_screen():
            webbrowser.open(address)
        threading.Event().wait()
    except KeyboardInterrupt:
        print(file=sys.stderr)
    finally:
        page.close(verbose=False)


def build(assistant: Assistant, arrival: Callable[[], Arrival] = Arrival) -> gr.Blocks:
    """The chat page of an assistant; `arrival` tells how far its language model is."""
    page = gr.Blocks(title=NAME, analytics_enabled=False, fill_width=True)
    with page:
        _part(lambda: render.header_html(assistant.index.catalogue.summaries()), "header")
        news = _part(lambda: render.arrival_html(arrival()), "news")
        with gr.Row(elem_id="middle", equal_height=False):
            talk = _part(lambda: _welcome(assistant), "talk", CONVERSATION_SCRIPT)
            cards = _part(render.citations_html(()), "citations")
        spoken = _part("", "spoken", SPOKEN_SCRIPT)
        box, send, stop, new = _composer()
        turns = gr.State(())
        shown = [turns, talk, cards, spoken, box, send, stop]

        def reply(
            typed: str, before: Conversation, event: gr.EventData
        ) -> Iterator[tuple[object, ...]]:
            question = event.question if isinstance(event.target, gr.HTML) else typed
            with closing(converse(assistant, before, str(question), arrival)) as grown:
                seen = next(grown)
                yield _updates(seen, text="")
                for conversation in grown:
                    # Gradio stops a generator where it yields: it must, also when nothing is new.
                    same = conversation == seen
                    yield tuple(gr.skip() for _ in shown) if same else _updates(conversation)
                    seen = conversation

        asked = gr.on([box.submit, send.click, talk.select], reply, [box, turns], shown, **_QUIET)
        stop.click(_halt, turns, shown, cancels=[asked], **_QUIET)
        new.click(lambda: _renewed(assistant), None, shown, cancels=[asked], **_QUIET)
        timer = gr.Timer(_TICK_SECONDS)
        timer.tick(lambda: _ticked(arrival()), None, [news, timer], **_QUIET)
    page.queue(default_concurrency_limit=_ANSWERS_AT_ONCE)
    return page


def converse(
    assistant: Assistant,
    before: Conversation,
    question: str,
    arrival: Callable[[], Arrival] = Arrival,
) -> Generator[Conversation]:
    """The conversation with the question added, as its answer grows; errors become its last turn.

    Closing the generator stops the model.
    """
    question = question.strip()
    before = tuple(turn for turn in before if turn.question)
    if not words(question):
        yield (*before, Turn(question, problem=in_both("empty"), phase="done"))
        return
    turn = Turn(question)
    yield (*before, turn)
    answers = assistant.stream(question, render.history_of(before))
    try:
        with closing(answers):
            for answer in answers:
                turn = replace(turn, answer=answer)
                yield (*before, turn)
    except DalilError as error:
        turn = replace(turn, problem=str(error))
    except Exception:
        traceback.print_exc()
        turn = replace(turn, problem=in_both("unexpected"))
    yield (*before, replace(turn, phase="done"))


def _has_screen() -> bool:
    """Whether a browser would have a window; without one, Python opens it in the terminal."""
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _check_address(host: str, port: int) -> None:
    """Refuse what cannot be served, before anything is opened."""
    if host not in LOOPBACK:
        raise ConfigError(
            f"--host {host} would open the page to other machines, which needs a key; that is not "
            f"possible yet. Use one of {', '.join(LOOPBACK)}."
        )
    if not 1 <= port <= 65535:
        raise ConfigError(f"--port {port} is not a port. Choose one from 1 to 65535.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise _no_port(host, port, error) from error


def _no_port(host: str, port: int, error: OSError) -> ConfigError:
    return ConfigError(
        f"Port {port} of {host} cannot be had: {error.strerror or error}. "
        "Choose another one with --port."
    )


def launch(page: gr.Blocks, host: str, port: int) -> str:
    """Open the page in threads of its own and return its address; `page.close()` ends it.

    Raises `ConfigError` where the port cannot be had.
    """
    try:
        _, address, _ = page.launch(
            server_name=f"[{host}]" if ":" in host else host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            inbrowser=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            run_history=False,
            enable_monitoring=False,
            footer_links=[],
            max_file_size="1kb",
            theme=_theme(),
            css=STYLE,
            head=ICON,
        )
    except OSError as error:
        raise _no_port(host, port, error) from error
    return str(address)


def _theme() -> gr.themes.Base:
    fonts = [gr.themes.Font(name.strip(' "')) for name in FONTS.split(",")]
    colours = {"body_background_fill": "ground", "body_text_color": "ink"}
    colours |= {
        "button_primary_background_fill": "accent",
        "button_primary_text_color": "on-accent",
    }
    colours |= {"button_secondary_background_fill": "paper", "button_secondary_text_color": "ink"}
    colours |= {"button_cancel_background_fill": "paper", "button_cancel_text_color": "warn"}
    colours |= {"button_cancel_background_fill_hover": "soft"}
    chosen = {name: LIGHT[colour] for name, colour in colours.items()}
    chosen |= {f"{name}_dark": DARK[colour] for name, colour in colours.items()}
    theme = gr.themes.Base(font=fonts, font_mono=fonts, radius_size="lg")
    return theme.set(**chosen, block_background_fill="transparent", block_border_width="0")


def _part(value: str | Callable[[], str], name: str, script: str | None = None) -> gr.HTML:
    """A part of the page with that id; a function is called whenever the page is opened."""
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)


def _composer() -> tuple[gr.Textbox, gr.Button, gr.Button, gr.Button]:
    """The line for the question, and the buttons that send, stop and begin anew."""
    with gr.Row(elem_id="composer"):
        box = gr.Textbox(
            label=both("ask"),
            placeholder=both("placeholder"),
            show_label=False,
            lines=1,
            max_lines=6,
            max_length=_LONGEST_QUESTION,
            container=False,
            scale=1,
            elem_id="box",
            html_attributes=gr.InputHTMLAttributes(enterkeyhint="send"),
        )
        send = gr.Button(both("send"), variant="primary", elem_id="send")
        stop = gr.Button(both("stop"), variant="stop", elem_id="stop", visible=False)
        new = gr.Button(both("new"), variant="secondary", elem_id="new")
    return box, send, stop, new


def _welcome(assistant: Assistant) -> str:
    questions = render.examples(assistant.index.catalogue.summaries())
    return render.conversation_html((), questions)


def _updates(turns: Conversation, text: str | None = None) -> tuple[object, ...]:
    """What every part of the page becomes; `text` goes into the line for the question."""
    running = bool(turns) and turns[-1].phase == "running"
    return (
        turns,
        render.conversation_html(turns),
        render.citations_html(turns),
        render.announcement(turns),
        gr.skip() if text is None else text,
        gr.Button(visible=not running),
        gr.Button(visible=running),
    )


def _halt(turns: Conversation) -> tuple[object, ...]:
    if not turns or turns[-1].phase != "running":
        return _updates(turns)
    return _updates((*turns[:-1], replace(turns[-1], phase="stopped")))


def _renewed(assistant: Assistant) -> tuple[object, ...]:
    turns, _, *rest = _updates(())
    return (turns, _welcome(assistant), *rest)


def _ticked(state: Arrival) -> tuple[str, gr.Timer]:
    return render.arrival_html(state), gr.Timer(active=state.active)
