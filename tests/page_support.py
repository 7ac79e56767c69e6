"""The page in a real browser: opening it, asking, looking at what was laid out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from index.types import Language
from ui.strings import WORDS

ARTIFACTS = Path(__file__).parent / "artifacts"
OpenPage = Callable[..., Page]


def ask(tab: Page, question: str, language: Language = "en") -> None:
    """Type a question, send it, and wait until its answer is complete."""
    turns = tab.locator(".turn")
    before = turns.count()
    tab.get_by_label(WORDS[language].ask).fill(question)
    tab.get_by_label(WORDS[language].ask).press("Enter")
    expect(turns).to_have_count(before + 1)
    expect(tab.locator(".waiting, .growing")).to_have_count(0, timeout=20_000)


def enter(tab: Page, room: str) -> None:
    """Go to one of the rooms by its name."""
    tab.get_by_role("tab", name=room).click()


def shoot(tab: Page, name: str) -> None:
    """Keep a picture for human eyes."""
    ARTIFACTS.mkdir(exist_ok=True)
    tab.screenshot(path=ARTIFACTS / f"{name}.png")


def directions(tab: Page, selector: str) -> set[str]:
    """The computed directions of all that the selector finds."""
    script = "all => all.map(one => getComputedStyle(one).direction)"
    return set(tab.locator(selector).evaluate_all(script))


def box_of(found: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what was laid out, in pixels of the window."""
    box = found.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def is_in_sight(tab: Page, found: Locator) -> bool:
    """Whether the top of an element lies inside the window."""
    assert tab.viewport_size is not None
    return -1 <= box_of(found)[1] < tab.viewport_size["height"]


def does_not_scroll_sideways(tab: Page) -> bool:
    """Whether nothing is wider than the window."""
    assert tab.viewport_size is not None
    width: int = tab.evaluate("document.documentElement.scrollWidth")
    return width <= tab.viewport_size["width"]
