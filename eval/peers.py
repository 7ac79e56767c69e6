"""What `dalil eval bench` sets side by side: Dalil, and other systems as their pages show them.

Every system reads articles with Dalil's reader and embeds with Dalil's default model, given its
"query: " and "passage: " prefixes. All else is its own: how text is cleaned and cut, the precision
of the weights, what is stored and how it is searched.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eval.dataset import GoldQuestion, load_questions
from eval.provenance import installed
from index.build import ingest
from index.config import DEFAULT_EMBEDDING, load_config
from index.embed import Embedder
from index.errors import EvaluationError
from index.pinned import WEIGHTS
from index.readers import read
from index.search import Index
from index.text import language_of
from index.types import Language, RawArticle
from index.weights import pull

if TYPE_CHECKING:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import BaseNode, Document, NodeWithScore
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

INSTALL = 'pip install "dalil[peers]"'

MEGABYTE = 1e6

Query = Callable[[str], list[str]]
"""From a question to the ids of articles, each once, in the order of their best chunks."""


class System(Protocol):
    """A way to find articles. Its embedding model is loaded when it is made."""

    @property
    def precision(self) -> str:
        """How the embedding model's weights are held, such as float32."""

    def build(self, articles: Sequence[Path], folder: Path) -> int:
        """Read, embed and store articles in a new folder; returns the number of chunks."""

    def open(self, folder: Path, limit: int) -> Query:
        """Open what was stored, to be asked for the best `limit` chunks."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A system's title, what it does, the distributions it needs, and how it is made."""

    title: str
    description: str
    distributions: tuple[str, ...]
    make: Callable[[], System]


@dataclass(frozen=True, slots=True)
class Workload:
    """What every system is given; `languages` of the articles by id, `left_out` by reason."""

    articles: tuple[Path, ...]
    languages: Mapping[str, Language]
    questions: tuple[GoldQuestion, ...]
    left_out: Mapping[str, int]


class Dalil:
    """Dalil's own index."""

    def __init__(self) -> None:
        self._embedder = Embedder.open()

    @property
    def precision(self) -> str:
        """What this processor is good at."""
        return self._embedder.precision

    def build(self, articles: Sequence[Path], folder: Path) -> int:
        """As `dalil ingest` does."""
        config = load_config(folder, environment={})
        return ingest(articles, config, lambda: self._embedder).chunks

    def open(self, folder: Path, limit: int) -> Query:
        """As `dalil search` does."""
        index = Index.open(load_config(folder, environment={}), lambda: self._embedder)

        def query(question: str) -> list[str]:
            hits = index.search(question, limit)
            return _once(id_ for hit in hits for id_ in (hit.chunk.article_id, *hit.copies))

        return query


class Plain:
    """A `VectorStoreIndex` of LlamaIndex on Chroma, with default settings."""

    def __init__(self) -> None:
        self._embedding = default_embedding()

    @property
    def precision(self) -> str:
        """What the model's files say."""
        return str(self._embedding._model.dtype).removeprefix("torch.")

    def build(self, articles: Sequence[Path], folder: Path) -> int:
        """As LlamaIndex's page on Chroma does."""
        return len(self._stored(articles, folder))

    def open(self, folder: Path, limit: int) -> Query:
        """As LlamaIndex's page on Chroma does for an index that was stored."""
        retriever = self._opened(folder).as_retriever(similarity_top_k=limit)
        return lambda question: _articles_of(retriever.retrieve(question))

    def _stored(self, articles: Sequence[Path], folder: Path) -> list[BaseNode]:
        from llama_index.core import Settings, StorageContext, VectorStoreIndex

        nodes = Settings.node_parser.get_nodes_from_documents(_documents(articles))
        context = StorageContext.from_defaults(vector_store=_store(folder))
        VectorStoreIndex(nodes, storage_context=context, embed_model=self._embedding)
        return list(nodes)

    def _opened(self, folder: Path) -> VectorStoreIndex:
        from llama_index.core import VectorStoreIndex

        return VectorStoreIndex.from_vector_store(_store(folder), embed_model=self._embedding)


class Fusion(Plain):
    """The same with LlamaIndex's `BM25Retriever`, both rankings fused by `QueryFusionRetriever`.

    Reciprocal rank fusion of one query: a language model that writes more of them is not asked.
    """

    def build(self, articles: Sequence[Path], folder: Path) -> int:
        """As LlamaIndex's page on BM25 does, with what it stores in a folder."""
        from llama_index.retrievers.bm25 import BM25Retriever

        nodes = self._stored(articles, folder)
        by_words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=1)
        by_words.persist(str(folder / "bm25"), show_progress=False)
        return len(nodes)

    def open(self, folder: Path, limit: int) -> Query:
        """As LlamaIndex's page on reciprocal rank fusion does, without a language model."""
        from llama_index.core.llms import MockLLM
        from llama_index.core.retrievers import QueryFusionRetriever
        from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
        from llama_index.retrievers.bm25 import BM25Retriever

        by_words = BM25Retriever.from_persist_dir(str(folder / "bm25"), show_progress=False)
        by_words.similarity_top_k = min(limit, int(by_words.bm25.scores["num_docs"]))
        retriever = QueryFusionRetriever(
            [self._opened(folder).as_retriever(similarity_top_k=limit), by_words],
            llm=MockLLM(),  # never called; without one, a key for a hosted model is asked for
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=limit,
            num_queries=1,
        )
        return lambda question: _articles_of(retriever.retrieve(question))


