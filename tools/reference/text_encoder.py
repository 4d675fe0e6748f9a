"""CLIPTextModel fixtures: small random configurations run by transformers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import CLIPTextConfig, CLIPTextModel

from common import (Tensors, check_every_parameter_matters, float64_error, randomise, save_case, write_json, write_weights)

# prefix: keys carry `text_model.` as in files written before transformers 5; position_ids: the buffer that old files hold.
CASES = [
    dict(id="quick-gelu-prefixed", seed=101, hidden=32, intermediate=96, heads=4, layers=2, vocab=120, act="quick_gelu",
         eos=2, eps=1e-5, prefix=True, position_ids=True, dtype="F32", batch=2, tokens=77),
    dict(id="gelu-eos-by-id", seed=102, hidden=24, intermediate=64, heads=2, layers=3, vocab=101, act="gelu",
         eos=100, eps=1e-5, prefix=False, position_ids=False, dtype="F32", batch=2, tokens=50),
    dict(id="eight-heads-f16", seed=103, hidden=48, intermediate=192, heads=8, layers=1, vocab=90, act="quick_gelu",
         eos=2, eps=1e-6, prefix=False, position_ids=False, dtype="F16", batch=2, tokens=31),
    dict(id="gelu-deep-short", seed=104, hidden=20, intermediate=52, heads=5, layers=4, vocab=75, act="gelu",
         eos=2, eps=1e-5, prefix=True, position_ids=False, dtype="F32", batch=4, tokens=9),
    dict(id="quick-gelu-bf16", seed=105, hidden=32, intermediate=128, heads=1, layers=2, vocab=64, act="quick_gelu",
         eos=63, eps=1e-5, prefix=True, position_ids=True, dtype="BF16", batch=1, tokens=77),
    dict(id="one-token", seed=106, hidden=16, intermediate=24, heads=2, layers=2, vocab=50, act="gelu",
         eos=7, eps=1e-4, prefix=False, position_ids=False, dtype="F32", batch=2, tokens=1),
]

NEW_KEYS = {"chunk_size_feed_forward", "dtype", "id2label", "label2id", "is_encoder_decoder", "output_attentions",
            "output_hidden_states", "return_dict", "_name_or_path"}

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def build(case: dict) -> CLIPTextModel:
    """Random CLIPTextModel of one case."""
    config = CLIPTextConfig(
        hidden_size=case["hidden"], intermediate_size=case["intermediate"], num_attention_heads=case["heads"],
        num_hidden_layers=case["layers"], vocab_size=case["vocab"], hidden_act=case["act"], layer_norm_eps=case["eps"],
        max_position_embeddings=77, projection_dim=case["hidden"], bos_token_id=0, eos_token_id=case["eos"], pad_token_id=1)
    config.architectures = ["CLIPTextModel"]
    model = CLIPTextModel(config).eval()
    randomise(model, case["seed"])
    return model


def save_folder(model: CLIPTextModel, folder: Path, prefix: bool, position_ids: bool, dtype: torch.dtype) -> None:
    """`config.json` and `model.safetensors` as a diffusers `text_encoder/` folder has them."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {key: value for key, value in model.config.to_dict().items() if value is not None}
    if prefix:  # a file of that age says these, and not what transformers 5 adds
        config = {key: value for key, value in config.items() if key not in NEW_KEYS}
        config.update(dropout=0.0, torch_dtype="float32", transformers_version="4.22.0.dev0")
    write_json(folder / "config.json", config)
    state = {name.removeprefix("text_model."): tensor for name, tensor in model.state_dict().items()}
    if position_ids:
        state["embeddings.position_ids"] = torch.arange(77).unsqueeze(0)
    write_weights(folder / "model.safetensors", state, dtype, lambda name: f"text_model.{name}" if prefix else name)


def token_ids(case: dict) -> torch.Tensor:
    """Random ids [B, T]; the end token stands inside and its padding repeats it, as a CLIP tokenizer pads.

    Where eos_token_id is 2 the pooled position is that of the LARGEST id, which here is not the end token.
    """
    rng = np.random.default_rng(case["seed"] + 1)
    ids = rng.integers(0, case["vocab"] - 2, (case["batch"], case["tokens"]))
    end = case["vocab"] - 2 if case["eos"] == 2 else case["eos"]
    if case["eos"] != 2:
        ids[ids == end] = 0 if end else 1
    for row in ids:
        start = int(rng.integers(0, case["tokens"]))
        row[start:] = end
        if case["eos"] == 2 and start > 1:
            row[int(rng.integers(0, start))] = case["vocab"] - 1
    return torch.from_numpy(ids)


def run(model: CLIPTextModel, ids: torch.Tensor) -> Tensors:
    """Last hidden state (after the final norm), pooled state, and every layer's state before the final norm."""
    with torch.no_grad():
        output = model(input_ids=ids, output_hidden_states=True)
    outputs = {"last_hidden_state": output.last_hidden_state, "pooler_output": output.pooler_output}
    outputs.update({f"hidden_states.{index}": state for index, state in enumerate(output.hidden_states)})
    return outputs


def make_case(case: dict, folder: Path, check: bool = True) -> None:
    """Write the folder, read it back with transformers, and keep what the reloaded model computes."""
    model = build(case)
    save_folder(model, folder / "text_encoder", case["prefix"], case["position_ids"], DTYPES[case["dtype"]])
    loaded, info = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32, output_loading_info=True)
    loaded.eval()
    if info["missing_keys"]:
        raise ValueError(f"{case['id']}: transformers misses {info['missing_keys']}")
    ids = token_ids(case)
    outputs = run(loaded, ids)
    notes = {"float64_error": float64_error(loaded, lambda m, _: run(m, ids), outputs)}
    if check:
        unused = set()
        if case["tokens"] == 1:  # one token attends to itself: queries and keys are invisible
            unused = {name for name, _ in loaded.named_parameters() if ".q_proj." in name or ".k_proj." in name}
        notes["smallest_parameter_effect"] = float(
            f"{check_every_parameter_matters(loaded, lambda: run(loaded, ids), case['id'], ignore=unused):.1e}")
    save_case(folder, {"id": case["id"], "class": "CLIPTextModel", "folder": "text_encoder", "seed": case["seed"],
                       "weights": {key: case[key] for key in ("dtype", "prefix", "position_ids")}, **notes},
              {"input_ids": ids}, outputs)


def make(root: Path) -> None:
    """All committed text encoder cases."""
    for case in CASES:
        make_case(case, root / "text-encoder" / case["id"])


def random_case(rng: np.random.Generator) -> dict:
    """A new random small configuration, for a live proof."""
    heads = int(rng.choice([1, 2, 3, 4, 6]))
    vocab = int(rng.integers(60, 200))
    return dict(id="live", seed=int(rng.integers(1, 2**31)), hidden=heads * int(rng.choice([4, 8, 10])),
                intermediate=int(rng.integers(24, 160)), heads=heads, layers=int(rng.integers(1, 5)), vocab=vocab,
                act=str(rng.choice(["quick_gelu", "gelu"])), eos=int(rng.choice([2, vocab - 1])), eps=1e-5,
                prefix=bool(rng.integers(2)), position_ids=bool(rng.integers(2)),
                dtype=str(rng.choice(["F32", "F16", "BF16"])), batch=int(rng.integers(1, 4)), tokens=int(rng.integers(2, 78)))
