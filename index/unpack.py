"""Turns the 4-bit file of multilingual-e5-small into an ordinary sentence-transformers folder.

The file (magic `E5S1`, little-endian) is laid out as: sizes, a tokenizer of its own that is skipped
here, a directory of tensors, the tensors. The folder holds a BERT model with mean pooling,
normalisation and the prompts `query: ` and `passage: `.
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

MAGIC = b"E5S1"
BLOCK = 32
"""Values that share one scale in a 4-bit tensor."""

_HEADER = struct.Struct("<4sI7ifi5iQ")
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])

_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The shape of the BERT model, in the order of the file's header."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file's directory; `offset` and `length` are bytes from the file's start."""

    four_bit: bool
    count: int
    offset: int
    length: int


def unpack(weights: Path, tokenizer: Path, folder: Path) -> None:
    """Write the sentence-transformers folder `folder` (new) from the two files of the model.

    Matrices are stored as float16, biases and layer norms as float32; the model is loaded as
    float32. Raises `ValueError` when `weights` is not an `E5S1` file and `OSError` when the disk
    is full.
    """
    image = weights.read_bytes()
    sizes, directory_start = _read_header(image)
    tensors = _bert_tensors(image, sizes, _read_directory(image, directory_start))
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(save(tensors, metadata={"format": "pt"}))
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    added_tokens = json.loads(tokenizer.read_bytes()).get("added_tokens", [])
    for name, content in _settings(sizes, added_tokens).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def decode_blocks(data: bytes | memoryview) -> NDArray[np.float16]:
    """Values of a 4-bit tensor, in order, as a flat float16 array.

    A block of 18 bytes is a float16 scale d and 16 bytes: byte j holds value j in its low half and
    value j + 16 in its high half; a value is d * (nibble - 8).
    """
    blocks = np.frombuffer(data, dtype=_BLOCK_TYPE)
    values = np.empty((len(blocks), BLOCK), dtype=np.float16)
    values[:, : BLOCK // 2] = blocks["nibbles"] & 15
    values[:, BLOCK // 2 :] = blocks["nibbles"] >> 4
    values -= np.float16(8)
    values *= blocks["scale"][:, None]
    return values.reshape(-1)


def _read_header(image: bytes) -> tuple[Sizes, int]:
    """The sizes, and the offset of the directory of tensors."""
    if len(image) < _HEADER.size or image[:4] != MAGIC:
        raise ValueError(f"not a 4-bit E5 file: it starts with {image[:4]!r}, not {MAGIC!r}")
    fields = _HEADER.unpack_from(image)
    sizes, block, pieces, piece_bytes = Sizes(*fields[2:10]), fields[10], fields[11], fields[16]
    if block != BLOCK:
        raise ValueError(f"blocks of {block} values, expected {BLOCK}")
    normalisation = _HEADER.size + 4 * (pieces + 1) + 4 * pieces + piece_bytes
    _entries, length = struct.unpack_from("<iI", image, normalisation)
    return sizes, normalisation + 8 + length


def _read_directory(image: bytes, start: int) -> dict[str, Entry]:
    (count,) = struct.unpack_from("<i", image, start)
    position = start + 4
    entries = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", image, position)
        name = image[position + 2 : position + 2 + length].decode("ascii")
        position += 2 + length
        kind, *numbers = struct.unpack_from("<BIQQ", image, position)
        entries[name] = Entry(kind == 1, *numbers)
        position += struct.calcsize("<BIQQ")
    return entries


def _bert_tensors(
    image: bytes, sizes: Sizes, entries: dict[str, Entry]
) -> dict[str, NDArray[np.floating[Any]]]:
    """Every tensor of transformers' `BertModel`, by its name there.

    Token types that the file leaves out are zero, and so is the pooler, which the file lacks and
    mean pooling never reads; without it loading would report random weights.
    """
    tensors = {
        bert: _decode(image, entries, name, shape) for name, bert, shape in _names_and_shapes(sizes)
    }
    tensors["pooler.dense.weight"] = np.zeros((sizes.hidden, sizes.hidden), np.float16)
    tensors["pooler.dense.bias"] = np.zeros(sizes.hidden, np.float32)
    return tensors


def _names_and_shapes(sizes: Sizes) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Name in the file, name in BERT, shape ([out, in] for a matrix)."""
    width, inner = sizes.hidden, sizes.feed_forward
    embeddings = {"word": sizes.vocabulary, "pos": sizes.positions, "type": sizes.token_types}
    for short, long in {"word": "word", "pos": "position", "type": "token_type"}.items():
        yield f"emb.{short}", f"embeddings.{long}_embeddings.weight", (embeddings[short], width)
    yield "emb.ln.w", "embeddings.LayerNorm.weight", (width,)
    yield "emb.ln.b", "embeddings.LayerNorm.bias", (width,)
    matrices = {"fi": (inner, width), "fo": (width, inner), "aln": (width,), "oln": (width,)}
    for layer in range(sizes.layers):
        for short, long in _LAYER_NAMES.items():
            shape = matrices.get(short, (width, width))
            bert = f"encoder.layer.{layer}.{long}"
            yield f"l{layer}.{short}.w", f"{bert}.weight", shape
            yield f"l{layer}.{short}.b", f"{bert}.bias", shape[:1]


def _decode(
    image: bytes, entries: dict[str, Entry], name: str, shape: tuple[int, ...]
) -> NDArray[np.floating[Any]]:
    if name not in entries:
        raise ValueError(f"the tensor {name} is missing")
    entry = entries[name]
    data = memoryview(image)[entry.offset : entry.offset + entry.length]
    values: NDArray[np.floating[Any]] = (
        decode_blocks(data) if entry.four_bit else np.frombuffer(data, "<f4")
    )
    wanted = int(np.prod(shape))
    if len(values) != entry.count or len(values) > wanted:
        raise ValueError(f"the tensor {name} has {len(values)} values, expected {wanted}")
    if name == "emb.type":
        values = np.pad(values, (0, wanted - len(values)))
    return values.reshape(shape)


def _settings(sizes: Sizes, added_tokens: list[dict[str, Any]]) -> dict[str, Any]:
    """The JSON files of the folder, by name."""
    library = "sentence_transformers"
    types = {
        "": f"{library}.base.modules.transformer.Transformer",
        "1_Pooling": f"{library}.sentence_transformer.modules.pooling.Pooling",
        "2_Normalize": f"{library}.base.modules.normalize.Normalize",
    }
    special = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "cls_token": "<s>",
        "mask_token": "<mask>",
    }
    return {
        "config.json": _bert_settings(sizes),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": sizes.positions,
            "padding_side": "right",
            "clean_up_tokenization_spaces": False,
            # Said here too, they save transformers a second reading of tokenizer.json: 0.5 s.
            "added_tokens_decoder": {str(token.pop("id")): token for token in added_tokens},
            **special,
        },
        "special_tokens_map.json": special,
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": kind}
            for index, (path, kind) in enumerate(types.items())
        ],
        "sentence_bert_config.json": {"max_seq_length": sizes.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer",
            # `encode_document` looks for "document" first and finds an empty one when it is absent.
            "prompts": {"query": "query: ", "passage": "passage: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "embedding_dimension": sizes.hidden,
            "pooling_mode": "mean",
            "include_prompt": True,
        },
        "2_Normalize/config.json": {},
    }


def _bert_settings(sizes: Sizes) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.feed_forward,
        "vocab_size": sizes.vocabulary,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.token_types,
        "layer_norm_eps": sizes.epsilon,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "dtype": "float32",
    }
