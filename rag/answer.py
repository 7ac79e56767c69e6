"""From a question to an answer that proves itself: the assistant."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from copy import copy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from index.config import NO_ENTAILMENT, NO_READER, load_config
from index.embed import Embedder
from index.errors import LanguageModelError, WeightsError
from index.filters import EVERYTHING, Filters
from index.pairs import Entailment
from index.search import Index
from index.types import Hit, Language
from index.weights import Progress
from rag import phrases
from rag.clock import Clock
from rag.compose import begun, extended, refusal, surest, with_notes, with_quotations
from rag.everyday import everyday
from rag.evidence import ranked
from rag.findings import disputed, findings, quotable, voices
from rag.ground import Checks, complete_sentences, ground, is_in_language, says
from rag.llm import EMBEDDED, EMBEDDED_WEIGHTS, QUOTES, check_llm, is_ready, open_llm, stream_text
from rag.prompt import fitting, messages
from rag.question import prepare
from rag.reader import Reader
from rag.replies import reply
from rag.standalone import understood
from rag.turns import turn
from rag.types import Answer, Evidence, Message, Note, Question
from rag.verifier import Verifier

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_MOST_SENTENCES = 3

_AGREED = 0.3
"""How likely the words must be, to the reader, that the embedded model has to say.

Of 76 drafts on development and written questions 30 sentences pass all other checks, 8 of them
false; 17 say words that are likely by 0.1, 3 of them false; 11 such by 0.3, none of them false.
"""


class Assistant:
    """Answers questions from one collection. Threads may share it."""

    def __init__(
        self,
        index: Index,
        llm: str | LLM = EMBEDDED,
        *,
        fetch: bool = True,
        progress: Progress | None = None,
    ) -> None:
        """`llm` is a name as for `open_llm`, "quotes", or any LlamaIndex `LLM` object.

        With `fetch` the default model is downloaded at the first draft; without, answers are
        quotations until it has arrived, and say so. `progress` is told done and total bytes.
        """
        if isinstance(llm, str):
            check_llm(llm)
        self.index = index
        has_reader = index.config.reader != NO_READER
        self.reader = Reader(index.embedder, progress) if has_reader else None
        verifier = Verifier(index.embedder, progress) if has_reader else None
        has_entailment = index.config.entailment != NO_ENTAILMENT
        entailment = Entailment(index.config.entailment) if has_entailment else None
        self.checks = Checks(index.embedder, verifier, entailment)
        self.fetch = fetch
        self._progress = progress
        self._llm = llm

    @classmethod
    def open(
        cls,
        home: Path | str | None = None,
        llm: str | LLM | None = None,
        *,
        fetch: bool = True,
        progress: Progress | None = None,
        reranker: str | None = None,
        reader: str | None = None,
    ) -> Assistant:
        """Open the collection of a home (`None`: the one that the command line would take).

        `llm` defaults to the home's setting, which defaults to "embedded". `progress` is told done
        and total bytes while models are fetched. `reranker` and `reader` go over the home's
        settings. Raises `DalilError`.
        """
        config = load_config(
            Path(home) if home is not None else None, {"reranker": reranker, "reader": reader}
        )
        index = Index.open(config, lambda: Embedder.open(config.embedding, progress))
        llm = llm if llm is not None else config.llm
        return cls(index, llm, fetch=fetch, progress=progress)

    def written_by(self, llm: str | LLM) -> Assistant:
        """An assistant on the same opened collection and models with another language model."""
        if isinstance(llm, str):
            check_llm(llm)
        other = copy(self)
        other._llm = llm
        return other

    @property
    def llm_name(self) -> str:
        """The language model as it was named, or its class."""
        return self._llm if isinstance(self._llm, str) else type(self._llm).__name__

    def warm_up(self) -> None:
        """Open the models now; raises `DalilError` where that cannot be done."""
        if self.reader is not None:
            self.reader.open()
        if self._llm == QUOTES:
            return
        self.checks.open()
        if isinstance(self._llm, str):
            open_llm(self._llm, self._progress)

    def ask(
        self,
        question: str,
        history: Sequence[Message] = (),
        as_of: date | None = None,
        *,
        filters: Filters = EVERYTHING,
        answered_in: Language | None = None,
    ) -> Answer:
        """Answer a question; `history` is the conversation so far, `as_of` stands for today.

        `answered_in` is the language of the answer, else that of the question, or the one that it
        asks for.
        Nothing is used but what `filters` leave and what `as_of` knows: articles published later
        are not, undated ones are.
        Raises `ValueError` for an empty question and `DalilError` where the collection cannot be
        read; a language model that fails leaves an answer of quotations with a note.
        """
        growing = self.stream(question, history, as_of, filters=filters, answered_in=answered_in)
        return deque(growing, maxlen=1)[0]

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        as_of: date | None = None,
        *,
        filters: Filters = EVERYTHING,
        answered_in: Language | None = None,
    ) -> Generator[Answer]:
        """The answer as it grows: each text is a prefix of the next, the last is what `ask` gives.

        What is shown is grounded, whole sentences at a time. Closing the iterator stops the model.
        """
        clock = Clock()
        filters = replace(filters, as_of=as_of or filters.as_of)
        if message := everyday(prepare(question).asked):
            yield clock.stop(reply(message, question, self.index, filters, history, answered_in))
            return
        with turn():
            asked = understood(self.index, question, history, filters)
            asked = replace(asked, answered_in=answered_in or asked.answered_in)
            found = findings(self.index, asked, filters, self.reader)
        clock.lap("search")
        answering = [each for each in found if each.decision.answers]
        if not answering:
            yield clock.stop(refusal(asked, found[0]))
            return
        evidence = quotable(answering, self.index.config.quotations)
        # The reader was not trained on two questions at once, the second leaning on the first.
        is_plain = len(found) == 1 and asked.text == asked.asked
        sure = surest(evidence, asked.answered_in) if is_plain else None
        readable = self._readable(asked, evidence)
        llm, note = self._opened_llm(asked.answered_in) if readable else (None, ())
        started = begun(asked, found, self.llm_name)
        if llm is None:
            answer = with_quotations(replace(started, llm=QUOTES), evidence, sure)
            yield clock.stop(with_notes(answer, evidence, note, answering))
            return
        clock.lap("model")
        answer = started
        try:
            for answer in self._drafted(llm, started, asked, readable, sure):
                if answer.text:
                    clock.reach("first")
                yield answer
        except LanguageModelError as error:
            text = phrases.no_model(asked.answered_in, str(error))
            note = (*note, Note("no_model", text))
        clock.lap("draft")
        clock.reach("drafted")
        answer = answer if answer.citations else replace(answer, llm=QUOTES)
        beside = (evidence[0], *disputed(answering, evidence)) if answer.citations else evidence
        answer = with_quotations(answer, beside, sure)
        yield clock.stop(with_notes(answer, evidence, note, answering))

    def search(
        self, question: str, limit: int = 10, *, filters: Filters = EVERYTHING
    ) -> tuple[Hit, ...]:
        """The best `limit` chunks for a question that `filters` leave, best first.

        A question that asks for the latest gets newer ones before others that are about as near.
        """
        asked = prepare(question)
        with turn():
            found = ranked(self.index, asked, self.index.query(asked.text), limit, filters)
        return tuple(item.hit for item in found)

    def _readable(self, asked: Question, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """The evidence that the language model can be trusted to read.

        The default one is not across languages: asked five development questions in English over
        Arabic evidence, it wrote three bare numbers and two sentences, both wrong. Nor is what the
        reader finds no likely answer in, where no sentence would be kept.
        """
        if self._llm != EMBEDDED:
            return tuple(evidence)
        if asked.answered_in != asked.language:
            return ()
        own = [item for item in voices(evidence) if item.sentence.language == asked.language]
        return fitting(asked, [item for item in own if _is_likely(item)])

    def _opened_llm(self, language: Language) -> tuple[LLM | None, tuple[Note, ...]]:
        """The language model, or None and why there is none."""
        if not isinstance(self._llm, str):
            return self._llm, ()
        if self._llm == QUOTES:
            return None, ()
        if not self.fetch and not is_ready(self._llm):
            reason = phrases.model_missing(language, EMBEDDED_WEIGHTS)
            return None, (Note("no_model", phrases.no_model(language, reason)),)
        try:
            self.checks.open()
            return open_llm(self._llm, self._progress), ()
        except (LanguageModelError, WeightsError) as error:
            return None, (Note("no_model", phrases.no_model(language, str(error))),)

    def _drafted(
        self,
        llm: LLM,
        answer: Answer,
        asked: Question,
        evidence: Sequence[Evidence],
        sure: Evidence | None,
    ) -> Iterator[Answer]:
        """The answer, growing by the grounded sentences of the model's draft.

        Where the reader is `sure` of the words that answer, nothing is kept before a sentence that
        says them; and nothing of the embedded model that the reader does not agree with. The answer
        is given out at every piece of the draft, grown or not, so that whoever stops listening
        stops the model at once.
        """
        draft, seen, dropped = "", 0, False
        with closing(stream_text(llm, messages(asked, evidence))) as pieces:
            for piece, finished in _with_end(pieces):
                draft += piece
                if phrases.NOT_FOUND_MARK in draft:
                    break
                sentences = list(complete_sentences(draft, finished=finished))
                for sentence in sentences[seen:]:
                    grounded = ground(sentence, evidence, asked.text, self.checks)
                    awaited = None if answer.citations else sure
                    if grounded and self._answers(
                        grounded.text, evidence[grounded.cited], asked, awaited
                    ):
                        answer = extended(answer, grounded.text, evidence[grounded.cited])
                    else:
                        dropped = True
                yield answer
                seen = len(sentences)
                if seen >= _MOST_SENTENCES:
                    break
        if dropped and answer.citations:
            note = Note("unverified", phrases.unverified(asked.answered_in))
            yield replace(answer, notes=(*answer.notes, note))

    def _answers(
        self, sentence: str, cited: Evidence, asked: Question, sure: Evidence | None
    ) -> bool:
        """Whether a grounded sentence answers, as far as the reader tells.

        It is in the language asked for and says what the reader is `sure` of; of the embedded
        model, which is shown likely evidence alone, also what is likely in the citation.
        """
        has_to_agree = self._llm == EMBEDDED and cited.odds is not None
        return (
            is_in_language(sentence, asked.answered_in)
            and (sure is None or says(sentence, sure.marked))
            and (not has_to_agree or says(sentence, cited.marked))
        )


def _is_likely(item: Evidence) -> bool:
    """Whether the reader finds words in it that are likely enough to answer; yes without one."""
    return item.odds is None or (item.mark is not None and item.mark.probability >= _AGREED)


def _with_end(pieces: Generator[str]) -> Iterator[tuple[str, bool]]:
    """The pieces, then an empty one that says the draft is finished."""
    for piece in pieces:
        yield piece, False
    yield "", True
