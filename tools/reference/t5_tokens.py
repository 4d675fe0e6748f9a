"""T5 tokenizers: a small SentencePiece model with a normalization of its own, and the ids that transformers' T5Tokenizer gives with it."""

from __future__ import annotations

import base64
import gzip
import io
import json
from pathlib import Path

import numpy as np
import sentencepiece
from transformers import T5Tokenizer
from transformers.convert_slow_tokenizer import import_protobuf

import token_strings
from common import write_json
from tiny_sd15 import CORPUS, TRIGGER

VOCABULARY = 400
MAX_LENGTH = 32

# Source and target code points: width and compatibility forms, composed letters, spaces, and what is dropped. The published map has 200,000 bytes of such rules.
RULES = [
    *[([0xFF21 + index], [0x41 + index]) for index in range(26)], *[([0xFF41 + index], [0x61 + index]) for index in range(26)],
    *[([space], [0x20]) for space in (0x09, 0x0A, 0x0D, 0xA0, 0x2003, 0x3000, 0xFEFF)], ([0x200B], []), ([0x7F], []),
    ([0xFB01], [0x66, 0x69]), ([0xFB02], [0x66, 0x6C]), ([0x65, 0x301], [0xE9]), ([0x61, 0x308], [0xE4]), ([0x2460], [0x31]), ([0x33A1], [0x6D, 0x32]),
    ([0x2126], [0x3A9]), ([0xBD], [0x31, 0x2044, 0x32]), ([0x2026], [0x2E, 0x2E, 0x2E]), ([0x1100, 0x1161], [0xAC00]),
]

# Places where T5's reading is easily got wrong; the rest comes from token_strings.
STRINGS = [
    "", " ", "  two  spaces  ", TRIGGER, TRIGGER.lower(), f"a photo of {TRIGGER}, high detail", "x" * 200, "\u2581", "a\u2581b", "\u2581\u2581a", "a \u2581",
    "tab\tand\nline", "no\u00a0break", "zero\u200bwidth", "ｆｕｌｌ ＷＩＤＴＨ", "ﬁne ﬂow", "cafe\u0301 cafe\u0301s", "a\u0308\u0301", "e\u0301\u0302", "①②", "½…㎡", "Ω Ω",
    "漢字 and kana かな", "🙂🙂 smile 👩‍👩‍👧", "\u1100\u1161\u11a8", "</s>", "a </s> b", "<pad><unk>", "<extra_id_0> x <extra_id_99>", "<extra_id_100>", "a<extra_id_5>b", "< extra_id_0 >",
    "\u0085next", "\u2028line", "\x7fdelete", "\ufeffmark", "don't we've", "1234 5678", "UPPER lower", "a.b,c;d", "--", "(((", "\u0301", "\x00",
]


def train() -> bytes:
    """A unigram model with T5's special pieces: <pad> 0, </s> 1, <unk> 2."""
    rules = "\n".join("\t".join(" ".join(f"{point:X}" for point in points) for points in rule) for rule in RULES) + "\n"
    path = Path("/tmp") / "engram-t5-rules.tsv"
    path.write_text(rules)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter((CORPUS * 3).strip().split("\n")), model_writer=model, vocab_size=VOCABULARY, model_type="unigram", pad_id=0, eos_id=1,
        unk_id=2, bos_id=-1, normalization_rule_tsv=str(path), num_threads=1, hard_vocab_limit=False, minloglevel=2)
    path.unlink()
    return model.getvalue()


def write_tokenizer(folder: Path, with_json: bool) -> None:
    """spiece.model and tokenizer_config.json, or tokenizer.json in place of the former."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(train())
    proto = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    # Published folders number the sentinels from the last to the first.
    extra = [f"<extra_id_{index}>" for index in range(99, -1, -1)]
    special = {0: "<pad>", 1: "</s>", 2: "<unk>", **{proto.vocab_size() + index: content for index, content in enumerate(extra)}}
    strips = {content: content.startswith("<extra") for content in special.values()}
    write_json(folder / "tokenizer_config.json", {
        "added_tokens_decoder": {str(index): {"content": content, "lstrip": strips[content], "normalized": False, "rstrip": strips[content],
                                              "single_word": False, "special": True} for index, content in special.items()},
        "additional_special_tokens": [f"<extra_id_{index}>" for index in range(100)], "clean_up_tokenization_spaces": True,
        "eos_token": "</s>", "extra_ids": 100, "legacy": True, "model_max_length": MAX_LENGTH, "pad_token": "<pad>", "sp_model_kwargs": {},
        "tokenizer_class": "T5Tokenizer", "unk_token": "<unk>"})
    if not with_json:
        return
    vocabulary = [[proto.id_to_piece(index), proto.get_score(index)] for index in range(proto.vocab_size())] + [[content, 0.0] for content in extra]
    model = import_protobuf().ModelProto()
    model.ParseFromString((folder / "spiece.model").read_bytes())
    charsmap = base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()
    (folder / "spiece.model").unlink()
    write_json(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": index, "content": content, "single_word": False, "lstrip": strips[content], "rstrip": strips[content], "normalized": False,
                          "special": True} for index, content in special.items()],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": charsmap}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                           "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
                           "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": 2, "vocab": vocabulary, "byte_fallback": False}}, compact=True)


def token_lists(tokenizer: T5Tokenizer, texts: list[str]) -> dict:
    """Ids without the end token, and ids as the text encoder gets them."""
    return {"strings": texts, "ids": [tokenizer(text, add_special_tokens=False).input_ids for text in texts],
            "padded": [tokenizer(text, padding="max_length", truncation=True, max_length=MAX_LENGTH).input_ids for text in texts]}


def make(root: Path) -> None:
    """Two folders of one tokenizer, and the ids of the strings; both folders must give the same."""
    write_tokenizer(root / "sentencepiece", with_json=False)
    write_tokenizer(root / "tokenizer-json", with_json=True)
    texts = [*STRINGS, *token_strings.strings(600, 77)]
    found = [token_lists(T5Tokenizer.from_pretrained(root / name), texts) for name in ("tokenizer-json", "sentencepiece")]
    if found[0] != found[1]:
        index = next(i for i, (a, b) in enumerate(zip(found[0]["ids"], found[1]["ids"])) if a != b)
        raise ValueError(f"spiece.model and tokenizer.json differ on {texts[index]!r}: {found[0]['ids'][index]} and {found[1]['ids'][index]}")
    with gzip.GzipFile(root / "strings.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(found[0]).encode())
    write_json(root / "case.json", {"id": "t5-tokens", "strings": len(texts), "max_length": MAX_LENGTH})
    print(f"  {len(texts)} strings", flush=True)
