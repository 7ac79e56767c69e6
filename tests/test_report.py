"""The report of an evaluation run: its data cannot break out, and what a browser shows is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests_support import DESK, PHONE, needs_browser

from eval.report import GROUPS, grouped, json_for_html, page, write_report

ARTIFACTS = Path(__file__).parent / "artifacts"
PLAIN_ROWS = 60

HOSTILE = (
    "</script><script>document.title='x'</script><img src=x onerror=document.title='x'> & \u2028"
)
ARABIC = (
    "🚢🇱🇧 وصلت السفينة.\n\nوقع انفجار مرفأ بيروت في 4 آب 2020. ثم استقالت الحكومة في 10 آب 2020."
)
ENGLISH = f"The probe 🚀 arrived. {HOSTILE} It reached Mars on 9 February 2021."
ARABIC_QUOTATION = "وقع انفجار مرفأ بيروت في 4 آب 2020."
ENGLISH_QUOTATION = f"{HOSTILE} It reached Mars on 9 February 2021."

ARTICLES: dict[str, dict[str, Any]] = {
    "beirut": {
        "title": "انفجار بيروت",
        "source": "Coast",
        "published": date(2023, 1, 24),
        "url": "https://example.org/beirut",
        "language": "ar",
        "text": ARABIC,
    },
    "hope": {
        "title": f"Hope {HOSTILE}",
        "source": HOSTILE,
        "url": "javascript:document.title='x'",
        "language": "en",
        "text": ENGLISH,
    },
}


def cited(article: str, quotation: str, marks: list[list[int]] | None = None) -> dict[str, Any]:
    """A citation of an article where it says that."""
    start = ARTICLES[article]["text"].index(quotation)
    known = {key: value for key, value in ARTICLES[article].items() if key != "text"}
    return known | {
        "marker": 1,
        "article": article,
        "quotation": quotation,
        "start": start,
        "end": start + len(quotation),
        "marks": marks or [],
    }


def answer(text: str, *citations: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": text,
        "language": "ar",
        "citations": citations,
        "notes": [{"kind": "single_source", "text": "تستند الإجابة إلى مقالة واحدة."}],
        "llm": "quotes",
        "seconds": {"search": 0.02, "total": 0.05},
    }


def row(id: str, outcome: str, **changes: Any) -> dict[str, Any]:  # noqa: A002
    """A question as a run leaves it, refused unless told otherwise."""
    plain: dict[str, Any] = {
        "id": id,
        "file": "questions.jsonl",
        "question": f"What is said of {id}?",
        "language": "en",
        "pair": None,
        "tags": [],
        "expected": "not_found",
        "status": "not_found",
        "outcome": outcome,
        "held_out": False,
        "probability": 0.2,
        "metrics": {"recall@5": None},
        "reasons": ["It was refused, and nothing answers it."],
        "gold": {"answers": [], "articles": [], "evidence": [], "history": [], "as_of": None},
        "answer": answer("The articles do not answer this."),
        "error": None,
    }
    return plain | changes


ROWS = [
    row(
        "ar-1",
        "right",
        question="متى وقع انفجار مرفأ بيروت؟",
        language="ar",
        pair="ar-ar",
        tags=["date"],
        status="answered",
        expected="answered",
        metrics={"recall@5": 1.0, "exact_match": None},
        gold={
            "answers": ["4 آب 2020"],
            "articles": ["beirut"],
            "evidence": ["4 آب 2020", "10 آب 2020"],
            "history": [
                {"role": "user", "content": "ماذا حدث في لبنان؟"},
                {"role": "assistant", "content": "انفجر المرفأ."},
            ],
            "as_of": "2023-02-01",
        },
        answer=answer(f"«{ARABIC_QUOTATION}» [1]", cited("beirut", ARABIC_QUOTATION, [[25, 34]])),
    ),
    row(
        "hostile",
        "wrong",
        question=HOSTILE,
        tags=["number", HOSTILE],
        pair="en-en",
        status="answered",
        expected="answered",
        reasons=[HOSTILE],
        gold={
            "answers": [HOSTILE],
            "articles": ["hope"],
            "evidence": ["9 February 2021"],
            "history": [{"role": "user", "content": HOSTILE}],
            "as_of": None,
        },
        answer=answer(f"{HOSTILE} [1]", cited("hope", ENGLISH_QUOTATION)),
    ),
    row("none-1", "refused", tags=["number"]),
    row(
        "broken",
        "failed",
        status="failed",
        answer=None,
        error="ModelError: gone.",
        probability=None,
    ),
    row("late", "incomplete", expected="answered"),
    *(row(f"plain-{number}", "refused") for number in range(PLAIN_ROWS)),
]


def measured(value: float | None, n: int = 302) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    return {"value": value, "low": value - 0.022, "high": value + 0.022, "n": n}


METRICS = {
    "crag_score": measured(-0.25),
    "recall@5": measured(0.812),
    "exact_match": measured(None),
    "citation_recall": measured(0.7),
    "seconds_total_p95": measured(1.5),
    "novelty": measured(0.5),
}
SUMMARY: dict[str, Any] = {
    "metrics": METRICS,
    "by": {
        "tag": {"date": METRICS, HOSTILE: METRICS, "number": {"recall@5": measured(None)}},
        "pair": {"ar-ar": METRICS, "en-en": METRICS},
        "language": {"ar": METRICS, "en": METRICS},
        "expected": {},
    },
    "curves": {
        "coverage": [[0.2, 1.0], [0.6, 0.9], [1.0, 0.75]],
        "calibration": [
            {"probability": 0.2, "share": 0.1, "n": 20},
            {"probability": 0.8, "share": 0.9, "n": 40},
        ],
    },
    "counts": {"wrong": 1, "right": 1, "refused": 61, "incomplete": 1, "failed": 1, "message": 0},
    "judge": {"name": "Judge 7B", "kappa": {"value": 0.71, "low": 0.6, "high": 0.8, "n": 120}},
    "config": {"llm": "quotes", "embedding": {"name": HOSTILE}, "files": ["a", "b"]},
}


def found(groups: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {group["heading"]: [each["name"] for each in group["metrics"]] for group in groups}


def test_metrics_stand_under_their_headings_in_order() -> None:
    names = ["odd", "recall@10", "recall@5", "ndcg@10", "seconds_total_p95", "citation_f1"]
    groups = grouped([*names, *names])
    assert found(groups) == {
        "Retrieval": ["ndcg@10", "recall@5", "recall@10"],
        "Citations": ["citation_f1"],
        "Speed": ["seconds_total_p95"],
        "Other": ["odd"],
    }
    assert [group["metrics"][0]["judged"] for group in groups] == [False, True, False, False]
    assert [group["metrics"][0]["unit"] for group in groups] == ["", "", "s", ""]
    assert groups[0]["metrics"][1]["words"] == "relevant articles among the first 5"
    known = {stem: heading for heading, stems in GROUPS.items() for stem in stems}
    assert all(stem in found(grouped(known))[heading] for stem, heading in known.items())


def test_data_come_back_as_they_were_and_cannot_end_their_element() -> None:
    value = {"text": HOSTILE + "\ud800\u2029 دليل 🚢"}
    text = json_for_html(value)
    assert not re.search("[<>&\u2028\u2029\ud800]", text)
    assert json.loads(text) == value
    assert json_for_html([float("nan"), date(2026, 1, 2), Path("a/b"), (1,)]) == (
        '[null,"2026-01-02","a/b",[1]]'
    )
    with pytest.raises(TypeError):
        json_for_html({1, 2})


def test_a_page_has_its_own_elements_and_no_other_and_names_no_host() -> None:
    text = page(SUMMARY, ROWS, ARTICLES)
    assert len(re.findall("<script", text)) == len(re.findall("</script", text)) == 2
    assert re.search(r"<script[^>]* src|<link[^>]*href=\"http|@import|url\(", text) is None
    assert "innerHTML" not in text
    assert "unsafe-inline" not in text


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report on disk."""
    path = tmp_path_factory.mktemp("report") / "new" / "report.html"
    write_report(path, SUMMARY, ROWS, ARTICLES)
    return path.as_uri()


