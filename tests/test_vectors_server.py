"""One collection over both back ends, the embedded Chroma and a real server on this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from tests_support import dalil, document

from index.build import ingest, rebuild, refill, remove
from index.catalogue import Catalogue
from index.config import Config, load_config
from index.embed import Embedder
from index.errors import ConfigError, VectorsError
from index.search import Index
from index.vectors import NeighbourIndex

Write = Callable[[str, str], Path]
Home = Callable[..., Config]

PORT = "وقع الانفجار في المرفأ صباحا."
FLOOD = "The flood destroyed two dams above the city."
CHESS = "A girl of eleven won the chess tournament in the village."


@contextmanager
def chroma(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Chroma server on this machine: its URL and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [
        str(program),
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--path",
        str(folder),
    ]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                try:
                    httpx.get(f"{url}/api/v2/heartbeat").raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield url, process
        finally:
            process.kill()


@contextmanager
def answering(answers: dict[str, tuple[int, str]]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """An HTTP server that gives these answers by path, 404 to all else; the headers it was sent."""
    seen: list[dict[str, str]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({key.lower(): value for key, value in self.headers.items()})
            status, text = answers.get(self.path, (404, "{}"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma(tmp_path_factory.mktemp("chroma")) as (address, _):
        yield address


@pytest.fixture
def server_home(url: str, tmp_path: Path) -> Home:
    """Makes homes by name, on the server unless told otherwise."""

    def make(name: str = "home", vectors: str = url) -> Config:
        return load_config(tmp_path / name, environment={"DALIL_VECTORS": vectors})

    return make


@pytest.fixture(params=["embedded", "server"])
def either(request: pytest.FixtureRequest, server_home: Home) -> Config:
    """A home over each of the back ends."""
    return server_home(vectors="embedded") if request.param == "embedded" else server_home()


def stored(home: Config) -> set[str]:
    """The chunk ids in Chroma, after checking that they are those of the catalogue."""
    catalogue = Catalogue.open(home.catalogue)
    ids = NeighbourIndex.open(home, catalogue.collection(), create=False).ids()
    assert ids == set(catalogue.chunk_ids())
    return ids


def first(index: Index, question: str) -> str:
    return index.search(question)[0].chunk.article_id


def test_a_collection_is_made_searched_changed_removed_and_rebuilt(
    either: Config, write: Write, embedder: Embedder
) -> None:
    folder = write("port.txt", PORT).parent
    write("flood.txt", FLOOD)
    ingest([folder], either, lambda: embedder)
    index = Index.open(either, lambda: embedder)
    assert first(index, "Which dams did the flood destroy?") == "flood"
    before = stored(either)

    ingest([write("flood.txt", CHESS)], either, lambda: embedder)
    assert len(before - stored(either)) == 1
    assert first(index, "Who won the chess tournament?") == "flood"

    remove(["port"], either)
    assert len(stored(either)) == 1
    assert [hit.chunk.article_id for hit in index.search("أين وقع الانفجار؟")] == ["flood"]

    rebuild(either, lambda: embedder)
    assert len(stored(either)) == 1
    assert first(index, "Who won the chess tournament?") == "flood"
    name = Catalogue.open(either.catalogue).collection()
    client = NeighbourIndex.open(either, name).client
    kept = [each.name for each in client.list_collections()]
    assert [each for each in kept if each.startswith(name.rpartition("-")[0])] == [name]


def test_an_open_reader_answers_from_what_another_process_ingests(
    either: Config, write: Write, embedder: Embedder
) -> None:
    ingest([write("port.txt", PORT)], either, lambda: embedder)
    reader = Index.open(either, lambda: embedder)
    assert first(reader, "أين وقع الانفجار؟") == "port"
    arguments = ["--home", str(either.home), "--json"]
    path = str(write("chess.txt", CHESS))
    added = document(dalil("ingest", path, *arguments, DALIL_VECTORS=either.vectors))
    assert added["added"] == ["chess"]
    assert first(reader, "Who won the chess tournament?") == "chess"
    dalil("articles", "remove", "chess", *arguments, DALIL_VECTORS=either.vectors)
    assert first(reader, "Who won the chess tournament?") == "port"


def test_a_server_shows_at_once_what_the_catalogue_does(
    server_home: Home, write: Write, embedder: Embedder
) -> None:
    home = server_home()
    ingest([write("port.txt", PORT)], home, lambda: embedder)
    reader = Index.open(home, lambda: embedder)
    ingest([write("chess.txt", CHESS)], home, lambda: embedder)
    opened = reader._neighbours()
    assert opened.generation == reader.catalogue.generation()
    assert opened.neighbours is not None
    near = opened.neighbours.nearest(reader.query("chess").vector, 10)
    assert set(near) == set(reader.catalogue.chunk_ids())


def test_homes_share_a_server_and_leave_each_other_alone(
    server_home: Home, write: Write, embedder: Embedder
) -> None:
    one, other = server_home("one"), server_home("other")
    ingest([write("flood.txt", FLOOD)], one, lambda: embedder)
    ingest([write("chess.txt", CHESS)], other, lambda: embedder)
    rebuild(one, lambda: embedder)
    refill(one)
    assert stored(one).isdisjoint(stored(other))
    assert first(Index.open(one, lambda: embedder), "Who won the chess?") == "flood"
    assert first(Index.open(other, lambda: embedder), "Who won the chess?") == "chess"


def test_vectors_are_copied_to_a_server_and_back_without_embedding(
    server_home: Home, write: Write, embedder: Embedder
) -> None:
    here, there = server_home(vectors="embedded"), server_home()
    ingest([write("flood.txt", FLOOD), write("port.txt", PORT)], here, lambda: embedder)
    with pytest.raises(VectorsError, match=r"does not hold the vectors.*dalil rebuild --vectors"):
        Index.open(there, lambda: embedder)
    assert refill(there) == 2
    assert first(Index.open(there, lambda: embedder), "Which dams were destroyed?") == "flood"

    # As many chunks as the folder still holds, but others: it must not be taken for up to date.
    ingest([write("flood.txt", CHESS)], there, lambda: embedder)
    with pytest.raises(VectorsError, match="dalil rebuild --vectors"):
        Index.open(here, lambda: embedder)
    ingest([write("new.txt", FLOOD)], here, lambda: embedder)
    assert len(stored(here)) == 3
    assert first(Index.open(here, lambda: embedder), "Which dams were destroyed?") == "new"


def test_the_command_copies_the_vectors(
    server_home: Home, write: Write, embedder: Embedder
) -> None:
    home, there = server_home(vectors="embedded"), server_home()
    ingest([write("flood.txt", FLOOD)], home, lambda: embedder)
    arguments = ["rebuild", "--vectors", "--home", str(home.home)]
    settings = {"DALIL_VECTORS": there.vectors}
    assert document(dalil(*arguments, "--json", **settings)) == {"vectors": 1}
    assert len(stored(there)) == 1
    assert dalil(*arguments, "--embedding", "other", **settings).returncode == 2


def test_a_collection_of_another_program_is_left_alone(
    server_home: Home, write: Write, embedder: Embedder
) -> None:
    home = server_home()
    ingest([write("flood.txt", FLOOD)], home, lambda: embedder)
    name = Catalogue.open(home.catalogue).collection()
    client = NeighbourIndex.open(home, name).client
    client.create_collection("chunks", embedding_function=None)
    assert NeighbourIndex.find(home, "chunks") is None
    rebuild(home, lambda: embedder)
    assert "chunks" in [each.name for each in client.list_collections()]
    client.delete_collection("chunks")


def test_a_server_that_is_gone_is_named_with_how_to_start_one(
    tmp_path: Path, write: Write, embedder: Embedder
) -> None:
    with chroma(tmp_path / "chroma") as (url, process):
        home = load_config(tmp_path / "home", environment={"DALIL_VECTORS": url})
        ingest([write("flood.txt", FLOOD)], home, lambda: embedder)
        index = Index.open(home, lambda: embedder)
        process.kill()
        process.wait()
        for use in (lambda: index.search("flood"), lambda: Index.open(home, lambda: embedder)):
            with pytest.raises(
                VectorsError, match=f"No Chroma server answers at {url}.*chroma run"
            ):
                use()


@pytest.mark.parametrize("version", ["0.6.3", "1.0.0", "1.5.8"])
def test_a_server_with_a_known_hole_is_refused(tmp_path: Path, version: str) -> None:
    with answering({"/api/v2/version": (200, f'"{version}"')}) as (url, _):
        home = load_config(tmp_path, environment={"DALIL_VECTORS": url})
        with pytest.raises(VectorsError, match=rf"has version {version}\..*1\.5\.9 or newer"):
            NeighbourIndex.open(home, "chunks")


@pytest.mark.parametrize("version", ["1.5.9", "1.10.0", "2.0.0"])
def test_a_newer_server_is_let_through_to_the_next_step(tmp_path: Path, version: str) -> None:
    with answering({"/api/v2/version": (200, f'"{version}"')}) as (url, seen):
        home = load_config(tmp_path, environment={"DALIL_VECTORS": url})
        with pytest.raises(VectorsError, match="could not do its part"):
            NeighbourIndex.open(home, "chunks")
    assert len(seen) > 1


def test_what_is_no_chroma_server_is_refused(tmp_path: Path) -> None:
    with answering({"/api/v2/version": (200, "<html>Welcome</html>")}) as (url, _):
        for place in (url, f"{url}/elsewhere"):
            home = load_config(tmp_path, environment={"DALIL_VECTORS": place})
            with pytest.raises(VectorsError, match="is no Chroma server"):
                NeighbourIndex.open(home, "chunks")


def test_the_key_is_sent_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALIL_VECTORS_KEY", "geheim")
    with answering({"/api/v2/version": (401, "not with geheim")}) as (url, seen):
        home = load_config(tmp_path, environment={"DALIL_VECTORS": url})
        with pytest.raises(VectorsError, match="refuses the key") as caught:
            NeighbourIndex.open(home, "chunks")
    assert (seen[0]["authorization"], seen[0]["x-chroma-token"]) == ("Bearer geheim", "geheim")
    assert "geheim" not in str(caught.value)

    monkeypatch.setenv("DALIL_VECTORS_KEY", "geheim\nnoch mehr")
    with pytest.raises(ConfigError, match="DALIL_VECTORS_KEY") as wrong:
        NeighbourIndex.open(home, "chunks")
    assert "geheim" not in str(wrong.value)


def test_the_key_is_sent_with_every_question(
    server_home: Home, write: Write, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DALIL_VECTORS_KEY", "geheim")
    home = server_home()
    ingest([write("flood.txt", FLOOD)], home, lambda: embedder)
    client = NeighbourIndex.open(home, Catalogue.open(home.catalogue).collection()).client
    headers = client._server.get_request_headers()  # type: ignore[attr-defined]
    assert (headers["authorization"], headers["x-chroma-token"]) == ("Bearer geheim", "geheim")
    assert client._server._session.timeout.read == 60  # type: ignore[attr-defined]
    assert not client.get_settings().anonymized_telemetry
