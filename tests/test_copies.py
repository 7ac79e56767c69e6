"""Near-identical articles: recognised as they come, folded where they are found."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from tests_support import article, count_letters, dalil, document

from eval.dataset import ARTICLES
from eval.run import evaluate
from index.build import ingest, rebuild, remove
from index.catalogue import Catalogue
from index.chunk import chunks
from index.config import Config
from index.copies import are_copies, bands, fold, join, shingles
from index.embed import Embedder
from index.readers import read
from index.rows import TABLES
from index.search import Index
from index.sentences import sentences
from index.types import Article, Chunk, RawArticle
from index.writer import Summary
from rag.answer import Assistant
from rag.compose import with_notes, with_quotations
from rag.types import Answer, Evidence

Write = Callable[[str, str], Path]
Run = Callable[..., Summary]

FERRY = (
    "A ferry with 214 passengers ran aground near the harbour of Sfax early on Monday. Fishermen "
    "from two villages brought most of the people ashore before the coast guard arrived. The "
    "captain told investigators that the steering had failed twice during the crossing. Doctors at "
    "the regional hospital treated eleven people for cold and shock and sent them home before noon."
)
MORE = (
    "The owner of the vessel promised to repair the damaged pier within three months. A union of "
    "dock workers has complained for years about old ships on this route. Parliament will hear the "
    "minister of transport about it next week, a spokesman said. Insurers put the damage at two "
    "million dinars and expect the wreck to stay until the end of spring."
)
BRIDGE = (
    "افتتحت السلطات المحلية جسرا جديدا فوق نهر دجلة في مدينة الموصل صباح الخميس بحضور مئات السكان. "
    "وقال المهندس المشرف إن أعمال البناء استغرقت ثلاثين شهرا وكلفت أربعين مليون دولار. ويربط الجسر "
    "الأحياء القديمة بالجانب الأيسر من المدينة ويخفف الازدحام عن الجسور الأخرى."
)


NOTRE_DAME = ("notre-dame-en", "notre-dame-reprint-en")


@pytest.fixture
def run(home: Config, embedder: Embedder, write: Write) -> Run:
    """Writes articles, by name, and ingests their folder."""

    def run_ingest(**texts: str) -> Summary:
        folders = {write(f"{name}.txt", text).parent for name, text in texts.items()}
        return ingest(sorted(folders), home, lambda: embedder)

    return run_ingest


def originals(home: Config) -> dict[str, str]:
    catalogue = Catalogue.open(home.catalogue)
    return catalogue.originals(summary.id for summary in catalogue.summaries())


def in_table(home: Config, query: str) -> int:
    with Catalogue.open(home.catalogue).changing() as connection:
        return int(connection.execute(query).fetchone()[0])


def edited(text: str, language: str, draw: random.Random) -> str:
    """A reprint: a sentence fewer, another in a new place, some words changed."""
    parts = [text[span.start : span.end] for span in sentences(text, language)]  # type: ignore[arg-type]
    parts.pop(draw.randrange(len(parts)))
    parts.insert(draw.randrange(len(parts)), parts.pop(draw.randrange(len(parts))))
    words = " ".join(parts).split()
    for place in draw.sample(range(len(words)), len(words) // 25):
        words[place] = draw.choice(["الماضي", "قرابة", "nearly", "last"])
    return " ".join(words)


# What is a copy


def test_shingles_are_runs_of_three_folded_words() -> None:
    assert len(shingles("one two three four")) == 2
    assert np.array_equal(shingles("One, two THREE four!"), shingles("one two three four"))
    assert np.array_equal(shingles("قال أحمد علي"), shingles("قال احمد على"))
    assert len(shingles("a b c a b c a b c")) == 3
    assert len(shingles("two words")) == 1
    assert len(shingles("...")) == 0
    assert shingles("one two three").tolist() == [14309987088780430805]  # in every process


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 100), (40, 140), True),  # 60 of 100 are shared, 60 of 140 together
        ((0, 100), (41, 141), False),  # 59 of 100
        ((0, 35), (0, 100), True),  # all of the shorter, 35 of 100 together
        ((0, 34), (0, 100), False),  # a longer article holds it: 34 of 100
        ((0, 10), (0, 10), True),
        ((0, 19), (0, 20), False),  # few, and not the same
        ((0, 20), (0, 21), True),
        ((0, 0), (0, 0), False),
    ],
)
def test_copies_share_most_of_the_shorter_and_much_of_both(
    one: tuple[int, int], other: tuple[int, int], expected: bool
) -> None:
    first, second = (np.arange(*span, dtype=np.uint64) for span in (one, other))
    assert are_copies(first, second) is are_copies(second, first) is expected


def test_bands_meet_as_often_as_the_formula_says() -> None:
    def met(shared: int) -> float:
        starts = np.arange(0, 200_000, 1000, dtype=np.uint64)
        texts = [np.arange(n, n + 600 - shared, dtype=np.uint64) for n in starts]
        pairs = [(bands(text[:300], "en"), bands(text[-300:], "en")) for text in texts]
        return float(np.mean([np.isin(one, other).any() for one, other in pairs]))

    assert met(200) >= 0.98  # similarity 1/2: 1 - (1 - 1/8)⁴⁰ = 0.995
    assert met(100) == pytest.approx(1 - (1 - 1 / 125) ** 40, abs=0.1)  # similarity 1/5
    assert met(12) <= 0.02  # similarity 1/49


def test_articles_of_two_languages_never_meet() -> None:
    own = shingles(FERRY)
    assert set(bands(own, "en").tolist()).isdisjoint(bands(own, "ar").tolist())


def test_of_the_samples_only_the_reprints_are_copies_and_edited_ones_stay_so() -> None:
    draw = random.Random(7)
    stored = [raw for raw in read([ARTICLES]) if isinstance(raw, RawArticle)]
    texts = {raw.id: raw.text for raw in stored}
    assert len(texts) == 60
    own = {id_: shingles(text) for id_, text in texts.items()}
    changed = {raw.id: shingles(edited(raw.text, raw.language or "en", draw)) for raw in stored}
    assert all(are_copies(own[id_], changed[id_]) for id_ in texts)
    found = {pair for pair in combinations(texts, 2) if are_copies(own[pair[0]], changed[pair[1]])}
    assert found == {
        ("haftar-minsk-ar", "haftar-minsk-reprint-ar"),
        ("notre-dame-en", "notre-dame-reprint-en"),
    }


# Groups, as articles come and go


def test_the_sample_reprints_are_recognised_and_the_first_reports_are_not(
    sample_home: Config,
) -> None:
    assert originals(sample_home) == {
        "haftar-minsk-reprint-ar": "haftar-minsk-ar",
        "notre-dame-reprint-en": "notre-dame-en",
    }


def test_short_notes_are_copies_only_word_for_word(run: Run, home: Config) -> None:
    run(
        monday="The price of bread in Tunis rose by 4 percent on Monday.",
        tuesday="The price of bread in Tunis rose by 7 percent on Tuesday.",
        reprint="The price of bread in Tunis rose by 4 percent on Monday!",
    )
    assert originals(home) == {"reprint": "monday"}


def test_a_shared_line_of_boilerplate_makes_no_copy(run: Run, home: Config) -> None:
    line = " This dispatch was distributed by the Mediterranean News Exchange to its members."
    run(a=FERRY + line, b=MORE + line)
    assert originals(home) == {}


def test_an_ingest_says_what_is_a_copy_of_what(run: Run, home: Config) -> None:
    summary = run(a=FERRY, b=f"Sfax, from our desk. {FERRY}", c=BRIDGE, d=MORE)
    assert summary.copies == {"b": "a"}
    assert run(e=BRIDGE.replace("دجلة", "دِجلة")).copies == {"e": "c"}


def test_without_its_original_a_group_goes_on(run: Run, home: Config) -> None:
    run(a=FERRY, b=f"{FERRY} More soon.", c=f"{FERRY} Read on.")
    assert originals(home) == {"b": "a", "c": "a"}
    remove(["a"], home)
    assert originals(home) == {"c": "b"}
    remove(["c"], home)
    assert originals(home) == {}
    assert in_table(home, "SELECT COUNT(original) FROM articles") == 0
    assert run(d=f"{FERRY} The end.").copies == {"a": "b", "c": "b", "d": "b"}
    remove(["a", "b", "c", "d"], home)
    assert in_table(home, "SELECT COUNT(*) FROM bands") == 0


def test_a_band_of_an_article_that_is_gone_is_passed_over(run: Run, home: Config) -> None:
    run(a=FERRY)
    with sqlite3.connect(home.catalogue) as connection:
        connection.execute("INSERT INTO bands SELECT band, article + 1 FROM bands")
        connection.execute("INSERT INTO bands SELECT band, 999 FROM bands WHERE article = 1")
    run(b=f"{FERRY} More soon.")
    assert originals(home) == {"b": "a"}


def test_copies_of_an_original_that_are_none_of_each_other_part(run: Run, home: Config) -> None:
    first, second, third = FERRY, MORE, MORE.replace("A union", "The guild")
    run(a=f"{first} {second}", b=first, c=third)
    assert originals(home) == {"b": "a", "c": "a"}
    remove(["a"], home)
    assert originals(home) == {}
    assert run(d=third).copies["d"] == "c"


def test_a_changed_article_is_grouped_anew(run: Run, home: Config) -> None:
    run(a=FERRY, b=FERRY, c=FERRY)
    assert originals(home) == {"b": "a", "c": "a"}
    assert run(b=BRIDGE).copies == {}
    assert originals(home) == {"c": "a"}
    run(a=f"{BRIDGE} انتهى.")
    assert originals(home) == {"a": "b"}
    assert run(b=FERRY).copies == {"b": "c"}
    assert originals(home) == {"b": "c"}
    rows = "SELECT COUNT(*) FROM bands WHERE article NOT IN (SELECT number FROM articles)"
    assert in_table(home, rows) == 0
    assert in_table(home, "SELECT COUNT(DISTINCT article) FROM bands") == 2


def test_the_same_again_and_a_rebuild_keep_the_groups(
    run: Run, home: Config, embedder: Embedder
) -> None:
    run(a=FERRY, b=FERRY, c=BRIDGE, d=BRIDGE)
    assert run(a=FERRY).copies == {}
    assert originals(home) == {"b": "a", "d": "c"}
    assert rebuild(home, lambda: embedder).copies == {"b": "a", "d": "c"}
    assert originals(home) == {"b": "a", "d": "c"}


def _steps(before: Sequence[str], text: str) -> int:
    """What SQLite does to let one more article join those before, in its own instructions."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    for number, each in enumerate([*before, text], 1):
        values = (number, str(number), str(number), each)
        connection.execute(
            "INSERT INTO articles (number, id, origin, text, digest, title, language, url, source, "
            "author, truncated, metadata, raw) VALUES (?, ?, ?, ?, '', '', 'en', '', '', '', 0, "
            "'', '')",
            values,
        )
        if number > len(before):
            connection.set_progress_handler(count, 1)
        join(connection, number, each, "en")
    return taken


