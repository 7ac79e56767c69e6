"""The 4-bit file of multilingual-e5-small, made tiny here, and the real one from the cache."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from index.pinned import WEIGHTS
from index.unpack import decode_blocks, unpack
from index.weights import pull

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

E5 = WEIGHTS["multilingual-e5-small"]
RECORDED = json.loads((Path(__file__).parent / "data" / "e5_vectors.json").read_text("utf-8"))
WIDTH, INNER, WORDS, POSITIONS = 32, 64, 3, 4


def four_bits(values: NDArray[np.float32], scale: float) -> bytes:
    """Blocks of 32 values, each a multiple of `scale` from -8 to 7 times."""
    nibbles = (values.reshape(-1, 32) / scale + 8).astype(np.uint8)
    halves = nibbles[:, :16] | nibbles[:, 16:] << 4
    return b"".join(np.float16(scale).tobytes() + row.tobytes() for row in halves)


def tiny_tensors() -> dict[str, NDArray[np.float32]]:
    """Every tensor of a BERT of one layer, by its name in the file; one token type of two."""
    shapes = {"emb.word": (WORDS, WIDTH), "emb.pos": (POSITIONS, WIDTH), "emb.type": (WIDTH,)}
    shapes |= {f"emb.ln.{end}": (WIDTH,) for end in "wb"}
    for name in ("q", "k", "v", "ao", "fi", "fo"):
        out, into = {"fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}.get(name, (WIDTH, WIDTH))
        shapes |= {f"l0.{name}.w": (out, into), f"l0.{name}.b": (out,)}
    shapes |= {f"l0.{name}.{end}": (WIDTH,) for name in ("aln", "oln") for end in "wb"}
    random = np.random.default_rng(7)
    return {
        name: (random.integers(-8, 8, shape) * 0.25).astype(np.float32)
        for name, shape in shapes.items()
    }


def tiny_file(tensors: dict[str, NDArray[np.float32]]) -> bytes:
    """The file that holds them, with two pieces and an empty normalisation map."""
    head = struct.pack("<4sI7i", b"E5S1", 1, WIDTH, 1, 2, INNER, WORDS, POSITIONS, 2)
    head += struct.pack("<fi5iQ", 1e-12, 32, 2, 0, 2, 1, 3, 5)
    head += (
        struct.pack("<3I2f", 0, 2, 5, -1.0, -2.0) + b"abcde" + struct.pack("<iI", 0, 4) + b"map!"
    )
    head += struct.pack("<i", len(tensors))
    lines = sum(2 + len(name) + struct.calcsize("<BIQQ") for name in tensors)
    directory, body = b"", b""
    for name, values in tensors.items():
        matrix = (name.endswith(".w") and values.ndim == 2) or name == "emb.word"
        data = four_bits(values, 0.25) if matrix else values.tobytes()
        directory += struct.pack("<H", len(name)) + name.encode()
        offset = len(head) + lines + len(body)
        directory += struct.pack("<BIQQ", matrix, values.size, offset, len(data))
        body += data
    return head + directory + body


def test_a_block_is_decoded_as_it_is_written() -> None:
    # d = 0.5; byte 0 is 0x1f: value 0 is 0.5 * (15 - 8), value 16 is 0.5 * (1 - 8).
    block = np.float16(0.5).tobytes() + bytes([0x1F, 0x80]) + bytes([0x88] * 14)
    values = decode_blocks(block * 2)
    assert values.dtype == np.float16
    assert values.shape == (64,)
    assert (values[0], values[16]) == (3.5, -3.5)
    assert (values[1], values[17]) == (-4.0, 0.0)
    assert np.count_nonzero(values[:32]) == 3
    assert np.array_equal(values[:32], values[32:])


def test_a_tiny_model_is_unpacked(tmp_path: Path) -> None:
    given = tiny_tensors()
    (tmp_path / "e5.bin").write_bytes(tiny_file(given))
    (tmp_path / "tokenizer.json").write_text("{}")
    folder = tmp_path / "folder"
    unpack(tmp_path / "e5.bin", tmp_path / "tokenizer.json", folder)

    got = load_file(folder / "model.safetensors")
    layer = "encoder.layer.0"
    for name, bert in {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
        "l0.q.w": f"{layer}.attention.self.query.weight",
        "l0.v.b": f"{layer}.attention.self.value.bias",
        "l0.ao.w": f"{layer}.attention.output.dense.weight",
        "l0.aln.w": f"{layer}.attention.output.LayerNorm.weight",
        "l0.fi.w": f"{layer}.intermediate.dense.weight",
        "l0.fo.w": f"{layer}.output.dense.weight",
        "l0.oln.b": f"{layer}.output.LayerNorm.bias",
    }.items():
        assert np.array_equal(got[bert], given[name]), name
    types = got["embeddings.token_type_embeddings.weight"]
    assert np.array_equal(types, np.stack([given["emb.type"], np.zeros(WIDTH, np.float32)]))
    assert len(got) == len(given) + 2
    config = json.loads((folder / "config.json").read_text())
    assert (config["hidden_size"], config["vocab_size"]) == (WIDTH, WORDS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda image: b"GGUF" + image[4:], "starts with b'GGUF'"),
        (lambda image: image.replace(b"l0.fo.b", b"l0.xx.b"), r"l0\.fo\.b is missing"),
        (lambda image: b"E5S1", "not a 4-bit E5 file"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    (tmp_path / "e5.bin").write_bytes(change(tiny_file(tiny_tensors())))
    with pytest.raises(ValueError, match=message):
        unpack(tmp_path / "e5.bin", tmp_path / "tokenizer.json", tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_an_embedding_model_is_pulled_from_its_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DALIL_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "brought"
    source.mkdir()
    files = {"e5-small-q4.bin": tiny_file(tiny_tensors()), "tokenizer.json": b"{}"}
    parts = []
    for part, (name, content) in zip(E5.parts, files.items(), strict=True):
        (source / name).write_bytes(content)
        parts.append(replace(part, sha256=sha256(content).hexdigest(), size=len(content)))
    folder = pull(replace(E5, parts=tuple(parts), size=50_000), source=source)
    assert folder == tmp_path / "cache" / "models" / "multilingual-e5-small"
    assert (folder / "tokenizer.json").read_bytes() == b"{}"
    assert (folder / "1_Pooling" / "config.json").exists()
    assert sorted(path.name for path in folder.parent.iterdir()) == [
        "multilingual-e5-small",
        "multilingual-e5-small.lock",
    ]


@pytest.fixture(scope="module")
def folder() -> Path:
    return pull(E5)


@pytest.fixture(scope="module")
def model(folder: Path) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def cosines(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.float64]:
    """Cosine of row i of both, whatever their lengths."""
    left, right = left.astype(np.float64), right.astype(np.float64)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    result: NDArray[np.float64] = (left * right).sum(axis=1) / lengths
    return result


def test_the_real_folder_has_every_weight_and_no_other(folder: Path) -> None:
    import torch
    from transformers import BertModel

    loaded: Any = BertModel.from_pretrained(folder, output_loading_info=True)
    bert, report = loaded
    assert not any(report.values()), report
    assert bert.dtype == torch.float32
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size == pytest.approx(E5.size, rel=1e-3)


def test_the_tokenizer_is_fast_and_marks_the_ends(model: SentenceTransformer) -> None:
    assert model.tokenizer.is_fast
    assert model.max_seq_length == 512
    ids = model.tokenizer(["hi", "query: hello"], padding=True)["input_ids"]
    assert ids == [[0, 1274, 2, 1, 1, 1, 1], [0, 41, 1294, 12, 33600, 31, 2]]


def test_the_vectors_are_those_of_the_package_s_own_engine(model: SentenceTransformer) -> None:
    for record in RECORDED["vectors"]:
        got = model.encode([record["text"]], prompt_name=record["prompt"])
        assert got.shape == (1, 384)
        assert np.linalg.norm(got) == pytest.approx(1, abs=1e-5)
        assert cosines(got, np.array([record["vector"]]))[0] >= 0.9999


def test_padding_does_not_change_a_vector(model: SentenceTransformer) -> None:
    texts = ["Cairo", "متى افتتح الجسر الجديد؟", "The bridge was opened on Monday. " * 40]
    together = model.encode(texts, prompt_name="query", batch_size=3)
    alone = np.concatenate([model.encode([text], prompt_name="query") for text in texts])
    assert cosines(together, alone).min() >= 0.999999


def test_questions_and_passages_have_their_prompts(model: SentenceTransformer) -> None:
    text = "افتتح الجسر"
    for encode, prompt in ((model.encode_query, "query: "), (model.encode_document, "passage: ")):
        assert cosines(encode([text]), model.encode([prompt + text], prompt=""))[0] >= 0.999999
