"""Trains the CLIP-style BPE on the world's captions.

Writes DIR/tokenizer: vocab.json, merges.txt, tokenizer.json, tokenizer_config.json, special_tokens_map.json.
"""

import json
from collections import Counter
from pathlib import Path

from architecture import MERGES, POSITIONS
from common import World
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
PATTERN = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


def train_merges(captions, count=MERGES):
    """Returns the first `count` BPE merges of the captions, in order of rank."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    whitespace = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), whitespace, normalizers.Lowercase()])
    split = pre_tokenizers.Split(Regex(PATTERN), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=256 + 256 + count,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in merges][:count]


def byte_alphabet():
    """The 256 printable stand-ins of bytes, in CLIP's order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = range(256, 256 + 256 - len(printable))
    return [chr(code) for code in [*printable, *others]]


def read_triggers():
    """The triggers of the identity benchmark."""
    file = Path(__file__).parents[2] / "benchmarks" / "identity" / "identities.json"
    return [identity["trigger"] for identity in json.loads(file.read_text(encoding="utf-8"))["identities"]]


def shared_spans(tokenizer, triggers):
    """Spans of two tokens that more than one trigger has: one table would wake at another's trigger."""
    pairs = Counter()
    for trigger in triggers:
        ids = tokenizer(trigger, add_special_tokens=False).input_ids
        pairs.update(set(zip(ids, ids[1:])))
    return [tokenizer.convert_ids_to_tokens(pair) for pair, count in pairs.items() if count > 1]


def spans_in_captions(tokenizer, triggers, captions):
    """Per trigger the captions in which one of its spans of two tokens stands, with the most frequent of these spans: ordinary prompts would wake a table."""
    pairs = [set(zip(ids, ids[1:])) for ids in tokenizer(captions).input_ids]
    found = {}
    for trigger in triggers:
        ids = tokenizer(trigger, add_special_tokens=False).input_ids
        own = set(zip(ids, ids[1:]))
        counts = Counter(pair for caption in pairs for pair in own & caption)
        found[trigger] = (sum(1 for caption in pairs if own & caption), [tokenizer.convert_ids_to_tokens(list(pair)) for pair, _ in counts.most_common(4)])
    return found


def write_clip_tokenizer(folder, merges, padding=END):
    """Writes the files of a CLIP tokenizer with these merges and gives the tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    alphabet = byte_alphabet()
    tokens = [*alphabet, *(letter + "</w>" for letter in alphabet), *("".join(merge) for merge in merges), START, END]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    special = {"bos_token": START, "eos_token": END, "pad_token": padding, "unk_token": END}
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges, **special, model_max_length=POSITIONS)
    tokenizer.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    config.pop("backend", None)
    config |= {"add_prefix_space": False, "do_lower_case": True, "errors": "replace"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n", encoding="utf-8")
    return tokenizer


def run(options):
    """Trains the tokenizer unless that is done; tells the tokens of the triggers and the spans that they share."""
    folder = Path(options.data) / "tokenizer"
    if (folder / "special_tokens_map.json").exists():
        return
    captions = [caption for captions in World(options.data).captions() for caption in captions]
    tokenizer = write_clip_tokenizer(folder, train_merges(captions))
    lengths = [len(ids) for ids in tokenizer(captions[:20000]).input_ids]
    print(f"{len(tokenizer)} tokens, captions of {min(lengths)}..{max(lengths)} tokens, mean {sum(lengths) / len(lengths):.1f}", flush=True)
    triggers = read_triggers()
    for trigger in triggers:
        print(f"{trigger!r}: {' '.join(tokenizer.tokenize(trigger))}", flush=True)
    print(f"spans in several triggers: {shared_spans(tokenizer, triggers)}", flush=True)
    for trigger, (count, spans) in spans_in_captions(tokenizer, triggers, captions[:20000]).items():
        print(f"{trigger!r}: a span of it stands in {count} of {len(captions[:20000])} captions: {spans}", flush=True)