@pytest.mark.parametrize("joining", [FERRY, MORE])
def test_to_join_costs_the_same_however_many_there_are(joining: str) -> None:
    draw = random.Random(3)
    others = [" ".join(draw.choices(MORE.split(), k=60)) for _ in range(600)]
    reprints = [f"{FERRY} Number {n}." for n in range(300)]
    few, many = _steps([*others[:6], FERRY], joining), _steps([*others, *reprints], joining)
    assert many <= 1.5 * few


# What a search shows


def _chunks(made: Article) -> list[Chunk]:
    return chunks(made, count_letters, 10_000)


def test_a_chunk_that_says_nothing_new_is_folded() -> None:
    (first,), (second,) = (_chunks(article(FERRY, id_)) for id_ in ("a", "b"))
    (other,) = _chunks(article(MORE, "c"))
    assert fold([first, other, second], [1, None, 1], 3) == {0: ("b",), 1: ()}
    assert fold([first, second, other], [1, 1, None], 2) == {0: ("b",), 2: ()}
    assert fold([first, other, second], [1, None, 1], 1) == {0: ("b",)}
    assert fold([first, second], [None, None], 2) == {0: (), 1: ()}
    assert fold([first, second], [1, 2], 2) == {0: (), 1: ()}
    assert fold([first, first], [1, 1], 2) == {0: (), 1: ()}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        (FERRY.replace("brought", "carried"), True),
        (FERRY.replace("214", "241"), False),
        (FERRY.replace(" The captain", " Nobody died. The captain"), False),
        (FERRY + " " + MORE.partition(" A union")[0], False),
        (FERRY + " (Reuters)", True),
        (FERRY.rpartition(". ")[0] + ".", True),
    ],
)
def test_what_a_copy_adds_or_changes_is_shown(text: str, folded: bool) -> None:
    (first,), (second,) = _chunks(article(FERRY, "a")), _chunks(article(text, "b"))
    assert fold([first, second], [1, 1], 2) == ({0: ("b",)} if folded else {0: (), 1: ()})


