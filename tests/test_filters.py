"""Filters: what a search may use, whatever is combined, whoever wrote it last."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests_support import dalil, document

from eval.cases import Case
from eval.dataset import GoldQuestion
from index.build import ingest
from index.candidates import exactly_nearest, lexical_scores, nearest
from index.catalogue import Catalogue
from index.config import Config
from index.embed import Embedder
from index.filters import EVERYTHING, Filters
from index.search import Index
from index.types import Article, Chunk
from rag.answer import Assistant
from rag.llamaindex import DalilQueryEngine, DalilRetriever

Write = Callable[[str, str], Path]

DAYS = [date(2020, 1, 31), date(2021, 6, 1), date(2021, 6, 2), date(2024, 12, 31)]
SOURCES = ["Gazette", "الجريدة", ""]
HEAD = '{{"id": "{id}", "source": "{source}", "published": {day}, "text": "{text}"}}'
LINES = [
    HEAD.format(
        id=f"a{number}",
        source=SOURCES[number % len(SOURCES)],
        day=f'"{DAYS[number % len(DAYS)]}"' if number % 5 else "null",
        text=f"وصلت السفينة رقم {number} إلى الميناء القديم في الصباح." * (1 + number % 3)
        if number % 2
        else f"Ship number {number} reached the old harbour in the morning. " * (1 + number % 3),
    )
    for number in range(40)
]

days = st.none() | st.sampled_from([*DAYS, date(2019, 1, 1), date(2025, 1, 1)])
ids = st.lists(st.sampled_from([f"a{number}" for number in range(45)]), unique=True)


@st.composite
def any_filters(draw: st.DrawFn) -> Filters:
    """Any filters that can be."""
    since, until = draw(days), draw(days)
    if since and until and since > until:
        since, until = until, since
    return Filters(
        languages=tuple(draw(st.sets(st.sampled_from(["ar", "en"])))),
        sources=tuple(draw(st.sets(st.sampled_from([*SOURCES, "nobody"])))),
        since=since,
        until=until,
        articles=tuple(draw(ids | st.just([]))),
        exclude=tuple(draw(ids)),
        as_of=draw(days),
    )


def leaves(filters: Filters, article: Article, chunk: Chunk) -> bool:
    """The meaning of filters, said once more and without SQL."""
    day = article.published
    return (
        (not filters.languages or chunk.language in filters.languages)
        and (not filters.sources or article.source in filters.sources)
        and (not filters.articles or article.id in filters.articles)
        and article.id not in filters.exclude
        and (filters.since is None or (day is not None and day >= filters.since))
        and (filters.until is None or (day is not None and day <= filters.until))
        and (filters.as_of is None or day is None or day <= filters.as_of)
    )


def left(catalogue: Catalogue, filters: Filters) -> set[str]:
    """The ids of the chunks that filters leave, by looking at all of them."""
    return {
        item.chunk.id
        for item in catalogue.chunks(catalogue.chunk_ids())
        if leaves(filters, catalogue.article(item.chunk.article_id), item.chunk)
    }


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Index:
    """Forty articles in two languages, from three sources and four days; some are undated.

    Half of them were added by another process after the collection was opened, and five of the
    others, which the opened neighbour index goes on finding, were removed.
    """
    folder = tmp_path_factory.mktemp("harbour")
    home = Config(folder / "home")
    file = folder / "articles.jsonl"
    extra = [HEAD.format(id=f"gone{n}", source="", day="null", text=f"Ship {n}.") for n in range(5)]
    file.write_text("\n".join(LINES[:20] + extra), "utf-8")
    ingest([file], home, lambda: embedder)
    index = Index.open(home, lambda: embedder)
    file.write_text("\n".join(LINES), "utf-8")
    arguments = ["ingest", str(file), "--prune", str(folder), "--home", str(home.home)]
    command = [sys.executable, "-c", "from ui.cli import main; main()", *arguments]
    root = Path(__file__).parents[1]
    subprocess.run(command, check=True, cwd=root, capture_output=True, timeout=120)
    assert len(index.catalogue.origins()) == 40
    return index


@given(any_filters(), st.sampled_from([1, 3, 10, 60]))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_search_gives_as_many_as_there_are_and_only_those(
    harbour: Index, filters: Filters, limit: int
) -> None:
    matching = left(harbour.catalogue, filters)
    query = harbour.query("Which ship reached the الميناء القديم?")
    found = [item.hit.chunk.id for item in harbour.find(query, limit, filters)]
    assert len(set(found)) == len(found) == min(limit, len(matching))
    assert matching.issuperset(found)


@given(any_filters(), st.integers(1, 12))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_neighbour_index_and_the_catalogue_find_the_same(
    harbour: Index, filters: Filters, limit: int
) -> None:
    """The neighbour index is asked even where the filter leaves few."""
    catalogue, opened = harbour.catalogue, harbour._opened
    vector = harbour.query("Which ship reached the harbour?").vector
    expected = exactly_nearest(catalogue, vector, limit, filters)
    arguments = (catalogue, opened.neighbours, opened.generation, vector, limit, filters)
    assert set(nearest(*arguments, few=0)) >= set(expected)
    assert set(nearest(*arguments)) >= set(expected)


@given(any_filters())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_words_are_looked_for_in_what_is_left(harbour: Index, filters: Filters) -> None:
    everything = lexical_scores(harbour.catalogue, ["harbour", "ميناء"], 1000)
    assert everything
    wanted = {id_: everything[id_] for id_ in left(harbour.catalogue, filters) & set(everything)}
    assert lexical_scores(harbour.catalogue, ["harbour", "ميناء"], 1000, filters) == wanted


def test_what_cannot_be_filtered_by_is_a_wrong_argument() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        Filters(since=date(2024, 1, 2), until=date(2024, 1, 1))
    with pytest.raises(ValueError, match="the languages are ar and en"):
        Filters(languages=("fr",))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must be a tuple, such as \('BBC',\)"):
        Filters(sources="BBC")  # type: ignore[arg-type]
    assert Filters(since=date(2024, 1, 1), until=date(2024, 1, 1)) != EVERYTHING


DEAD = "How many people did the earthquake in Morocco kill?"


def test_what_is_published_after_the_day_is_not_used(assistant: Assistant) -> None:
    early, later = date(2023, 9, 10), "morocco-earthquake-en"
    answer = assistant.ask(DEAD, as_of=early)
    assert answer.status == "answered"
    assert all(c.published and c.published <= early for c in answer.citations)
    assert later not in {hit.chunk.article_id for hit in answer.hits}
    assert later in {hit.chunk.article_id for hit in assistant.ask(DEAD).hits}
    limited = assistant.ask(DEAD, as_of=date(2024, 1, 1), filters=Filters(as_of=early))
    assert later in {hit.chunk.article_id for hit in limited.hits}


def test_an_evaluation_honours_the_day_and_what_is_held_out() -> None:
    gold = GoldQuestion("q", "Who?", "en", articles=("a",), as_of=date(2023, 9, 10))
    assert Case(gold, "q.jsonl").filters == Filters(as_of=gold.as_of)
    held_out = Case(gold, "q.jsonl", held_out=True)
    assert held_out.filters == Filters(exclude=("a",), as_of=gold.as_of)


NEWEST = "Why did Haftar go to Belarus, going by the newest report?"


def test_the_newest_comes_first_where_the_latest_is_asked_for(assistant: Assistant) -> None:
    asked = NEWEST.replace("newest ", "")
    ranked = [hit.chunk.article_id for hit in assistant.search(asked)]
    assert ranked[0] == "haftar-minsk-en"
    hits = assistant.search(NEWEST)
    assert hits[0].chunk.article_id == "mig-training-en"
    assert assistant.search(NEWEST, 1) == hits[:1]
    purpose = "What was the purpose of Haftar's visit to Belarus, going by the newest report?"
    assert assistant.ask(purpose).citations[0].article == "mig-training-en"
    older = Filters(until=date(2025, 2, 20))
    assert assistant.search(NEWEST, filters=older)[0].chunk.article_id == "haftar-minsk-en"


@pytest.mark.xfail(strict=True, reason="refused: the reader sees no reason in 'a main purpose of'")
def test_a_reason_in_other_words_is_quoted_from_the_newest(assistant: Assistant) -> None:
    answer = assistant.ask(NEWEST)
    assert answer.status == "answered"
    assert answer.citations[0].article == "mig-training-en"


def test_undated_articles_and_what_is_off_the_subject_come_last(
    home: Config, write: Write, embedder: Embedder
) -> None:
    rows = [("old", '"2020-01-01"'), ("undated", "null"), ("new", '"2024-01-01"')]
    report = "The Harbour Master says that {} ships are waiting in the old harbour of Byblos."
    told = [
        HEAD.format(id=id_, source="", day=day, text=report.format(number))
        for number, (id_, day) in enumerate(rows, 30)
    ]
    other = "Bake the orange cake for an hour, then let it cool down."
    told.append(HEAD.format(id="cake", source="", day='"2025-01-01"', text=other))
    ingest([write("harbour.jsonl", "\n".join(told))], home, lambda: embedder)
    assistant = Assistant(Index.open(home, lambda: embedder), "quotes")
    hits = assistant.search("What is the latest number of ships waiting in the old harbour?")
    assert [hit.chunk.article_id for hit in hits] == ["new", "old", "undated", "cake"]


def test_llamaindex_can_filter(assistant: Assistant) -> None:
    arabic = Filters(languages=("ar",))
    question = "How long was the Suez Canal blocked by the Ever Given?"
    nodes = DalilRetriever(assistant, 5, arabic).retrieve(question)
    assert [node.node.metadata["language"] for node in nodes] == ["ar"] * 5
    response = DalilQueryEngine(assistant, Filters(sources=("nobody",))).query(question)
    assert response.metadata is not None
    assert (response.metadata["status"], response.source_nodes) == ("not_found", [])


SOUTH = "Dalil sample desk: South"


@pytest.fixture(scope="module")
def there(sample_home: Config) -> tuple[str, str]:
    return "--home", str(sample_home.home)


def test_the_command_line_filters(there: tuple[str, str]) -> None:
    given = ("--language", "ar", "--since", "٢٠٢٣-٠٩-١٤", "--until", "2023-09-14")
    result = dalil("search", "earthquake", *given, "--limit", "50", "--json", *there)
    found = {(hit["article"], hit["language"]) for hit in document(result)["hits"]}
    assert found == {("morocco-earthquake-ar", "ar")}
    one, other = "suez-ever-given-en", "haftar-minsk-en"
    only = ("--article", one, "--article", other, "--source", SOUTH, "--llm", "quotes", "--json")
    answer = document(dalil("ask", "How long is the Ever Given?", *only, *there))
    assert {hit["article"] for hit in answer["hits"]} == {other}


def test_a_conversation_keeps_its_filters(there: tuple[str, str]) -> None:
    entered = "When did the Ever Given run aground?\nHow long was the canal blocked?\n\n"
    only = ("--language", "en", "--article", "suez-ever-given-en")
    result = dalil("ask", "--llm", "quotes", *only, *there, entered=entered)
    headings = [line for line in result.stdout.splitlines() if line.startswith("[")]
    assert len(headings) >= 2
    assert all(line.endswith("suez-ever-given-en") for line in headings)


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        ("ask", ("--since", "yesterday"), "'yesterday' is no day; write it as 2023-12-31"),
        ("search", ("--until", "2023-02-30"), "is no day"),
        ("ask", ("--since", "2024-01-01", "--until", "2023-01-01"), "ends before it begins"),
        ("search", ("--language", "fr"), "the languages are ar and en"),
        ("ask", ("--source", "nobody"), "The sources are: Dalil sample desk: Capital, "),
        ("search", ("--article", "nothing"), "dalil articles list"),
    ],
)
def test_a_wrong_filter_says_what_to_do(
    there: tuple[str, str], command: str, arguments: tuple[str, ...], says: str
) -> None:
    result = dalil(command, "Who?", *arguments, *there)
    assert result.returncode == 2, result.stderr
    assert says in " ".join(result.stderr.replace("│", " ").split())
