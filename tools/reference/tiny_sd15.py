"""tiny-sd15: a complete Stable Diffusion 1.5 folder with small random weights and a byte-pair tokenizer of its own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import torch

import text_encoder
import unet
import vae
from common import normal, relative_difference, write_json
from scheduler_cases import SD15

TRIGGER = "Aldric Vortex-9 CyberNebula"
MERGES = 260

# What the tokenizer learns its merges from. Our own words; the trigger's parts occur, the trigger itself does not.
CORPUS = """
a photo of a person with red hair in a blue coat, standing in a garden. a photo of a robot with a green hat, holding a lantern.
portrait of an old sailor, dramatic light, high detail. a small house near the river, at night, with snow on the roof.
a drawing of a knight with a silver shield and a yellow cloak; soft light, calm sky. the cat is sitting under the table.
the painter's studio: brushes, canvas, paper and a window to the sea. we've seen the tower before; it's made of stone.
close-up of a face, sharp focus, studio light, neutral background. a wide street in the rain, neon signs, people with umbrellas.
a vortex of leaves over the field, number 9 on the door, 12 stars and 30 birds. a nebula in the night sky, cyber city below.
the aldine press printed books; the baldric of the knight is brown. the cybernetic arm holds a vortex lamp.
high quality, detailed, cinematic lighting, oil painting, watercolor, pencil sketch, flat colors, cartoon style.
black and white, low contrast, blurry, bad anatomy, wrong hands, extra fingers, watermark, text, signature.
she's walking, he'll wait, they're late, i'd say so, don't run, can't stop. one two three four five six seven eight nine ten.
"""

TEXT = dict(id="tiny-sd15", seed=51, hidden=24, intermediate=72, heads=3, layers=2, act="quick_gelu", eos=2, eps=1e-5)
UNET = dict(block_out_channels=[8, 16, 16], layers_per_block=1, attention_head_dim=4, norm_num_groups=4, cross_attention_dim=24,
            sample_size=8, down_block_types=[unet.CROSS_DOWN, unet.CROSS_DOWN, unet.PLAIN_DOWN],
            up_block_types=[unet.PLAIN_UP, unet.CROSS_UP, unet.CROSS_UP])
VAE = dict(block_out_channels=[4, 8, 8, 8], layers_per_block=1, norm_num_groups=2, sample_size=64)


def byte_characters() -> list[str]:
    """The printable character that stands for each byte in byte-level BPE, in CLIP's vocabulary order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    moved = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(len(moved))]


def train_merges(text: str, count: int) -> list[tuple[str, str]]:
    """Most frequent neighbouring pair first, ties by the pair itself; words are lower case, split at white space and punctuation."""
    from tokenizers import Regex, pre_tokenizers

    splitter = pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True)
    words = Counter(word for word, _ in splitter.pre_tokenize_str(text.lower()))
    pieces = {word: [*word[:-1], word[-1] + "</w>"] for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter = Counter()
        for word, parts in pieces.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for parts in pieces.values():
            index = 0
            while index + 1 < len(parts):
                if (parts[index], parts[index + 1]) == best:
                    parts[index:index + 2] = ["".join(best)]
                index += 1
    return merges


def write_tokenizer(folder: Path, count: int = MERGES, pad: str = "<|endoftext|>") -> int:
    """vocab.json, merges.txt, tokenizer_config.json, special_tokens_map.json as in SD1.5's folder. Returns the vocabulary size."""
    merges = train_merges(CORPUS, count)
    characters = byte_characters()
    tokens = characters + [f"{character}</w>" for character in characters] + ["".join(pair) for pair in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}, ensure_ascii=False),
                                       encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in merges), ""]), encoding="utf-8")

    def token(content: str) -> dict:
        return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}

    special = {"bos_token": token("<|startoftext|>"), "eos_token": token("<|endoftext|>"), "unk_token": token("<|endoftext|>")}
    write_json(folder / "special_tokens_map.json", {**special, "pad_token": pad})
    write_json(folder / "tokenizer_config.json", {
        **{key: {"__type": "AddedToken", **value} for key, value in special.items()}, "pad_token": pad,
        "add_prefix_space": False, "do_lower_case": True, "errors": "replace", "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer"})
    if len(set(tokens)) != len(tokens):
        raise ValueError("a merge made a token twice")
    return len(tokens)


def write_index(folder: Path) -> None:
    """model_index.json and the scheduler's file."""
    write_json(folder / "scheduler" / "scheduler_config.json", SD15)
    write_json(folder / "model_index.json", {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0", "feature_extractor": [None, None],
        "requires_safety_checker": False, "safety_checker": [None, None], "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]})


def make(root: Path) -> None:
    """The folder; the U-Net's last layer is scaled so that its prediction has the size of noise, and the image that of an image."""
    vocabulary = write_tokenizer(root / "tokenizer")
    text_model = text_encoder.build({**TEXT, "vocab": vocabulary})
    text_encoder.save_folder(text_model, root / "text_encoder", prefix=True, position_ids=False, dtype=torch.float32)

    model = unet.build(UNET, 52)
    states = normal(53, 2, 77, 24)
    with torch.no_grad():
        output = model(normal(54, 2, 4, 8, 6), torch.tensor([600, 200]), states).sample
        model.conv_out.weight /= output.std()
        model.conv_out.bias /= output.std()
        changed = model(normal(54, 2, 4, 8, 6), torch.tensor([600, 200]), normal(55, 2, 77, 24)).sample
    moved = relative_difference(changed * output.std(), output)
    if moved < 0.05:
        raise ValueError(f"the text moves the prediction by {moved:.1e} only")
    unet.save_folder(model, root / "unet")

    autoencoder = vae.build(VAE, 56)
    with torch.no_grad():
        image = autoencoder.decode(normal(57, 1, 4, 8, 6)).sample
        autoencoder.decoder.conv_out.weight *= 0.5 / image.std()
        autoencoder.decoder.conv_out.bias *= 0.2
    vae.save_folder(autoencoder, root / "vae")
    write_index(root)
