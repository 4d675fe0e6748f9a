"""T5EncoderModel fixtures: small random configurations of version 1.1 run by transformers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel

from common import Tensors, check_every_parameter_matters, float64_error, randomise, save_case, write_json, write_weights
from text_encoder import DTYPES, NEW_KEYS

# shards: files that the weights are spread over; embed: the key under which the embeddings are stored, or both.
CASES = [
    dict(id="v1-1", seed=121, width=32, inner=8, heads=4, ff=80, layers=3, vocab=120, buckets=32, distance=128, dtype="F32", batch=2,
         tokens=77, shards=1, embed="shared"),
    dict(id="narrow-heads-f16-shards", seed=122, width=24, inner=4, heads=3, ff=40, layers=2, vocab=90, buckets=32, distance=128,
         dtype="F16", batch=1, tokens=256, shards=3, embed="shared"),
    dict(id="few-buckets-bf16", seed=123, width=20, inner=10, heads=2, ff=64, layers=4, vocab=75, buckets=8, distance=20, dtype="BF16",
         batch=3, tokens=30, shards=1, embed="both"),
    dict(id="wide-inner-encoder-key", seed=124, width=16, inner=12, heads=4, ff=32, layers=1, vocab=60, buckets=16, distance=64, dtype="F32",
         batch=2, tokens=9, shards=2, embed="encoder"),
]


def build(case: dict) -> T5EncoderModel:
    """Random T5EncoderModel of one case."""
    config = T5Config(
        d_model=case["width"], d_kv=case["inner"], d_ff=case["ff"], num_layers=case["layers"], num_heads=case["heads"], vocab_size=case["vocab"],
        relative_attention_num_buckets=case["buckets"], relative_attention_max_distance=case["distance"], feed_forward_proj="gated-gelu",
        tie_word_embeddings=False)
    config.architectures = ["T5EncoderModel"]
    model = T5EncoderModel(config).eval()
    randomise(model, case["seed"])
    with torch.no_grad():
        # No scale on the scores: queries are as small as T5's own initialization makes them.
        for name, parameter in model.named_parameters():
            if name.endswith("SelfAttention.q.weight"):
                parameter *= case["inner"] ** -0.5
            elif name.endswith("relative_attention_bias.weight"):
                parameter *= 1.5
    return model


def save_folder(model: T5EncoderModel, folder: Path, dtype: torch.dtype = torch.float32, shards: int = 1, embed: str = "shared") -> None:
    """`config.json` and weights, in one file or sharded, as a diffusers `text_encoder_3/` folder has them."""
    config = {key: value for key, value in model.config.to_dict().items() if value is not None and key not in NEW_KEYS}
    config.update(torch_dtype="float16", transformers_version="4.41.2", is_encoder_decoder=True)
    write_json(folder / "config.json", config)
    state = {name: tensor for name, tensor in model.state_dict().items() if name != "encoder.embed_tokens.weight"}
    names = {"shared": ["shared.weight"], "encoder": ["encoder.embed_tokens.weight"], "both": ["shared.weight", "encoder.embed_tokens.weight"]}[embed]
    table = state.pop("shared.weight")
    state = {**{name: table for name in names}, **state}
    if shards == 1:
        write_weights(folder / "model.safetensors", state, dtype)
        return
    keys = list(state)
    files = [f"model-{index + 1:05d}-of-{shards:05d}.safetensors" for index in range(shards)]
    place = {key: files[index * shards // len(keys)] for index, key in enumerate(keys)}
    for file in files:
        save_file({key: state[key].to(dtype).clone().contiguous() for key in keys if place[key] == file}, str(folder / file), metadata={"format": "pt"})
        (folder / file).chmod(0o644)
    size = sum(tensor.numel() for tensor in state.values()) * torch.empty((), dtype=dtype).element_size()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": size}, "weight_map": place}, indent=2) + "\n")


def load(folder: Path) -> T5EncoderModel:
    """The model that transformers reads from a folder, widened to float32; every key must be found."""
    model, info = T5EncoderModel.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    if info["missing_keys"] or info["unexpected_keys"]:
        raise ValueError(f"{folder}: {info}")
    return model.eval()


def token_ids(case: dict) -> torch.Tensor:
    """Random ids [B, T] that end with </s> (1) and padding (0) as a T5 tokenizer pads."""
    rng = np.random.default_rng(case["seed"] + 1)
    ids = rng.integers(3, case["vocab"], (case["batch"], case["tokens"]))
    for row in ids:
        end = int(rng.integers(1, case["tokens"]))
        row[end:] = 0
        row[end] = 1
    return torch.from_numpy(ids)


def run(model: T5EncoderModel, ids: torch.Tensor) -> Tensors:
    """The last hidden state; no attention mask, as StableDiffusion3Pipeline calls it."""
    with torch.no_grad():
        return {"last_hidden_state": model(input_ids=ids).last_hidden_state}


def make_case(case: dict, folder: Path, check: bool = True) -> None:
    """Write the folder, read it back with transformers, and keep what the reloaded model computes."""
    save_folder(build(case), folder / "text_encoder_3", DTYPES[case["dtype"]], case["shards"], case["embed"])
    model, ids = load(folder / "text_encoder_3"), token_ids(case)
    outputs = run(model, ids)
    notes = {"float64_error": float64_error(model, lambda m, _: run(m, ids), outputs)}
    if check:
        notes["smallest_parameter_effect"] = float(f"{check_every_parameter_matters(model, lambda: run(model, ids), case['id']):.1e}")
    save_case(folder, {"id": case["id"], "class": "T5EncoderModel", "folder": "text_encoder_3", "seed": case["seed"],
                       "weights": {key: case[key] for key in ("dtype", "shards", "embed")}, **notes}, {"input_ids": ids}, outputs)


def make(root: Path) -> None:
    """All committed cases."""
    for case in CASES:
        make_case(case, root / "t5" / case["id"])


# What live cases share out evenly among them.
OPTIONS = dict(shards=[1, 2, 3], embed=["shared", "encoder", "both"], dtype=["F32", "F16", "BF16"])


def random_case(rng: np.random.Generator, shards: int, embed: str, dtype: str) -> dict:
    """A new random small configuration with the given options, for a live proof."""
    return dict(id="live", seed=int(rng.integers(1, 2**31)), width=int(rng.integers(4, 20)) * 2, inner=int(rng.choice([4, 8, 12])),
                heads=int(rng.integers(1, 5)), ff=int(rng.integers(16, 100)), layers=int(rng.integers(1, 5)), vocab=int(rng.integers(60, 200)),
                buckets=int(rng.choice([8, 16, 32])), distance=int(rng.choice([20, 64, 128])), dtype=dtype,
                batch=int(rng.integers(1, 4)), tokens=int(rng.integers(2, 200)), shards=shards, embed=embed)