@pytest.fixture
def open_report(browser: Browser, report: str) -> Iterator[Callable[..., Page]]:
    """Opens the report; checks afterwards that it asked for nothing and complained of nothing."""
    requested: list[str] = []
    complaints: list[str] = []
    tabs: list[Page] = []

    def opened(fragment: str = "", size: tuple[int, int] = DESK, scheme: Any = "light") -> Page:
        viewport: Any = {"width": size[0], "height": size[1]}
        tab = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
        tab.on("request", lambda request: requested.append(request.url))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(report + fragment)
        expect(tab.locator(".item").first).to_be_visible()
        tabs.append(tab)
        return tab

    yield opened
    titles = {tab.title() for tab in tabs}
    for tab in tabs:
        tab.context.close()
    assert complaints == []
    assert titles == {"Evaluation run · Dalil"}
    assert {url.partition("#")[0] for url in requested if not url.startswith("data:")} == {report}


def item(tab: Page, name: str) -> Locator:
    return tab.locator(f'.item[data-id="{name}"]')


def directions(found: Locator) -> list[str]:
    script = "all => all.map(one => getComputedStyle(one).direction)"
    return [str(each) for each in found.evaluate_all(script)]


def chip(tab: Page, dimension: str, value: str) -> Locator:
    return tab.locator(f'.chip[data-filter="{dimension}"][data-value="{value}"]')