def test_a_chunk_cut_elsewhere_is_folded_into_two() -> None:
    (first,), (second,) = _chunks(article(FERRY, "a")), _chunks(article(MORE, "a"))
    tail = FERRY[FERRY.index("The captain") :]
    (across,) = _chunks(article(f"{tail} {MORE}", "b"))
    assert fold([first, second, across], [1, 1, 1], 3) == {0: (), 1: ("b",)}
    assert fold([first, across, second], [1, 1, 1], 3) == {0: (), 1: ("a",)}
    (part,) = _chunks(article(f"{tail} {MORE.partition('. ')[0]}.", "b"))
    assert fold([first, part, second], [1, 1, 1], 3) == {0: (), 1: (), 2: ()}


def test_reprints_in_both_languages_fold_into_one_hit(
    run: Run, home: Config, embedder: Embedder
) -> None:
    run(a=FERRY, b=f"Reuters. {FERRY}", c=f"{FERRY}\n\n{MORE}", d=BRIDGE, e=f"{BRIDGE} (وكالات)")
    index = Index.open(home, lambda: embedder)
    first, *others = index.search("What happened to the ferry near Sfax?", 10)
    assert {first.chunk.article_id, *first.copies} >= {"a", "b"}
    shown = " ".join(hit.chunk.text for hit in (first, *others))
    assert shown.count("steering had failed twice") == 1
    assert shown.count("promised to repair the damaged pier") == 1
    bridge = index.search("متى افتتح الجسر الجديد في الموصل؟", 10)[0]
    assert {bridge.chunk.article_id, *bridge.copies} == {"d", "e"}
    assert "pier" in index.search("Who promised to repair the pier?", 1)[0].chunk.text


