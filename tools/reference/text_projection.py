"""CLIPTextModelWithProjection fixtures: small random configurations run by transformers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from common import Tensors, check_every_parameter_matters, float64_error, randomise, save_case, write_json, write_weights
from text_encoder import DTYPES, NEW_KEYS, token_ids

CASES = [
    dict(id="clip-l", seed=111, hidden=32, intermediate=96, heads=4, layers=3, vocab=120, act="quick_gelu", eos=2, projection=32,
         dtype="F32", batch=2, tokens=77, old=True),
    dict(id="clip-g-f16", seed=112, hidden=40, intermediate=80, heads=5, layers=2, vocab=90, act="gelu", eos=2, projection=24,
         dtype="F16", batch=3, tokens=21, old=True),
    dict(id="eos-by-id-bf16", seed=113, hidden=24, intermediate=64, heads=2, layers=2, vocab=101, act="gelu", eos=100, projection=36,
         dtype="BF16", batch=2, tokens=40, old=False),
    dict(id="one-layer", seed=114, hidden=16, intermediate=48, heads=4, layers=1, vocab=70, act="quick_gelu", eos=69, projection=16,
         dtype="F32", batch=2, tokens=12, old=False),
]


def build(case: dict) -> CLIPTextModelWithProjection:
    """Random CLIPTextModelWithProjection of one case."""
    config = CLIPTextConfig(
        hidden_size=case["hidden"], intermediate_size=case["intermediate"], num_attention_heads=case["heads"],
        num_hidden_layers=case["layers"], vocab_size=case["vocab"], hidden_act=case["act"], layer_norm_eps=case.get("eps", 1e-5),
        max_position_embeddings=77, projection_dim=case["projection"], bos_token_id=0, eos_token_id=case["eos"], pad_token_id=1)
    config.architectures = ["CLIPTextModelWithProjection"]
    model = CLIPTextModelWithProjection(config).eval()
    randomise(model, case["seed"])
    return model


def save_folder(model: CLIPTextModelWithProjection, folder: Path, dtype: torch.dtype = torch.float32, old: bool = True) -> None:
    """`config.json` and `model.safetensors` as a diffusers `text_encoder/` folder has them; old: options as transformers 4 wrote them."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {key: value for key, value in model.config.to_dict().items() if value is not None}
    if old:
        config = {key: value for key, value in config.items() if key not in NEW_KEYS}
        config.update(dropout=0.0, torch_dtype="float16", transformers_version="4.41.2")
    write_json(folder / "config.json", config)
    write_weights(folder / "model.safetensors", model.state_dict(), dtype)


def load(folder: Path) -> CLIPTextModelWithProjection:
    """The model that transformers reads from a folder, widened to float32; every key must be found."""
    model, info = CLIPTextModelWithProjection.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    if info["missing_keys"] or info["unexpected_keys"]:
        raise ValueError(f"{folder}: {info}")
    return model.eval()


def run(model: CLIPTextModelWithProjection, ids: torch.Tensor) -> Tensors:
    """What SD3 takes: the penultimate hidden state and the projection."""
    with torch.no_grad():
        output = model(input_ids=ids, output_hidden_states=True)
    return {"penultimate": output.hidden_states[-2], "text_embeds": output.text_embeds}


def make_case(case: dict, folder: Path, check: bool = True) -> None:
    """Write the folder, read it back with transformers, and keep what the reloaded model computes."""
    save_folder(build(case), folder / "text_encoder", DTYPES[case["dtype"]], case["old"])
    model, ids = load(folder / "text_encoder"), token_ids(case)
    outputs = run(model, ids)
    notes = {"float64_error": float64_error(model, lambda m, _: run(m, ids), outputs)}
    if check:
        notes["smallest_parameter_effect"] = float(f"{check_every_parameter_matters(model, lambda: run(model, ids), case['id']):.1e}")
    save_case(folder, {"id": case["id"], "class": "CLIPTextModelWithProjection", "folder": "text_encoder", "seed": case["seed"],
                       "weights": {"dtype": case["dtype"]}, **notes}, {"input_ids": ids}, outputs)


def make(root: Path) -> None:
    """All committed cases."""
    for case in CASES:
        make_case(case, root / "text-projection" / case["id"])


# What live cases share out evenly among them. end: whether the end token is found by its id, or, as in old folders, by being the largest.
OPTIONS = dict(act=["quick_gelu", "gelu"], end=["by id", "largest"], old=[True, False], dtype=["F32", "F16", "BF16"])


def random_case(rng: np.random.Generator, act: str, end: str, old: bool, dtype: str) -> dict:
    """A new random small configuration with the given options, for a live proof."""
    heads = int(rng.choice([1, 2, 4]))
    vocab = int(rng.integers(60, 200))
    return dict(id="live", seed=int(rng.integers(1, 2**31)), hidden=heads * int(rng.choice([4, 8, 10])), intermediate=int(rng.integers(24, 160)),
                heads=heads, layers=int(rng.integers(1, 5)), vocab=vocab, act=act,
                eos=vocab - 1 if end == "by id" else 2, projection=int(rng.integers(8, 50)), dtype=dtype,
                batch=int(rng.integers(1, 4)), tokens=int(rng.integers(2, 78)), old=old)