def shoot(tab: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    tab.screenshot(path=ARTIFACTS / f"report-{name}.png")


@needs_browser
def test_figures_carry_interval_n_and_judge_and_null_is_not_zero(
    open_report: Callable[..., Page],
) -> None:
    tab = open_report()
    names = tab.locator("#figures dt").all_text_contents()
    values = tab.locator("#figures dd:not(.words)").all_text_contents()
    shown = dict(zip(names, values, strict=True))
    assert shown["recall@5"] == "0.812 [0.790, 0.834], n 302"
    assert shown["exact_match"] == "n/a, n 0"
    assert shown["seconds_total_p95"] == "1.50 s [1.48, 1.52], n 302"
    assert "novelty" in tab.locator("#figures section", has_text="Other").inner_text()
    assert tab.locator("#headline .big").text_content() == "−0.250 [−0.272, −0.228], n 302"
    judged = "judged by Judge 7B, κ 0.710 [0.600, 0.800], n 120"
    expect(tab.locator("#figures .judge")).to_have_text(judged)
    expect(tab.locator('[data-place="language"] .judge')).to_have_text(judged)
    expect(tab.locator('[data-place="tag"] table')).to_contain_text("n/a")
    expect(tab.locator("#configuration")).to_contain_text(HOSTILE[:30])
    counts = tab.locator(".counts button").evaluate_all(
        "all => all.map(one => one.dataset.outcome)"
    )
    assert counts == ["right", "incomplete", "wrong", "refused", "failed", "message"]
    expect(tab.locator(".counts [data-outcome=refused]")).to_contain_text("61")


@needs_browser
def test_highlighted_words_are_the_quotation(open_report: Callable[..., Page]) -> None:
    tab = open_report("#q=ar-1")
    mark = item(tab, "ar-1").locator(".article mark")
    assert mark.all_text_contents() == [ARABIC_QUOTATION]
    assert mark.locator("strong").text_content() == ARABIC_QUOTATION[25:34]
    gold = item(tab, "ar-1").locator(".article u.gold")
    assert gold.all_text_contents() == ROWS[0]["gold"]["evidence"]
    expect(item(tab, "ar-1").locator(".problem")).to_have_count(0)
    item(tab, "ar-1").get_by_role("button", name="Show quotation [1]").click()
    expect(mark).to_be_focused()
    expect(mark).to_be_in_viewport()
    shoot(tab, "question")


@needs_browser
def test_a_quotation_that_is_not_there_is_told(browser: Browser, tmp_path: Path) -> None:
    moved = cited("beirut", ARABIC_QUOTATION)
    moved["start"] += 1
    lost = cited("beirut", "وصلت السفينة") | {"article": "gone", "marker": 2}
    rows = [row("moved", "wrong", answer=answer("[1] [2]", moved, lost))]
    write_report(tmp_path / "report.html", {"metrics": {}}, rows, ARTICLES)
    tab = browser.new_page()
    tab.goto((tmp_path / "report.html").as_uri() + "#q=moved")
    expect(item(tab, "moved").locator(".problem")).to_contain_text("Quotation [1] is not what")
    expect(tab.locator('[data-article="gone"] blockquote')).to_have_text("وصلت السفينة")
    expect(tab.locator("#plot-coverage")).to_contain_text("No curve was measured.")
    tab.close()


@needs_browser
def test_arabic_reads_from_the_right_and_the_rest_from_the_left(
    open_report: Callable[..., Page],
) -> None:
    tab = open_report("#q=ar-1")
    shown = item(tab, "ar-1")
    for selector in (".asked", ".answer p", ".history p", ".wanted li", ".text", ".notes li"):
        assert set(directions(shown.locator(selector))) == {"rtl"}, selector
    assert directions(shown.locator(".reasons li")) == ["ltr"]
    assert set(directions(item(tab, "none-1").locator(".asked"))) == {"ltr"}
    expect(shown.locator(".history")).to_contain_text("ماذا حدث في لبنان؟")
    expect(shown).to_contain_text("asked as of 2023-02-01")
    expect(shown.locator(".reasons")).to_contain_text("nothing answers it")


@needs_browser
def test_hostile_text_stays_text(open_report: Callable[..., Page]) -> None:
    tab = open_report("#q=hostile")
    shown = item(tab, "hostile")
    expect(shown.locator(".asked")).to_contain_text("<img src=x onerror")
    assert shown.locator(".article mark").all_text_contents() == [ENGLISH_QUOTATION]
    assert tab.locator("#questions img, #questions script").count() == 0
    assert tab.locator("a[href^=javascript]").count() == 0
    expect(shown.locator(".article a")).to_have_count(0)
    expect(shown.locator(".article .facts")).not_to_contain_text("undefined")


@needs_browser
def test_filters_narrow_the_list_and_stay_in_the_address(open_report: Callable[..., Page]) -> None:
    tab = open_report()
    expect(tab.locator("#count")).to_have_text(f"{len(ROWS)} of {len(ROWS)} questions")
    chip(tab, "outcome", "wrong").click()
    expect(tab.locator(".item")).to_have_count(1)
    chip(tab, "outcome", "refused").click()
    expect(tab.locator("#count")).to_have_text(f"{PLAIN_ROWS + 2} of {len(ROWS)} questions")
    chip(tab, "tag", "number").click()
    expect(tab.locator(".item")).to_have_count(2)
    expect(chip(tab, "outcome", "right")).to_have_text(re.compile(r"right 0"))
    again = open_report("#" + tab.url.partition("#")[2])
    expect(again.locator(".item")).to_have_count(2)
    expect(chip(again, "tag", "number")).to_have_attribute("aria-pressed", "true")
    tab.get_by_role("button", name="Clear filters").click()
    tab.get_by_label("Search the questions").fill("بيروت")
    expect(tab.locator(".item")).to_have_count(1)
    expect(item(tab, "ar-1")).to_be_visible()
    tab.get_by_label("Search the questions").fill("no such words")
    expect(tab.locator("#count")).to_contain_text("No question fits")


@needs_browser
def test_the_list_turns_pages_and_the_keyboard_opens_a_question(
    open_report: Callable[..., Page],
) -> None:
    tab = open_report()
    expect(tab.locator(".item")).to_have_count(50)
    expect(tab.locator(".item .body")).to_have_count(0)
    tab.get_by_role("button", name="Next").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator(".item")).to_have_count(len(ROWS) - 50)
    last = item(tab, f"plain-{PLAIN_ROWS - 1}")
    last.locator("summary").focus()
    tab.keyboard.press("Enter")
    expect(last.locator(".body")).to_be_visible()
    assert f"q=plain-{PLAIN_ROWS - 1}" in tab.url
    again = open_report(f"#q=plain-{PLAIN_ROWS - 1}")
    expect(item(again, f"plain-{PLAIN_ROWS - 1}").locator(".body")).to_be_in_viewport()
    broken = open_report("#outcome=right&q=broken")
    expect(item(broken, "broken").locator(".problem")).to_contain_text("ModelError: gone.")


