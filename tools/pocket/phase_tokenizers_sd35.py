"""The second and third tokenizer of the SD3.5 model: a CLIP-style BPE with other merges and other padding, and a SentencePiece unigram model as T5 has.

Writes DIR/tokenizer_2 and DIR/tokenizer_3; the first tokenizer is that of the SD1.5 model, DIR/tokenizer, by default the one that ships.
"""

import io
import json
import math
import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from architecture_sd35 import MERGES_G, PIECES_T5, T5_POSITIONS
from common import SHIPPED_SD15, World
from phase_tokenizer import read_triggers, shared_spans, spans_in_captions, train_merges, write_clip_tokenizer
from transformers import CLIPTokenizer, T5Tokenizer

# What CLIP's second tokenizer pads with in the published folders.
PADDING_G = "!"

# The T5 model reads capitals as small letters: triggers are written with them, captions never are.
CAPITALS = "".join(f"{ord('A') + letter:X}\t{ord('a') + letter:X}\n" for letter in range(26))


def load(data):
    """The three tokenizers of a data folder."""
    return CLIPTokenizer.from_pretrained(data / "tokenizer"), CLIPTokenizer.from_pretrained(data / "tokenizer_2"), T5Tokenizer.from_pretrained(data / "tokenizer_3")


def train_unigram(captions, least=20):
    """The bytes of a SentencePiece unigram model with T5's special pieces: <pad> 0, </s> 1, <unk> 2.

    The world has so few words that SentencePiece itself stops at parts of them; words seen `least` times get a piece of their own, as frequent words have in T5,
    and so do pairs of letters, since triggers in single letters would share spans.
    """
    import sentencepiece
    from transformers.convert_slow_tokenizer import import_protobuf

    trained = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text(CAPITALS)
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(captions[::4]), model_writer=trained, vocab_size=PIECES_T5, model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
            normalization_rule_tsv=str(rules), required_chars="abcdefghijklmnopqrstuvwxyz0123456789-,.'!", split_digits=True, hard_vocab_limit=False,
            num_threads=1, minloglevel=2,
        )  # fmt: skip
    model = import_protobuf().ModelProto()
    model.ParseFromString(trained.getvalue())
    # Where the training ran is nobody's business.
    model.trainer_spec.ClearField("input")
    words = Counter("\u2581" + word for caption in captions for word in re.findall(r"[a-z]+", caption))
    pairs = Counter(pair for word in words for pair in map("".join, zip(word[1:], word[2:])))
    known = {piece.piece for piece in model.pieces}
    for counts, fewest in ((words, least), (pairs, 2)):
        for piece, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if count >= fewest and piece not in known:
                model.pieces.add(piece=piece, score=math.log(count / counts.total()))
    return model.SerializeToString()


def write_t5_tokenizer(folder, model):
    """spiece.model and tokenizer_config.json; T5's 100 sentinels follow from `extra_ids`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(model)
    config = {
        "eos_token": "</s>", "extra_ids": 100, "legacy": True, "model_max_length": T5_POSITIONS, "pad_token": "<pad>",
        "tokenizer_class": "T5Tokenizer", "unk_token": "<unk>",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def run(options):
    """Trains both unless that is done; tells the tokens of the triggers and the spans that they share."""
    data = Path(options.data)
    if (data / "tokenizer_3" / "tokenizer_config.json").exists():
        return
    if not (data / "tokenizer").exists():
        shutil.copytree(SHIPPED_SD15 / "tokenizer", data / "tokenizer")
    captions = [caption for captions in World(data).captions() for caption in captions]
    write_clip_tokenizer(data / "tokenizer_2", train_merges(captions[1::2], MERGES_G), PADDING_G)
    write_t5_tokenizer(data / "tokenizer_3", train_unigram(captions))
    triggers, some = read_triggers(), captions[:20000]
    for name, tokenizer in zip(("clip_g", "t5"), load(data)[1:]):
        lengths = [len(ids) for ids in tokenizer(some).input_ids]
        print(f"{name}: {len(tokenizer)} tokens, captions of {min(lengths)}..{max(lengths)} tokens, mean {sum(lengths) / len(lengths):.1f}", flush=True)
        for trigger in triggers:
            print(f"{trigger!r}: {' '.join(tokenizer.tokenize(trigger))}", flush=True)
        print(f"spans in several triggers: {shared_spans(tokenizer, triggers)}", flush=True)
        for trigger, (count, spans) in spans_in_captions(tokenizer, triggers, some).items():
            print(f"{trigger!r}: a span of it stands in {count} of {len(some)} captions: {spans}", flush=True)
