"""What every way in shares: one opened collection, and the language models that are offered."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from index.errors import ConfigError
from index.filters import EVERYTHING, Filters
from index.search import Index
from index.types import Language
from rag.answer import Assistant
from rag.llm import QUOTES, short_name
from rag.types import Answer, Message, Note
from ui.arrival import Arrival
from ui.log import tell
from ui.strings import WORDS


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks: as the arguments of `Assistant.stream`, and by which language model.

    `llm` is one of `Service.llms`, "" for the first.
    """

    question: str
    history: tuple[Message, ...] = ()
    filters: Filters = EVERYTHING
    answered_in: Language | None = None
    llm: str = ""


class Service:
    """One collection with its language models. Threads may share it."""

    def __init__(
        self,
        assistant: Assistant,
        llms: Sequence[str] = (),
        arrival: Callable[[], Arrival] = Arrival,
    ) -> None:
        """The assistant's own language model is the first, quotations are always offered.

        `llms` are further ones, named as for `open_llm`; `arrival` tells how far the default one
        is. Raises `ConfigError` for a name that is none, or two that would be called the same.
        """
        self.index: Index = assistant.index
        self.arrival = arrival
        own = assistant.llm_name
        others = [name for name in dict.fromkeys((*llms, QUOTES)) if name != own]
        self._assistants = {short_name(own): assistant}
        for name in others:
            if short_name(name) in self._assistants:
                raise ConfigError(
                    f"Two language models would be called {short_name(name)!r}: rename one."
                )
            self._assistants[short_name(name)] = assistant.written_by(name)

    @property
    def llms(self) -> tuple[str, ...]:
        """What the offered language models are called, the first one answers by default."""
        return tuple(self._assistants)

    def assistant(self, llm: str = "") -> Assistant:
        """The assistant whose language model is called so; raises `ConfigError` for none such."""
        try:
            return self._assistants[llm or self.llms[0]]
        except KeyError:
            raise ConfigError(
                f"There is no language model {llm!r} here; there is: {', '.join(self.llms)}."
            ) from None

    def stream(self, request: Request) -> Generator[Answer]:
        """The answer as it grows, as `Assistant.stream` gives it; closing it stops the model."""
        name = request.llm or self.llms[0]
        growing = self.assistant(name).stream(
            request.question,
            request.history,
            filters=request.filters,
            answered_in=request.answered_in,
        )
        answer = None
        with closing(growing):
            for grown in growing:
                answer = self._explained(replace(grown, llm=short_name(grown.llm)))
                yield answer
        if answer is not None:
            _tell(request, answer)

    def _explained(self, answer: Answer) -> Answer:
        """The answer; while the model is on its way its absence is explained by that."""
        if not self.arrival().active:
            return answer
        text = WORDS[answer.language].arriving_note
        notes = [Note(n.kind, text) if n.kind == "no_model" else n for n in answer.notes]
        return replace(answer, notes=tuple(notes))


def _tell(request: Request, answer: Answer) -> None:
    """Log that a question was answered."""
    tell(
        "question",
        status=answer.status,
        language=answer.language,
        llm=answer.llm,
        citations=len(answer.citations),
        seconds=dict(answer.seconds),
        texts={"question": request.question, "answer": answer.text},
    )