@needs_browser
def test_every_plot_has_a_title_labels_and_words(open_report: Callable[..., Page]) -> None:
    tab = open_report("#plots")
    for name in ("pair", "tag", "coverage", "calibration", "latency", "stages"):
        plot = tab.locator(f"#plot-{name}")
        assert plot.locator("h3").inner_text()
        assert len(plot.locator("svg[role=img]").get_attribute("aria-label") or "") > 20
        assert plot.locator("svg .axis-label").count() >= 2
        assert plot.locator("tbody tr").count() >= 1
    assert tab.locator("#plot-tag .dot").count() == 2
    assert tab.locator("#plot-calibration .dot").count() == 2
    tab.get_by_label("Metric by pair and by tag").select_option("recall@5")
    expect(tab.locator("#plot-pair h3")).to_have_text("recall@5 by pair")
    expect(tab.locator("#plot-pair svg")).to_be_visible()


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_nothing_scrolls_sideways(
    open_report: Callable[..., Page], size: tuple[int, int], scheme: str
) -> None:
    for name in ("ar-1", "hostile"):
        tab = open_report(f"#q={name}", size, scheme)
        for summary in tab.locator("details:not([open]) > summary:visible").all()[:12]:
            summary.evaluate("each => { each.parentElement.open = true; }")
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
        shoot(tab, f"{size[0]}-{scheme}-{name}")