_LLAMAINDEX = (
    "llama-index-core",
    "llama-index-vector-stores-chroma",
    "llama-index-embeddings-huggingface",
)

SYSTEMS: Mapping[str, Entry] = {
    "dalil": Entry(
        "Dalil",
        "chunks and their sentences embedded with language means taken away, stems and 3-grams",
        ("chromadb", "sentence-transformers", "torch"),
        Dalil,
    ),
    "plain": Entry(
        "LlamaIndex on Chroma",
        "VectorStoreIndex with HuggingFaceEmbedding and the default SentenceSplitter",
        _LLAMAINDEX,
        Plain,
    ),
    "fusion": Entry(
        "LlamaIndex fusion",
        "the same and BM25Retriever with its default English stemmer, by QueryFusionRetriever with "
        "mode=reciprocal_rerank, num_queries=1",
        (*_LLAMAINDEX, "llama-index-retrievers-bm25", "bm25s"),
        Fusion,
    ),
}
"""Every system by name, in the order of the table."""


def load_workload(articles: Sequence[Path], questions: Sequence[Path]) -> Workload:
    """Read articles and gold questions; raises `EvaluationError` where they do not fit."""
    languages = {
        item.id: item.language or language_of(item.text)
        for item in read(articles)
        if isinstance(item, RawArticle)
    }
    kept, left_out = [], Counter[str]()
    for gold in (gold for path in questions for gold in load_questions(path)):
        if unknown := set(gold.articles) - languages.keys():
            raise EvaluationError(
                f"The question {gold.id!r} names the article {min(unknown)!r}, which is not among "
                f"the {len(languages)} articles. Give the articles that the questions are about."
            )
        if gold.expected == "message":
            left_out["everyday messages"] += 1
        elif gold.history:
            left_out["follow-ups"] += 1
        else:
            kept.append(gold)
    if not any(gold.articles for gold in kept):
        raise EvaluationError("No question that stands alone names the articles that answer it.")
    return Workload(tuple(articles), languages, tuple(kept), left_out)


def missing(entry: Entry) -> str | None:
    """Why a system cannot be run here and how to change that, or None where it can."""
    absent = [each for each in entry.distributions if installed(each) is None]
    if not absent:
        return None
    return f"{entry.title} was left out: it needs {' and '.join(absent)}. Run: {INSTALL}"


def ask_once(name: str, folder: str, question: str, limit: str) -> None:
    """Open what the system `name` stored and ask one question: the whole work of a process."""
    SYSTEMS[name].make().open(Path(folder), int(limit))(question)


# A process that a large one starts is charged with the memory of its parent; this one is small.
_LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - started, usage.ru_maxrss, status)
"""


def process(code: str, arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds and peak resident megabytes of a fresh Python that runs some code.

    What Dalil reads from the environment, or puts there, does not reach it. Raises `RuntimeError`
    where the code fails.
    """
    command = [sys.executable, "-c", _LAUNCHER, sys.executable, "-c", code, *arguments]
    own = ("DALIL_", "OMP_WAIT_POLICY")  # the latter set by Dalil when it loads a model
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    kept |= {key: os.environ[key] for key in ("DALIL_CACHE",) if key in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join((str(Path(__file__).parents[1]), *sys.path))
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=kept)
    seconds, peak, status = done.stdout.split()
    if status != "0":
        raise RuntimeError(f"{code!r} with {arguments} ended with {status}: {done.stderr[-1000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(seconds), float(peak) * unit / MEGABYTE


@lru_cache(maxsize=1)
def default_embedding() -> HuggingFaceEmbedding:
    """The default model as a LlamaIndex user would give it; loaded once."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    return HuggingFaceEmbedding(
        model_name=str(pull(WEIGHTS[DEFAULT_EMBEDDING])),
        query_instruction="query: ",
        text_instruction="passage: ",
    )


def _documents(articles: Sequence[Path]) -> list[Document]:
    """Articles as LlamaIndex takes them, their titles as metadata, which is embedded too."""
    from llama_index.core import Document

    return [
        Document(id_=item.id, text=item.text, metadata={"title": item.title} if item.title else {})
        for item in read(articles)
        if isinstance(item, RawArticle)
    ]


def _store(folder: Path) -> ChromaVectorStore:
    import chromadb
    from llama_index.vector_stores.chroma import ChromaVectorStore

    client = chromadb.PersistentClient(str(folder / "chroma"))
    return ChromaVectorStore(chroma_collection=client.get_or_create_collection("articles"))


def _articles_of(nodes: Iterable[NodeWithScore]) -> list[str]:
    return _once(str(found.node.ref_doc_id) for found in nodes)


def _once(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))
