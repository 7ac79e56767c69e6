"""The room for questions in a real browser, on the sample articles."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_support import Talker
from page_support import (
    OpenPage,
    ask,
    box_of,
    directions,
    does_not_scroll_sideways,
    is_in_sight,
    shoot,
)
from playwright.sync_api import expect
from tests_support import DESK, PHONE, needs_browser

from eval.dataset import GoldQuestion
from index.types import Language
from index.weights import Progress
from rag.answer import Assistant
from ui.arrival import ModelArrival
from ui.server import running
from ui.service import Service
from ui.strings import WORDS

ARTICLES = Path(__file__).parents[1] / "eval" / "data" / "articles"
ARABIC, ENGLISH = "grand-egyptian-museum-01", "world-cup-2022-01"
TOLLS = "How many people did the flood in Derna kill?"

pytestmark = needs_browser


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    """Where the sample articles are served, to be answered by quotations."""
    with running(Service(assistant)) as started:
        yield started


@pytest.fixture
def questions(gold: list[GoldQuestion]) -> dict[str, str]:
    """Gold questions by id."""
    return {item.id: item.question for item in gold}


@pytest.mark.parametrize(
    ("locale", "path", "direction"),
    [("ar-EG", "/ar/", "rtl"), ("en-GB", "/en/", "ltr"), ("fr-FR", "/ar/", "rtl")],
)
def test_the_page_speaks_the_language_of_the_browser(
    address: str, open_page: OpenPage, locale: str, path: str, direction: str
) -> None:
    tab = open_page(address, locale=locale)
    assert tab.url == address.rstrip("/") + path
    assert directions(tab, "html, header, #composer, #filters, #box textarea") == {direction}
    expect(tab.locator("[data-question]")).to_have_count(4)
    left_of_send, left_of_box = (box_of(tab.locator(name))[0] for name in ("#send", "#box"))
    assert (left_of_send < left_of_box) == (direction == "rtl")
    shoot(tab, f"desk-first-{direction}-{locale}")


@pytest.mark.parametrize(
    ("id", "language", "direction"), [(ARABIC, "ar", "rtl"), (ENGLISH, "en", "ltr")]
)
def test_an_answer_reads_in_its_direction_and_is_proved_beside_it(
    address: str,
    open_page: OpenPage,
    questions: dict[str, str],
    id: str,  # noqa: A002
    language: Language,
    direction: str,
) -> None:
    tab = open_page(f"{address}{language}/")
    ask(tab, questions[id], language)
    assert directions(tab, ".question p, .answer > p, #citations .citation") == {direction}
    cards = tab.locator("#citations .citation")
    texts = {path.stem: path.read_text("utf-8") for path in ARTICLES.iterdir()}
    quotations = cards.locator("blockquote").all_text_contents()
    assert quotations
    for quotation in quotations:
        assert any(quotation in text for text in texts.values()), quotation
    chip = tab.locator(".answer a.marker").first
    sentence, chip_box = box_of(chip.locator("xpath=ancestor::p")), box_of(chip)
    assert sentence[0] <= chip_box[0]
    assert chip_box[2] <= sentence[2]
    answer, side = box_of(tab.locator(".answer")), box_of(cards.first)
    assert side[2] <= answer[0] if direction == "rtl" else answer[2] <= side[0]
    shoot(tab, f"desk-{direction}")


@pytest.mark.parametrize(
    ("id", "language", "size"),
    [(ARABIC, "ar", DESK), (ENGLISH, "en", DESK), (ARABIC, "en", PHONE), (ENGLISH, "ar", PHONE)],
)
def test_a_chip_opens_the_article_at_the_quotation(
    address: str,
    open_page: OpenPage,
    questions: dict[str, str],
    id: str,  # noqa: A002
    language: Language,
    size: tuple[int, int],
) -> None:
    tab = open_page(f"{address}{language}/", size)
    ask(tab, questions[id], language)
    quotation = tab.locator("#citations blockquote").first.text_content()
    tab.locator(".answer a.marker").first.click()
    article = tab.locator("#article .article")
    expect(article).to_be_focused()
    marks = article.locator("mark")
    assert "".join(marks.all_text_contents()) == quotation
    assert is_in_sight(tab, marks.first)
    expect(article.locator(".facts time")).to_have_count(1)
    shoot(tab, f"article-{language}-{size[0]}")
    tab.keyboard.press("Escape")
    expect(article).to_have_count(0)
    expect(tab.locator(".answer a.marker").first).to_be_focused()
    link = tab.locator("#citations .actions a").first.get_attribute("href")
    assert link is not None
    tab.goto(address.rstrip("/") + link)
    assert "".join(tab.locator("mark").all_text_contents()) == quotation
    assert is_in_sight(tab, tab.locator("mark").first)


def test_a_follow_up_knows_the_question_before_it(
    address: str, open_page: OpenPage, questions: dict[str, str]
) -> None:
    tab = open_page(address)
    ask(tab, questions[ARABIC])
    ask(tab, "وأين يقع؟")
    expect(tab.locator("#turn-2 .status-answered")).to_have_count(1)
    expect(tab.locator("#turn-1 details .citation")).not_to_have_count(0)
    expect(tab.locator("#spoken [aria-live=polite] p").first).to_contain_text("«")
    expect(tab.get_by_label(WORDS["en"].ask)).to_be_focused()
    assert is_in_sight(tab, tab.locator("#turn-2"))
    shoot(tab, "desk-follow-up")


def test_the_conversation_survives_a_reload_and_the_other_language(
    address: str, open_page: OpenPage, questions: dict[str, str]
) -> None:
    tab = open_page(address)
    ask(tab, questions[ARABIC])
    said = tab.locator(".turn .answer").inner_text()
    tab.reload()
    expect(tab.locator(".turn .answer")).to_have_text(said, use_inner_text=True)
    tab.locator("#language").click()
    expect(tab.locator(".turn .answer")).to_have_text(said, use_inner_text=True)
    assert directions(tab, "html") == {"rtl"}
    ask(tab, "وأين يقع؟", "ar")
    expect(tab.locator("#turn-2 .status-answered")).to_have_count(1)
    tab.get_by_role("button", name=WORDS["ar"].new).click()
    expect(tab.locator("[data-question]")).to_have_count(4)
    tab.reload()
    expect(tab.locator("[data-question]")).to_have_count(4)
    expect(tab.locator(".turn")).to_have_count(0)


def test_two_tabs_do_not_mix(address: str, open_page: OpenPage, questions: dict[str, str]) -> None:
    one, other = open_page(address), open_page(address)
    ask(one, questions[ARABIC])
    ask(other, questions[ENGLISH])
    for tab in (one, other):
        tab.reload()
        expect(tab.locator(".turn")).to_have_count(1)
    assert one.locator(".question").inner_text() != other.locator(".question").inner_text()


def test_an_example_asks_itself_and_can_be_asked_again(address: str, open_page: OpenPage) -> None:
    tab = open_page(address)
    example = tab.locator("[data-question]").first
    question = example.inner_text()
    example.click()
    expect(tab.locator(".turn .question")).to_contain_text(question)
    expect(tab.locator(".status-answered")).to_have_count(1)
    tab.locator("[data-again]").click()
    expect(tab.locator(".turn .actions")).to_have_count(1)
    expect(tab.locator(".turn .question")).to_contain_text(question)


def test_what_is_chosen_counts(
    address: str, open_page: OpenPage, questions: dict[str, str]
) -> None:
    tab = open_page(address)
    tab.get_by_role("button", name=WORDS["en"].filters).click()
    tab.get_by_label(WORDS["en"].article_language).click()
    tab.get_by_role("option", name=WORDS["en"].english).click()
    ask(tab, questions[ARABIC])
    expect(tab.locator("#citations .citation[lang=ar]")).to_have_count(0)
    tab.get_by_label(WORDS["en"].since).fill("31 March")
    ask(tab, questions[ENGLISH])
    expect(tab.locator("#turn-2 .problem")).to_contain_text("31 March")
    tab.get_by_label(WORDS["en"].since).fill("٢٠٢٥-٠١-٠١")
    tab.get_by_label(WORDS["en"].answered_in).click()
    tab.get_by_role("option", name=WORDS["en"].arabic).click()
    ask(tab, "Hello")
    assert directions(tab, "#turn-3 .answer > p") == {"rtl"}
    shoot(tab, "desk-choices")


def test_articles_that_do_not_agree_are_a_table(address: str, open_page: OpenPage) -> None:
    tab = open_page(address)
    ask(tab, TOLLS)
    rows = tab.locator("#turn-1 .claims tbody tr")
    assert rows.count() >= 2
    for row in rows.all():
        expect(row.locator("td")).to_have_count(3)
        expect(row.locator("time")).to_have_count(1)
    shoot(tab, "desk-claims")


def test_an_answer_is_copied_and_the_conversation_exported(
    address: str, open_page: OpenPage, questions: dict[str, str]
) -> None:
    tab = open_page(address)
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(tab, questions[ARABIC])
    tab.locator("[data-copy]").click()
    expect(tab.get_by_role("button", name=WORDS["en"].copied)).to_be_visible()
    quotation = tab.locator("#citations blockquote").first.inner_text()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert questions[ARABIC] in copied
    assert quotation in copied
    with tab.expect_download() as waiting:
        tab.get_by_role("link", name="JSON").click()
    saved = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert saved["turns"][0]["answer"]["citations"][0]["quotation"] == quotation
    link = tab.get_by_role("link", name="Markdown").get_attribute("href")
    assert link is not None
    assert quotation in b64decode(link.partition(",")[2]).decode()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    address: str,
    open_page: OpenPage,
    questions: dict[str, str],
    scheme: str,
    language: Language,
) -> None:
    tab = open_page(f"{address}{language}/", PHONE, scheme)
    for name in (ARABIC, ENGLISH):
        ask(tab, questions[name], language)
        assert does_not_scroll_sideways(tab)
        shoot(tab, f"phone-{scheme}-{language}-{name}")
    assert is_in_sight(tab, tab.locator("#send"))


def test_what_people_type_stays_text(address: str, open_page: OpenPage) -> None:
    tab = open_page(address, scheme="dark")
    typed = "Derna <img src=x onerror=document.title='x'> ${document.title='x'} {{value}} **b** `"
    ask(tab, typed)
    assert tab.locator(".question p").inner_text() == typed
    assert tab.title() != "x"
    ask(tab, "؟")
    expect(tab.locator(".problem")).to_contain_text(WORDS["ar"].empty)
    shoot(tab, "desk-dark-problem")


def test_what_gradio_adds_to_a_page_is_not_there(address: str, open_page: OpenPage) -> None:
    tab = open_page(address)
    expect(tab.locator("footer")).to_have_count(0)
    assert "gradio" not in tab.locator("body").inner_text().lower()


def test_an_answer_grows_and_stops_when_told(
    assistant: Assistant, open_page: OpenPage, questions: dict[str, str]
) -> None:
    model = Talker()
    with running(Service(assistant.written_by(model))) as address:
        tab = open_page(address)
        tab.get_by_label(WORDS["en"].ask).fill(questions[ENGLISH])
        tab.get_by_role("button", name=WORDS["en"].send).click()
        expect(tab.locator(".growing a.marker")).not_to_have_count(0)
        expect(tab.locator("#citations .citation")).to_have_count(1)
        shoot(tab, "desk-growing")
        tab.get_by_role("button", name=WORDS["en"].stop).click()
        expect(tab.locator(".turn")).to_contain_text(WORDS["en"].stopped)
        assert model.ends()
        expect(tab.locator(".growing")).to_have_count(0)
        expect(tab.get_by_role("button", name=WORDS["en"].send)).to_be_visible()


def test_who_closes_the_page_stops_the_model(
    assistant: Assistant, open_page: OpenPage, questions: dict[str, str]
) -> None:
    model = Talker()
    with running(Service(assistant.written_by(model))) as address:
        tab = open_page(address)
        tab.get_by_label(WORDS["en"].ask).fill(questions[ENGLISH])
        tab.get_by_role("button", name=WORDS["en"].send).click()
        expect(tab.locator(".growing a.marker")).not_to_have_count(0)
        assert model.begins()
        tab.close()
        assert model.ends()


def test_the_model_on_its_way_is_seen_until_it_is_there(
    assistant: Assistant, open_page: OpenPage
) -> None:
    arrived = threading.Event()

    def fetch(progress: Progress) -> None:
        progress(370, 1000)
        assert arrived.wait(60)

    arrival = ModelArrival(fetch)
    arrival.start()
    with running(Service(assistant, arrival=arrival.state)) as address:
        tab = open_page(address)
        expect(tab.locator(".arrival")).to_contain_text("37%")
        shoot(tab, "desk-arriving")
        arrived.set()
        expect(tab.locator(".arrival")).to_have_count(0)
