"""Token fixtures: what transformers' CLIPTokenizer makes of 1,200 strings with tiny-sd15's vocabulary."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from transformers import CLIPTokenizer

from common import TINY, write_json
from token_strings import FIXED, strings


def write_compressed(path: Path, value: object) -> None:
    """gzip of compact JSON, without a time in the header so that equal content gives equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))


def make(root: Path) -> None:
    """Ids of every string without special tokens; padded and truncated ids with mask for the fixed and all long ones; and the folder as transformers 5 saves it, with tokenizer.json alone."""
    tokenizer = CLIPTokenizer.from_pretrained(TINY / "tokenizer")
    texts = strings()
    ids = [tokenizer(text, add_special_tokens=False).input_ids for text in texts]

    variant = root / "with-tokenizer-json"
    tokenizer.save_pretrained(variant)
    if not (variant / "tokenizer.json").exists():
        raise ValueError("transformers wrote no tokenizer.json")
    reloaded = CLIPTokenizer.from_pretrained(variant)
    if [reloaded(text, add_special_tokens=False).input_ids for text in texts] != ids:
        raise ValueError("tokenizer.json gives other ids than vocab.json and merges.txt")

    padded = []
    for index, text in enumerate(texts):
        if index < len(FIXED) or len(ids[index]) > 70:
            found = tokenizer(text, padding="max_length", truncation=True, max_length=77)
            padded.append({"index": index, "input_ids": found.input_ids, "attention_mask_length": sum(found.attention_mask)})
    write_compressed(root / "strings.json.gz", {"strings": texts, "ids": ids, "padded": padded})
    write_json(root / "case.json", {"id": "tokens", "class": "CLIPTokenizer", "folder": "../tiny-sd15/tokenizer", "strings": len(texts),
                                    "padded": len(padded), "truncated": sum(len(row) > 75 for row in ids)})
