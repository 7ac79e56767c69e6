"""`dalil check`: what it sees, what it mends; and what commands say where something is damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from damage_support import copied_folder, damage, half, of_sqlite, random_bytes, zeros
from tests_support import ROOT, dalil, document

from eval.dataset import ARTICLES
from index.audit import faults, lexicon_fault
from index.catalogue import Catalogue
from index.check import Finding, check
from index.config import Config, load_config
from index.derived import derive
from index.embed import Embedder
from index.errors import CatalogueError, VectorsError, WeightsError
from index.intact import fault_of
from index.lock import writing
from index.opening import tried, watched
from index.pinned import WEIGHTS
from index.readers import read
from index.search import Index
from index.types import RawArticle
from index.vectors import NeighbourIndex
from index.weights import path_of

HOPE = "When did the Hope probe reach Mars?"
E5 = WEIGHTS["multilingual-e5-small"]
REPAIR = "dalil check --repair"

Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, sample_home: Config) -> Config:
    """A home of 1,200 chunks that no process has open."""
    config = load_config(tmp_path_factory.mktemp("grown") / "home", environment={})
    program = ROOT / "tests" / "damage_support.py"
    command = [sys.executable, str(program), str(sample_home.home), str(config.home)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return config


def wrong(config: Config) -> list[Finding]:
    return [f for f in check(config.home, models=False).findings if f.state == "wrong"]


def holds_everything(config: Config) -> bool:
    """Whether the neighbour index can be opened here and holds what the catalogue shows."""
    catalogue = Catalogue.open(config.catalogue)
    held = NeighbourIndex.open(config, catalogue.collection(), create=False).ids()
    return held == set(catalogue.chunk_ids())


def test_a_sound_home_is_told_so_and_the_models_are_examined(own_home: Config) -> None:
    report = document(dalil("check", "--home", str(own_home.home), "--json"))
    assert report["sound"]
    assert {finding["state"] for finding in report["findings"]} <= {"well", "note"}
    parts = {finding["part"] for finding in report["findings"]}
    assert parts >= {"home", "settings", "catalogue", "neighbour index", "models"}
    texts = [finding["text"] for finding in report["findings"]]
    assert f"{E5.name} is here, its hash is right" in texts


def test_a_folder_that_ends_the_process_is_told_and_mended(closed: Config, tmp_path: Path) -> None:
    config = copied_folder(closed, tmp_path / "home")
    home = ("--home", str(config.home))
    damage(config, "data_level0.bin", random_bytes)
    first = dalil("search", HOPE, *home)
    assert first.returncode < 0  # ended by the operating system, and so without a word
    serving = ("serve", "--llm", "quotes")
    for arguments in (("ask", HOPE, "--llm", "quotes"), serving):
        again = dalil(*arguments, *home)
        assert (again.returncode, REPAIR in again.stderr) == (1, True), again.stderr
    looked = dalil("check", *home, "--json")
    assert looked.returncode == 1
    (found,) = [f for f in json.loads(looked.stdout)["findings"] if f["part"] == "neighbour index"]
    assert "opening it ends the process (SIG" in found["text"]
    assert REPAIR in found["remedy"]
    assert dalil("check", "--repair", *home).returncode == 0
    assert dalil("search", HOPE, *home).returncode == 0
    assert wrong(config) == []


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("chroma.sqlite3", random_bytes, "not a database"),
        ("chroma.sqlite3", Path.unlink, "does not hold the vectors"),
        ("header.bin", random_bytes, "cannot be used"),
        ("data_level0.bin", zeros, "cannot be used"),
        ("length.bin", zeros, "have other vectors"),
        ("link_lists.bin", Path.unlink, "cannot be used"),
    ],
)
def test_damaged_files_of_the_neighbour_index_are_seen_and_mended(
    closed: Config, tmp_path: Path, name: str, how: Callable[[Path], None], said: str
) -> None:
    config = copied_folder(closed, tmp_path / "home")
    damage(config, name, how)
    found = wrong(config)
    assert {finding.part for finding in found} == {"neighbour index"}
    assert said in " ".join(finding.text for finding in found)
    assert check(config.home, repair=True, models=False).is_sound
    assert holds_everything(config)


def test_a_deleted_folder_is_told_by_every_command_and_mended(
    own_home: Config, embedder: Embedder, write: Write
) -> None:
    index = Index.open(own_home, lambda: embedder)
    expected = [hit.chunk.id for hit in index.search(HOPE)]
    shutil.rmtree(own_home.vectors_folder)
    told = dalil("search", HOPE, "--home", str(own_home.home))
    assert told.returncode == 1
    assert "dalil rebuild --vectors" in told.stderr
    result = dalil("check", "--repair", "--home", str(own_home.home))
    assert result.returncode == 0, result.stdout
    # Whoever had the folder open goes on, with the one that was made in its place.
    assert [hit.chunk.id for hit in index.search(HOPE)] == expected
    assert [hit.chunk.id for hit in Index.open(own_home, lambda: embedder).search(HOPE)] == expected


def test_chunks_that_are_missing_or_foreign_are_seen_and_mended(own_home: Config) -> None:
    catalogue = Catalogue.open(own_home.catalogue)
    opened = NeighbourIndex.open(own_home, catalogue.collection())
    first, second, *_ = catalogue.chunks(catalogue.chunk_ids())
    opened.remove([first.chunk.id])
    article = catalogue.article(second.chunk.article_id)
    strange = replace(second.chunk, id="f" * 32)
    opened.add([(article, strange)], second.vector[None])
    NeighbourIndex.open(own_home, "chunks-0000000000000000-9")
    trial = tried(own_home, thorough=True)
    assert (trial.missing, trial.foreign, trial.wrong) == (1, 1, 0)
    assert trial.others == ("chunks-0000000000000000-9",)
    texts = [finding.text for finding in wrong(own_home)]
    assert len(texts) == 3
    assert check(own_home.home, repair=True, models=False).is_sound
    assert holds_everything(own_home)


def test_left_overs_are_seen_and_removed(own_home: Config) -> None:
    left = [own_home.rebuilt, own_home.home / "catalogue.sqlite.new", own_home.opening]
    for path in left:
        path.touch()
    assert [f.part for f in wrong(own_home)] == ["left-overs"] * 3
    assert check(own_home.home, repair=True, models=False).is_sound
    assert [path for path in left if path.exists()] == []


def test_a_mark_alone_does_not_keep_anybody_out(own_home: Config) -> None:
    for found in ("", "999999999", str(os.getpid()), "no number"):
        own_home.opening.write_text(found)
        assert holds_everything(own_home)
        assert not own_home.opening.exists()
    with watched(own_home):
        assert own_home.opening.read_text() == str(os.getpid())


def test_a_panic_of_chroma_is_an_error_with_advice(own_home: Config) -> None:
    from index.vectors import _chroma_errors

    class PanicException(BaseException):
        """Named and derived as the one of Rust's runtime is."""

    with pytest.raises(VectorsError, match=REPAIR), _chroma_errors(own_home.vectors_folder):
        raise PanicException("called `Option::unwrap()` on a `None` value")
    with pytest.raises(KeyboardInterrupt), _chroma_errors(own_home.vectors_folder):
        raise KeyboardInterrupt