def test_a_search_returns_its_number_of_hits_among_many_reprints(
    run: Run, home: Config, embedder: Embedder
) -> None:
    many = {f"copy{n}": f"Ferry report number {n}\n\n{FERRY}" for n in range(130)}
    run(**many, other=BRIDGE, third=MORE, fourth="The weather stays dry until the weekend.")
    index = Index.open(home, lambda: embedder)
    hits = index.search("Which ferry ran aground near the harbour of Sfax?", 4)
    assert len(hits) == 4
    assert len(hits[0].copies) == 129


def test_the_sample_reprints_are_folded(assistant: Assistant) -> None:
    for question, ids in (
        ("When did Notre-Dame open again?", set(NOTRE_DAME)),
        ("لماذا زار حفتر مينسك بحسب حرشاوي؟", {"haftar-minsk-ar", "haftar-minsk-reprint-ar"}),
    ):
        hits = assistant.search(question, 10)
        (folded,) = [hit for hit in hits[:1] if hit.copies]
        assert {folded.chunk.article_id, *folded.copies} == ids


def test_an_evaluation_ranks_copies_at_the_place_of_their_hit(
    assistant: Assistant, tmp_path: Path
) -> None:
    gold = {"id": "one", "question": "When did Notre-Dame open again?", "articles": [NOTRE_DAME[1]]}
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(gold))
    evaluate(assistant, [path], tmp_path / "run", retrieval_only=True)
    (row,) = (tmp_path / "run" / "answers.jsonl").read_text().splitlines()
    assert set(json.loads(row)["ranking"][:2]) == set(NOTRE_DAME)


def test_reprints_are_a_single_source() -> None:
    items = [article(FERRY, "a"), article(FERRY, "b"), article(MORE, "c")]
    spans = [sentences(each.text, "en")[0] for each in items]
    evidence = [
        Evidence(each, span, 1.0, group)
        for each, span, group in zip(items, spans, [1, 1, None], strict=True)
    ]

    def kinds(evidence: Sequence[Evidence]) -> list[str]:
        answer = with_quotations(Answer("answered", "", "en"), evidence)
        return [note.kind for note in with_notes(answer, evidence, ()).notes]

    assert kinds(evidence[:2]) == ["single_source"]
    assert kinds(evidence[1:]) == []


def test_the_command_line_names_copies(write: Write, home: Config) -> None:
    folder = str(write("a.txt", FERRY).parent)
    write("b.txt", FERRY)
    told = dalil("ingest", folder, "--home", str(home.home))
    assert told.stdout.splitlines()[0] == "b is a copy of a."
    shown = dalil("search", "ferry near Sfax", "--home", str(home.home)).stdout
    assert shown.splitlines()[0].startswith(("1. a = b · ", "1. b = a · "))
    hits = document(dalil("search", "ferry near Sfax", "--home", str(home.home), "--json"))["hits"]
    assert [{hit["article"], *hit["copies"]} for hit in hits] == [{"a", "b"}]
