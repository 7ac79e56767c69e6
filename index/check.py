"""Looking at a home: what is there, what is wrong with it, and mending what can be mended.

Everything but the catalogue can be made again: the neighbour index from the catalogue's vectors,
words and counts from its texts, models from the package index.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index import audit, database
from index.catalogue import Catalogue
from index.config import EMBEDDED, Config, home_folder, load_config
from index.database import on_read_only_disk
from index.derived import derive
from index.errors import CatalogueError, ConfigError, LockedError
from index.intact import fault_of, part_of_pull
from index.lock import noted, writing
from index.mend import catch_up, refill_neighbours
from index.opening import Trial, tried
from index.pinned import WEIGHTS
from index.weights import is_present, path_of

Part = Literal["home", "settings", "writer", "catalogue", "neighbour index", "left-overs", "models"]
State = Literal["well", "note", "wrong"]
Cure = Literal["", "derive", "refill", "replace", "tidy"]
"""What `repair` does about it: derive words and counts, copy the vectors anew, that after deleting
the folder, delete what is left over; nothing."""

_REPAIR = "Run: dalil check --repair."
_REBUILD = "Run: dalil rebuild, which cuts and embeds the articles again."
_RESTORE = (
    "This cannot be mended: restore a copy of it, or ingest the articles again into a new --home. "
    "dalil check --repair saves those that can still be read."
)
_MOST_UNFOUND = 0.1
"""The share of chunks that a sound index may not find by their own vectors: it is approximate."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it where that is something."""

    part: Part
    state: State
    text: str
    remedy: str = ""
    cure: Cure = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a home, after what was `mended`. `readable` are the ids of articles that
    can still be read in a damaged catalogue."""

    home: Path
    findings: tuple[Finding, ...]
    mended: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.state != "wrong" for finding in self.findings)


def check(home: Path | None = None, *, repair: bool = False, models: bool = True) -> Report:
    """Look at everything in a home; with `repair`, mend what can be and look again.

    Nothing is embedded, and no model is opened; with `models` their files are read. Raises
    `LockedError` where it is to be repaired and another process goes on writing.
    """
    config, settings = _settings(home)
    if settings.state == "wrong":  # where the vectors are is not known then
        return Report(config.home, (settings, *_home(config)))
    mended: tuple[str, ...] = ()
    with ExitStack() as stack:
        writer = _writer(stack, config, repair)
        findings = (settings, *_home(config), *writer, *_stored(config, writer))
        if repair:
            mended = tuple(_repair(config, findings))
        if mended:
            findings = (settings, *_home(config), *_stored(config, ()))
        readable = audit.readable_articles(config.catalogue) if _is_lost(findings) else {}
        if repair and readable:
            mended += (_saved(config, readable),)
    about = tuple(_models(config)) if models else ()
    return Report(config.home, (*findings, *about), mended, tuple(readable))


def _settings(home: Path | None) -> tuple[Config, Finding]:
    try:
        return load_config(home), Finding("settings", "well", "every setting can be used")
    except ConfigError as error:
        config = Config(home_folder(home))
        return config, Finding("settings", "wrong", str(error), "Mend it, then look again.")


def _home(config: Config) -> Iterator[Finding]:
    if not config.home.is_dir():
        yield Finding("home", "wrong", f"{config.home} is no folder", "Run: dalil ingest PATH…")
    elif on_read_only_disk(config.home):
        said = f"{config.home} lies on a read-only disk: it can be asked, and not changed"
        yield Finding("home", "note", said)
    elif not os.access(config.home, os.W_OK):
        advice = "Let this user write there: SQLite needs that to read as well."
        yield Finding("home", "wrong", f"{config.home} cannot be written to", advice)
    else:
        yield Finding("home", "well", f"{config.home} can be written to")


def _writer(stack: ExitStack, config: Config, wait: bool) -> tuple[Finding, ...]:
    """Keep writers away while we look; who writes now is a finding."""
    if not config.catalogue.exists() or on_read_only_disk(config.home):
        return ()
    before = noted(config.home)
    try:
        stack.enter_context(writing(config.home, "check", 30.0 if wait else 0.0))
    except LockedError as error:
        if wait:
            raise
        return (Finding("writer", "note", str(error)),)
    except CatalogueError as error:
        return (Finding("writer", "wrong", str(error), "Let this user write there."),)
    if before:
        said = f"{before} was cut off; what it had stored is there"
        return (Finding("writer", "note", said, "Run that again to finish it."),)
    return ()


def _stored(config: Config, writer: Sequence[Finding]) -> Iterator[Finding]:
    """The catalogue, the neighbour index, and what is left over by others."""
    if not config.catalogue.exists():
        advice = "Restore it, or run: dalil ingest PATH… to make one."
        yield Finding("catalogue", "wrong", f"{config.catalogue} is not there", advice)
        return
    try:
        catalogue = Catalogue.open(config.catalogue)
    except CatalogueError as error:
        yield Finding("catalogue", "wrong", str(error), _RESTORE)
        return
    faults = tuple(_catalogue(config, catalogue))
    yield from faults
    if not _is_lost(faults):
        yield from _neighbours(config, catalogue)
    is_written = any(finding.part == "writer" and not finding.remedy for finding in writer)
    if not is_written:
        yield from _left_over(config)


def _catalogue(config: Config, catalogue: Catalogue) -> Iterator[Finding]:
    remedies: dict[audit.Kind, tuple[str, Cure]] = {
        "file": (_RESTORE, ""),
        "derived": (_REPAIR, "derive"),
        "content": (_REBUILD, ""),
    }
    found = list(audit.faults(catalogue))
    if not on_read_only_disk(config.home) and (problem := audit.lexicon_fault(catalogue)):
        found.append(("derived", f"the lexical index is damaged: {problem}"))
    for kind, text in found:
        yield Finding("catalogue", "wrong", text, *remedies[kind])
    if not found:
        articles, chunks = catalogue.article_count(), catalogue.chunk_count()
        said = f"{articles:,} articles in {chunks:,} chunks, whole and counted right"
        yield Finding("catalogue", "well", said)


def _neighbours(config: Config, catalogue: Catalogue) -> Iterator[Finding]:
    if config.vectors == EMBEDDED and on_read_only_disk(config.home):
        said = "Chroma cannot be opened on a read-only disk; every chunk is compared instead"
        yield Finding("neighbour index", "note", said)
        return
    trial = tried(config, thorough=True)
    found = list(_faults(trial))
    for text, cure in found:
        yield Finding("neighbour index", "wrong", text, _REPAIR, cure)
    behind = len(catalogue.chunk_ids(catalogue.indexed())) + len(catalogue.gone())
    if behind:
        said = f"{behind:,} changed chunks are not copied yet; they are found all the same"
        yield Finding("neighbour index", "note", said)
    if not found:
        held = catalogue.chunk_count() - len(catalogue.chunk_ids(catalogue.indexed()))
        yield Finding("neighbour index", "well", f"it holds {held:,} chunks and finds them")


def _faults(trial: Trial) -> Iterator[tuple[str, Cure]]:
    if trial.problem:
        yield trial.problem, "replace"
    if trial.missing:
        yield f"{trial.missing:,} chunks are missing in it", "refill"
    if trial.foreign:
        yield f"{trial.foreign:,} of its chunks are not in the catalogue", "refill"
    if trial.wrong:
        yield f"{trial.wrong:,} chunks have other vectors than in the catalogue", "replace"
    if trial.unfound > _MOST_UNFOUND * trial.asked:
        said = f"{trial.unfound} of {trial.asked} chunks are not found by their own vectors"
        yield said, "replace"
    if trial.others:
        yield f"a broken off rebuild has left {', '.join(trial.others)} in it", "refill"


def _left_over(config: Config) -> Iterator[Finding]:
    for path, what in (
        (config.rebuilt, "a broken off rebuild has left it"),
        (database.beside_of(config.catalogue), "a broken off ingest has left it"),
        (config.opening, "a process was ended while it opened the neighbour index"),
    ):
        if path.exists():
            yield Finding("left-overs", "wrong", f"{path}: {what}", _REPAIR, "tidy")


def _models(config: Config) -> Iterator[Finding]:
    for weights in WEIGHTS.values():
        path = path_of(weights)
        pull = f"dalil models pull {weights.name}"
        if not is_present(weights):
            begun = " (a part of it is)" if part_of_pull(weights) else ""
            said = f"{weights.name} is not here yet{begun}"
            yield Finding("models", "note", said, f"It comes when it is needed, or by: {pull}")
        elif problem := fault_of(weights):
            advice = f"Delete {path} and run: {pull}"
            yield Finding("models", "wrong", f"{path}: {problem}", advice)
        else:
            yield Finding("models", "well", f"{weights.name} is here, its hash is right")
    known = {weights.name for weights in WEIGHTS.values()}
    if config.embedding not in known and os.sep in config.embedding:
        folder = Path(config.embedding).expanduser()
        if not folder.is_dir():
            advice = "Bring it back, or run: dalil rebuild --embedding NAME."
            yield Finding("models", "wrong", f"{folder} is no folder of a model", advice)


def _is_lost(findings: Sequence[Finding]) -> bool:
    """Whether the catalogue is there and cannot be mended."""
    return any(finding.remedy == _RESTORE for finding in findings)


def _saved(config: Config, readable: Mapping[str, str]) -> str:
    """Write the articles that can still be read beside the catalogue, which stays as it is."""
    path = config.home / "saved.jsonl"
    path.write_text("".join(f"{line}\n" for line in readable.values()), "utf-8", "surrogatepass")
    return f"{len(readable):,} articles were saved. Run: dalil ingest {path} --home NEW."


def _repair(config: Config, findings: Sequence[Finding]) -> Iterator[str]:
    """Mend what has a cure, and say what was done. The writer's lock is held."""
    cures = {finding.cure for finding in findings}
    damaged = _is_lost(findings)
    if config.catalogue.exists() and not damaged and not on_read_only_disk(config.home):
        catalogue = Catalogue.open(config.catalogue)
        if "derive" in cures:
            derive(catalogue)
            yield "The lexical index and the counts were derived again from the texts."
        if "replace" in cures and config.vectors == EMBEDDED:
            shutil.rmtree(config.vectors_folder, ignore_errors=True)
            with suppress(OSError):
                config.opening.unlink(missing_ok=True)
        if cures & {"refill", "replace"}:
            copied = refill_neighbours(config, catalogue).count()
            yield f"{copied:,} vectors were copied from the catalogue into a new neighbour index."
        elif behind := len(catalogue.chunk_ids(catalogue.indexed())) + len(catalogue.gone()):
            catch_up(config, catalogue)
            yield f"The neighbour index took over {behind:,} changed chunks."
    if "tidy" in cures:
        for path in (config.rebuilt, database.beside_of(config.catalogue)):
            database.delete(path)
        config.opening.unlink(missing_ok=True)
        yield "What broken off commands had left was deleted."
