"""The chat page in a real browser, on the sample articles."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from playwright.sync_api import Browser, Page, expect
from pydantic import PrivateAttr
from tests_support import DESK, PHONE, needs_browser

from eval.dataset import GoldQuestion
from index.config import Config
from index.errors import ConfigError, WeightsError
from index.weights import Progress
from rag.answer import Assistant
from ui.arrival import Arrival, ModelArrival
from ui.render import Turn, history_of
from ui.strings import WORDS
from ui.web import build, converse, launch, serve

ARTICLES = Path(__file__).parents[1] / "eval" / "data" / "articles"
ARTIFACTS = Path(__file__).parent / "artifacts"
ARABIC, ENGLISH = "grand-egyptian-museum-01", "world-cup-2022-01"


class Talker(CustomLLM):
    """A language model that repeats the first quotation and then talks on until it is stopped."""

    _stopped: threading.Event = PrivateAttr(default_factory=threading.Event)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=4096, num_output=200, model_name="talker")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text="")

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        quotation = prompt.rpartition("[1] <<")[2].partition(">>")[0]

        def pieces() -> CompletionResponseGen:
            try:
                yield CompletionResponse(text="", delta=f"{quotation.rstrip('.')} [1]. ")
                for _ in range(600):
                    time.sleep(0.05)
                    yield CompletionResponse(text="", delta="and so on ")
            finally:
                self._stopped.set()

        return pieces()

    def was_stopped(self, seconds: float) -> bool:
        """Whether it ends within that time."""
        return self._stopped.wait(seconds)


def free_port() -> int:
    """A port of loopback that nothing listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    """The page of the quoting assistant."""
    page = build(assistant)
    yield launch(page, "127.0.0.1", free_port())
    page.close(verbose=False)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the page and afterwards checks that nothing was asked of another host."""
    requested: list[str] = []
    contexts = []

    def opened(url: str, size: tuple[int, int] = DESK, scheme: Any = "light") -> Page:
        viewport: Any = {"width": size[0], "height": size[1]}
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme))
        tab = contexts[-1].new_page()
        tab.on("request", lambda request: requested.append(request.url))
        tab.goto(url)
        expect(tab.locator("[data-question]")).to_have_count(4)
        return tab

    yield opened
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in requested if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}


@pytest.fixture
def questions(gold: list[GoldQuestion]) -> dict[str, str]:
    """Gold questions by id."""
    return {item.id: item.question for item in gold}


def ask(tab: Page, question: str) -> None:
    """Type a question, send it, and wait until its answer is complete."""
    turns = tab.locator(".turn")
    before = turns.count()
    tab.get_by_label(WORDS["en"].ask).fill(question)
    tab.get_by_label(WORDS["en"].ask).press("Enter")
    expect(turns).to_have_count(before + 1)
    expect(tab.locator(".waiting, .growing")).to_have_count(0, timeout=20_000)


def shoot(tab: Page, name: str) -> None:
    """Keep a picture for human eyes."""
    ARTIFACTS.mkdir(exist_ok=True)
    tab.screenshot(path=ARTIFACTS / f"{name}.png")


def directions(tab: Page, selector: str) -> set[str]:
    """The computed directions of all that the selector finds."""
    script = "all => all.map(one => getComputedStyle(one).direction)"
    return set(tab.locator(selector).evaluate_all(script))


def is_in_sight(tab: Page, selector: str) -> bool:
    """Whether the top of an element lies inside the window."""
    box = tab.locator(selector).bounding_box()
    assert box is not None
    assert tab.viewport_size is not None
    return -1 <= box["y"] < tab.viewport_size["height"]


@needs_browser
@pytest.mark.parametrize(("id", "direction"), [(ARABIC, "rtl"), (ENGLISH, "ltr")])
def test_an_answer_reads_in_its_direction_and_is_proved_beside_it(
    address: str,
    open_page: Callable[..., Page],
    questions: dict[str, str],
    id: str,  # noqa: A002
    direction: str,
) -> None:
    tab = open_page(address)
    ask(tab, questions[id])
    assert directions(tab, ".question p") == {direction}
    assert directions(tab, ".answer > p") == {direction}
    cards = tab.locator("#citations .citation")
    assert cards.count() >= 1
    texts = {path.stem: path.read_text("utf-8") for path in ARTICLES.iterdir()}
    for quotation in cards.locator("blockquote").all_text_contents():
        assert any(quotation in text for text in texts.values()), quotation
    assert cards.first.locator("h3").inner_text().startswith("[1]")
    assert cards.first.locator("time").count() == 1
    tab.locator(".answer a.marker").first.click()
    expect(tab.locator("#citations .citation:target")).to_have_id("citation-1-1")
    shoot(tab, f"desk-{direction}")


@needs_browser
def test_a_follow_up_knows_the_question_before_it(
    address: str, open_page: Callable[..., Page], questions: dict[str, str]
) -> None:
    tab = open_page(address)
    ask(tab, questions[ARABIC])
    ask(tab, "وأين يقع؟")
    expect(tab.locator(".turn")).to_have_count(2)
    expect(tab.locator("#turn-2 .status-answered")).to_have_count(1)
    expect(tab.locator("#turn-1 details .citation")).not_to_have_count(0)
    expect(tab.locator("#spoken [aria-live=polite] p").first).to_contain_text("«")
    expect(tab.get_by_label(WORDS["en"].ask)).to_be_focused()
    assert is_in_sight(tab, "#turn-2")
    shoot(tab, "desk-follow-up")


@needs_browser
def test_two_tabs_do_not_mix_and_a_new_conversation_is_empty(
    address: str, open_page: Callable[..., Page], questions: dict[str, str]
) -> None:
    one, other = open_page(address), open_page(address)
    ask(one, questions[ARABIC])
    ask(other, questions[ENGLISH])
    expect(one.locator(".turn")).to_have_count(1)
    expect(other.locator(".turn")).to_have_count(1)
    one.get_by_role("button", name=WORDS["en"].new).click()
    expect(one.locator("[data-question]")).to_have_count(4)
    expect(one.locator(".citation")).to_have_count(0)
    ask(one, questions[ENGLISH])
    expect(one.locator(".turn")).to_have_count(1)


@needs_browser
def test_an_example_asks_itself(address: str, open_page: Callable[..., Page]) -> None:
    tab = open_page(address)
    example = tab.locator("[data-question]").first
    question = example.inner_text()
    example.click()
    expect(tab.locator(".turn .question")).to_contain_text(question)
    expect(tab.locator(".status-answered")).to_have_count(1)


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    address: str, open_page: Callable[..., Page], questions: dict[str, str], scheme: str
) -> None:
    tab = open_page(address, PHONE, scheme)
    for name in (ARABIC, ENGLISH):
        ask(tab, questions[name])
        assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        shoot(tab, f"phone-{scheme}-{name}")
    assert is_in_sight(tab, "#send")
    tab.locator("#turn-2 a.marker").last.click()
    assert is_in_sight(tab, "#citations .citation:target")


@needs_browser
def test_what_people_type_stays_text(address: str, open_page: Callable[..., Page]) -> None:
    tab = open_page(address, scheme="dark")
    typed = "Derna <img src=x onerror=document.title='x'> ${document.title='x'} {{value}} **b** `"
    ask(tab, typed)
    assert tab.locator(".question p").inner_text() == typed
    assert tab.title() != "x"
    ask(tab, "؟")
    expect(tab.locator(".problem")).to_contain_text(WORDS["ar"].empty)
    shoot(tab, "desk-dark-problem")


@needs_browser
def test_what_gradio_adds_to_a_page_is_not_there(
    address: str, open_page: Callable[..., Page]
) -> None:
    tab = open_page(address)
    expect(tab.locator("footer")).to_have_count(0)
    assert "gradio" not in tab.locator("body").inner_text().lower()


@needs_browser
def test_an_answer_grows_and_stops_when_told(
    assistant: Assistant, open_page: Callable[..., Page], questions: dict[str, str]
) -> None:
    model = Talker()
    page = build(Assistant(assistant.index, model))
    try:
        tab = open_page(launch(page, "127.0.0.1", free_port()))
        tab.get_by_label(WORDS["en"].ask).fill(questions[ENGLISH])
        tab.get_by_role("button", name=WORDS["en"].send).click()
        expect(tab.locator(".growing a.marker")).not_to_have_count(0)
        expect(tab.locator("#citations .citation")).to_have_count(1)
        shoot(tab, "desk-growing")
        tab.get_by_role("button", name=WORDS["en"].stop).click()
        expect(tab.locator(".turn")).to_contain_text(WORDS["en"].stopped)
        assert model.was_stopped(60)
        expect(tab.locator(".growing")).to_have_count(0)
        expect(tab.get_by_role("button", name=WORDS["en"].send)).to_be_visible()
    finally:
        page.close(verbose=False)


@needs_browser
def test_the_model_on_its_way_is_seen_until_it_is_there(
    assistant: Assistant, open_page: Callable[..., Page]
) -> None:
    arrived = threading.Event()

    def fetch(progress: Progress) -> None:
        progress(370, 1000)
        assert arrived.wait(60)

    arrival = ModelArrival(fetch)
    arrival.start()
    page = build(assistant, arrival.state)
    try:
        tab = open_page(launch(page, "127.0.0.1", free_port()))
        expect(tab.locator(".arrival")).to_contain_text("37%")
        shoot(tab, "desk-arriving")
        arrived.set()
        expect(tab.locator(".arrival")).to_have_count(0)
    finally:
        arrived.set()
        page.close(verbose=False)


def wait_until(happened: Callable[[], bool]) -> None:
    """Give a thread ten seconds."""
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_arrival_tells_its_bytes_and_then_that_it_is_over() -> None:
    go = threading.Event()

    def fetch(progress: Progress) -> None:
        progress(3, 10)
        assert go.wait(10)

    arrival = ModelArrival(fetch)
    assert arrival.state() == Arrival()
    arrival.start()
    wait_until(lambda: arrival.state() == Arrival(active=True, done=3, total=10))
    go.set()
    wait_until(lambda: arrival.state() == Arrival())


def test_an_arrival_that_fails_says_what_to_do() -> None:
    def fetch(progress: Progress) -> None:
        raise WeightsError("No space. Set DALIL_CACHE to another disk.")

    arrival = ModelArrival(fetch)
    arrival.start()
    wait_until(lambda: not arrival.state().active)
    assert arrival.state().problem == "No space. Set DALIL_CACHE to another disk."


def test_a_conversation_grows_by_turns_and_its_last_answer_is_what_ask_gives(
    assistant: Assistant, questions: dict[str, str]
) -> None:
    *_, last = converse(assistant, (), questions[ARABIC])
    assert [turn.phase for turn in last] == ["done"]
    *_, longer = converse(assistant, last, questions[ENGLISH])
    answer = longer[1].answer
    expected = assistant.ask(questions[ENGLISH], history_of(last))
    assert answer is not None
    assert (answer.text, answer.citations) == (expected.text, expected.citations)


def test_an_error_becomes_part_of_the_conversation(
    sample_home: Config, assistant: Assistant, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(sample_home.home, home)
    opened = Assistant.open(home, "quotes")
    for path in home.glob("catalogue.sqlite*"):
        path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    *_, last = converse(opened, (), "When did it open?")
    assert "catalogue" in last[-1].problem
    assert last[-1].phase == "done"


def test_an_empty_question_is_said_to_be_one(assistant: Assistant) -> None:
    (once,) = converse(assistant, (), "  ")
    (twice,) = converse(assistant, once, "")
    assert [turn.problem for turn in twice] == [turn.problem for turn in once]
    assert WORDS["ar"].empty in twice[0].problem
    assert isinstance(twice[0], Turn)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_the_page_is_not_opened_to_other_machines(assistant: Assistant, host: str) -> None:
    with pytest.raises(ConfigError, match="needs a key"):
        serve(assistant, host, free_port())


def test_a_port_in_use_is_named(assistant: Assistant) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} .* --port"):
            serve(assistant, port=port)


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_is_none_is_refused(assistant: Assistant, port: int) -> None:
    with pytest.raises(ConfigError, match=f"--port {port}"):
        serve(assistant, port=port)


def test_the_page_ends_with_ctrl_c(sample_home: Config) -> None:
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from rag.answer import Assistant\nfrom ui.web import serve\n"
        f"serve(Assistant.open({str(sample_home.home)!r}, 'quotes'), port={free_port()})"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors
