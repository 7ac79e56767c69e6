"""The rooms of the library and of the evaluation in a real browser, and the whole for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_support import OpenPage, ask, directions, does_not_scroll_sideways, enter, shoot
from playwright.sync_api import Page, expect
from tests_support import DESK, PHONE, needs_browser

from eval.dataset import DEVELOPMENT
from eval.run import evaluate
from index.config import Config
from index.embed import Embedder
from index.search import Index
from index.types import Language
from rag.answer import Assistant
from ui.server import running
from ui.service import Service
from ui.strings import WORDS
from ui.strings_rooms import MEASURES, ROOMS
from ui.uploads import MOST_LINKS

QUESTION = "متى أعيد افتتاح مكتبة تمبكتو؟"
TEXT = "أعيد افتتاح مكتبة تمبكتو في 3 مارس 2031 بعد ترميم دام اثني عشر عاما.\n"

pytestmark = needs_browser


@pytest.fixture
def own(own_home: Config, embedder: Embedder) -> Assistant:
    """Answers by quotations from articles that may be changed."""
    return Assistant(Index.open(own_home, lambda: embedder), "quotes")


@pytest.fixture
def address(own: Assistant) -> Iterator[str]:
    """Where these articles are served."""
    with running(Service(own)) as started:
        yield started


@pytest.mark.parametrize(("language", "size"), [("ar", DESK), ("en", PHONE)])
def test_a_file_is_brought_asked_about_and_removed(
    address: str, open_page: OpenPage, tmp_path: Path, language: Language, size: tuple[int, int]
) -> None:
    words = ROOMS[language]
    (tmp_path / "timbuktu.txt").write_text(TEXT, "utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    tab = open_page(f"{address}{language}/", size)
    enter(tab, WORDS[language].tab_library)
    expect(tab.locator("#shelf li")).to_have_count(60)
    files = [tmp_path / "timbuktu.txt", tmp_path / "picture.png"]
    tab.locator("#files input[type=file]").set_input_files(files)
    report = tab.locator("#report")
    expect(report).to_contain_text("timbuktu", timeout=20_000)
    expect(report).to_contain_text(words.refused)
    expect(report).to_contain_text("picture.png")
    expect(tab.locator("#shelf li")).to_have_count(61)
    shoot(tab, f"library-added-{language}")
    enter(tab, WORDS[language].tab_ask)
    ask(tab, QUESTION, language)
    expect(tab.locator("#citations blockquote").first).to_have_text(TEXT.strip())
    enter(tab, WORDS[language].tab_library)
    tab.get_by_label(words.search).fill("TIMBUKTU")
    expect(tab.locator("#shelf li")).to_have_count(1)
    tab.once("dialog", lambda dialog: dialog.dismiss())
    tab.locator("#shelf [data-remove]").click()
    tab.once("dialog", lambda dialog: dialog.accept())
    tab.locator("#shelf [data-remove]").click()
    expect(report).to_contain_text(words.removed.format(id="timbuktu"))
    expect(tab.locator("#shelf li")).to_have_count(0)
    assert does_not_scroll_sideways(tab)


def test_a_text_is_pasted_and_read(address: str, open_page: OpenPage) -> None:
    words = ROOMS["en"]
    tab = open_page(address)
    enter(tab, WORDS["en"].tab_library)
    tab.get_by_role("button", name=words.add_text).click()
    tab.get_by_label(words.text_title, exact=True).fill("مكتبة تمبكتو")
    tab.get_by_label(words.text_day).fill("tomorrow")
    tab.get_by_label(words.text_body).fill(TEXT)
    tab.get_by_role("button", name=words.text_add).click()
    expect(tab.locator("#report")).to_contain_text("tomorrow")
    expect(tab.get_by_label(words.text_body)).to_have_value(TEXT)
    tab.get_by_label(words.text_day).fill("2031-03-04")
    tab.get_by_role("button", name=words.text_add).click()
    expect(tab.locator("#shelf li")).to_have_count(61, timeout=20_000)
    tab.get_by_label(words.search).fill("مكتبه تمبكتو")
    expect(tab.locator("#shelf li")).to_have_count(1)
    tab.locator("#shelf [data-open]").click()
    expect(tab.locator("#reading .article .text")).to_have_text(TEXT.strip())
    shoot(tab, "library-reading")


def test_links_are_fetched_where_that_is_allowed_and_else_it_says_how(
    own_home: Config, embedder: Embedder, address: str, open_page: OpenPage
) -> None:
    words = ROOMS["ar"]
    tab = open_page(f"{address}ar/")
    enter(tab, WORDS["ar"].tab_library)
    tab.get_by_role("button", name=words.add_links).click()
    expect(tab.locator("#links-hint")).to_contain_text('links = "public"')
    expect(tab.get_by_label(words.links)).to_have_count(0)
    allowing = Index.open(replace(own_home, links="public"), lambda: embedder)
    with running(Service(Assistant(allowing, "quotes"))) as opened:
        tab = open_page(opened)
        words = ROOMS["en"]
        enter(tab, WORDS["en"].tab_library)
        tab.get_by_role("button", name=words.add_links).click()
        lines = "\n".join(f"https://127.0.0.1/{number}" for number in range(MOST_LINKS + 1))
        tab.get_by_label(words.links).fill(lines)
        tab.get_by_role("button", name=words.links_add).click()
        report = tab.locator("#report")
        expect(report).to_contain_text("addresses are not taken for names", timeout=20_000)
        expect(report.locator("li")).to_have_count(MOST_LINKS)
        expect(tab.get_by_label(words.links)).to_have_value(lines.splitlines()[-1])
        shoot(tab, "library-links")


def test_counts_and_the_plot_tell_what_there_is(address: str, open_page: OpenPage) -> None:
    tab = open_page(f"{address}ar/")
    enter(tab, WORDS["ar"].tab_library)
    expect(tab.locator("#counts table").first.locator("td")).to_have_text(["30", "30"])
    label = tab.locator("#counts svg").get_attribute("aria-label")
    assert label is not None
    months = tab.locator("#counts rect title").all_text_contents()
    assert sum(int(month.partition(": ")[2]) for month in months) == 60
    assert all(month in label for month in months)
    shoot(tab, "library-ar")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_runs_are_listed_opened_and_compared(
    own: Assistant, open_page: OpenPage, language: Language
) -> None:
    for name, sample in (("first", 4), ("second", 6)):
        evaluate(own, [DEVELOPMENT], own.index.config.home / "runs" / name, sample=sample)
    words = ROOMS[language]
    with running(Service(own)) as address:
        tab = open_page(f"{address}{language}/")
        enter(tab, WORDS[language].tab_evaluation)
        rows = tab.locator("#runs tbody tr")
        expect(rows.locator("th")).to_contain_text(["second", "first"])
        for measure in MEASURES[language].values():
            expect(tab.locator("#runs thead")).to_contain_text(measure)
        tab.get_by_role("button", name=words.compare).click()
        expect(tab.locator("#comparison")).to_contain_text(words.choose_two)
        for label, name in ((words.before, "first"), (words.after, "second")):
            tab.get_by_label(label).click()
            tab.get_by_role("option", name=name).click()
            expect(tab.get_by_role("option")).to_have_count(0)
        tab.get_by_role("button", name=words.compare).click()
        expect(tab.locator("#comparison tbody tr")).not_to_have_count(0)
        shoot(tab, f"evaluation-{language}")
        with tab.context.expect_page() as waiting:
            rows.first.get_by_role("link", name=words.report).click()
        report = waiting.value
        expect(report.locator("#questions")).to_be_visible()
        assert report.url.endswith("/runs/second")


def serious(tab: Page) -> list[str]:
    """What axe-core finds serious or critical, by rule and place; nothing is left out."""
    found: dict[str, Any] = Axe().run(tab).response
    assert len(found["passes"]) > 10
    return [
        f"{each['id']}: {node['target']} {node['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_everybody_can_use_the_page(
    address: str, open_page: OpenPage, language: Language, scheme: str
) -> None:
    words = WORDS[language]
    tab = open_page(f"{address}{language}/", scheme=scheme)
    assert serious(tab) == []
    tab.locator("[data-question]").first.click()
    expect(tab.locator(".turn .actions").first).to_be_visible()
    tab.get_by_role("button", name=words.filters).click()
    assert serious(tab) == []
    tab.locator(".answer a.marker").first.click()
    expect(tab.locator("#article .article")).to_be_focused()
    assert serious(tab) == []
    for room in (words.tab_library, words.tab_evaluation):
        enter(tab, room)
        expect(tab.get_by_role("tab", name=room)).to_have_attribute("aria-selected", "true")
        tab.wait_for_timeout(300)  # the room fades in
        assert serious(tab) == []
    tab.goto(f"{address}articles/hope-probe-en?start=0&end=20#quotation")
    assert serious(tab) == []


def test_the_keyboard_alone_is_enough(address: str, open_page: OpenPage) -> None:
    tab = open_page(address)
    reached: list[str] = []
    for _ in range(14):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.id || document.activeElement.role"))
        if tab.evaluate("document.activeElement.dataset.question !== undefined"):
            break
    assert reached[0] == "language"
    tab.keyboard.press("Enter")
    expect(tab.locator(".status-answered")).to_have_count(1)
    tab.locator(".answer a.marker").first.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#article .article")).to_be_focused()
    tab.keyboard.press("Escape")
    expect(tab.locator(".answer a.marker").first).to_be_focused()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert tab.evaluate(outline) == "solid"
    assert directions(tab, "html") == {"ltr"}