def test_who_is_writing_is_said_and_left_alone(own_home: Config) -> None:
    own_home.rebuilt.touch()
    with writing(own_home.home, "ingest"):
        report = check(own_home.home, models=False)
    assert report.is_sound  # what a writer is making is not left over
    (writer,) = [finding for finding in report.findings if finding.part == "writer"]
    assert f"process {os.getpid()} (ingest, since" in writer.text


@pytest.mark.parametrize(
    ("statement", "kind", "said"),
    [
        (
            "DELETE FROM lexicon WHERE rowid = (SELECT MIN(number) FROM chunks)",
            "derived",
            "lexical",
        ),
        ("UPDATE lexicon_data SET block = zeroblob(60) WHERE id > 100", "derived", ""),
        ("UPDATE settings SET value = value + 3 WHERE key = 'chunks'", "derived", "counts"),
        ("UPDATE grams SET chunks = chunks + 1 WHERE gram = 'mar'", "derived", "mar"),
        ("UPDATE articles SET original = 9999 WHERE number = 2", "derived", "copies"),
        ("UPDATE chunks SET article = 9999 WHERE number = 3", "content", "no article"),
        ("DELETE FROM chunks WHERE article = 4", "content", "no chunks"),
        ("UPDATE chunks SET vector = x'007E007E' WHERE number = 5", "content", "length than 384"),
        ("UPDATE chunks SET vector = zeroblob(766) || x'007E'", "content", "no bytes"),
        (
            "UPDATE chunks SET vector = CAST(zeroblob(766) || x'007E' AS BLOB)",
            "content",
            "that are none",
        ),
        ("UPDATE chunks SET sentence_vectors = x'0000'", "content", "each"),
        ('UPDATE chunks SET "end" = 999999 WHERE number = 6', "content", "in the text"),
        ("UPDATE chunks SET sentences = '[[9, 3, \"en\"]]' WHERE number = 7", "content", "in the"),
        ("UPDATE chunks SET sentences = 'no' WHERE number = 8", "content", "cannot be read"),
    ],
)
def test_faults_in_the_catalogue_are_seen(
    own_home: Config, statement: str, kind: str, said: str
) -> None:
    catalogue = Catalogue.open(own_home.catalogue)
    assert (list(faults(catalogue)), lexicon_fault(catalogue)) == ([], "")
    of_sqlite(own_home, statement)
    found = list(faults(catalogue))
    if problem := lexicon_fault(catalogue):
        found.append(("derived", problem))
    assert kind in {each for each, _ in found}
    assert said in " ".join(text for _, text in found)
    if kind == "derived":
        derive(catalogue)
        assert (list(faults(catalogue)), lexicon_fault(catalogue)) == ([], "")


def test_what_is_derived_again_is_what_was_there(own_home: Config, embedder: Embedder) -> None:
    from crash_support import content

    before = content(own_home)
    of_sqlite(own_home, "DELETE FROM lexicon", "DELETE FROM grams", "DELETE FROM bands")
    assert content(own_home) != before
    report = check(own_home.home, repair=True, models=False)
    assert report.is_sound
    assert content(own_home) == before


@pytest.mark.parametrize("how", [half, zeros, lambda path: path.write_bytes(b"")])
def test_a_damaged_catalogue_is_told_with_what_can_still_be_read(
    closed: Config, tmp_path: Path, how: Callable[[Path], None]
) -> None:
    config = copied_folder(closed, tmp_path / "home")
    before = Catalogue.open(copied_folder(closed, tmp_path / "whole").catalogue)
    whole = {raw.id: raw for raw in before.raw_articles()}
    how(config.catalogue)
    for repair in (False, True):
        report = check(config.home, repair=repair, models=False)
        found = [f for f in report.findings if f.part == "catalogue" and f.state == "wrong"]
        assert found
        assert all("restore a copy" in finding.remedy for finding in found)
        assert set(report.readable) < whole.keys()
    told = dalil("search", HOPE, "--home", str(config.home))
    assert told.returncode == 1
    assert "dalil check" in told.stderr
    if how is half:
        lines = list(read([config.home / "saved.jsonl"]))
        saved = {article.id: article for article in lines if isinstance(article, RawArticle)}
        assert set(saved) == set(report.readable)
        assert len(saved) > 10
        for id_, article in saved.items():
            assert replace(article, origin=whole[id_].origin) == whole[id_]


def test_a_home_without_a_collection_and_a_setting_that_is_wrong(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert {f.part for f in check(home, models=False).findings if f.state == "wrong"} == {
        "home",
        "catalogue",
    }
    assert not home.exists()
    home.mkdir()
    (home / "dalil.toml").write_text("quotations = 'many'")
    report = check(home, models=False)
    assert [f.part for f in report.findings if f.state == "wrong"] == ["settings"]
    assert report.home == home


def test_another_layout_is_told(own_home: Config) -> None:
    of_sqlite(own_home, "UPDATE settings SET value = '1' WHERE key = 'schema'")
    (found,) = wrong(own_home)
    assert "has layout 1" in found.text


@pytest.fixture
def half_written(tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache whose embedding model is linked file by file, for a test to damage one."""
    whole = path_of(E5)
    folder = tmp_path / "cache" / "models" / E5.file
    shutil.copytree(whole, folder, copy_function=os.symlink)
    monkeypatch.setenv("DALIL_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_half_written_model_is_told(half_written: Path, name: str) -> None:
    assert fault_of(E5) == ""
    path = half_written / name
    with path.open("rb") as stream:
        start = stream.read(path.stat().st_size // 3)
    path.unlink()
    path.write_bytes(start)
    assert fault_of(E5) != ""
    with pytest.raises(WeightsError, match=r"dalil models pull|dalil check"):
        Embedder.open()
    said = [f for f in check(half_written, models=True).findings if f.part == "models"]
    assert [f.state for f in said if str(half_written) in f.text] == ["wrong"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk in memory, mounted with options such as "size=4m" and mounted again with others."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mounted(options: str) -> Path:
        again = "remount," if os.path.ismount(folder) else ""
        command = ["mount", "-t", "tmpfs", "-o", again + options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert not (again and done.returncode), done.stderr
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        return folder

    if os.getuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a disk")
    yield mounted
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def test_a_full_disk_loses_nothing_that_was_stored(disk: Callable[[str], Path]) -> None:
    home = disk("size=3m") / "home"
    config = load_config(home, environment={})
    told = dalil("ingest", str(ARTICLES), "--home", str(home))
    assert told.returncode == 1
    assert "ree some space" in told.stderr
    before = (
        {summary.id for summary in Catalogue.open(config.catalogue).summaries()}
        if config.catalogue.exists()
        else set()
    )
    disk("size=200m")
    result = dalil("ingest", str(ARTICLES), "--home", str(home), "--json")
    summary = document(result)
    assert before <= set(summary["unchanged"])
    assert len(summary["unchanged"]) + len(summary["added"]) == len(list(ARTICLES.glob("*.md")))
    assert wrong(config) == []


def test_a_read_only_home_is_asked_as_before(
    disk: Callable[[str], Path], closed: Config, embedder: Embedder, write: Write, tmp_path: Path
) -> None:
    config = copied_folder(closed, disk("size=200m") / "home")
    disk("ro")
    writable = copied_folder(closed, tmp_path / "writable")
    expected = Index.open(writable, lambda: embedder).search(HOPE, 5)
    assert Index.open(config, lambda: embedder).search(HOPE, 5) == expected
    assert check(config.home, models=False).is_sound
    told = dalil("ingest", str(write("new.txt", "A new story.")), "--home", str(config.home))
    assert told.returncode == 1
    assert "read-only" in told.stderr.lower()


def test_a_failed_creation_leaves_no_catalogue(home: Config, embedder: Embedder) -> None:
    from index.settings import settings_of

    home.home.mkdir(parents=True)
    (home.home / "catalogue.sqlite.new").mkdir()
    with pytest.raises(CatalogueError, match="could not be written"):
        Catalogue.create(home.catalogue, settings_of(embedder))
    assert not home.catalogue.exists()
