"""AutoencoderKL fixtures: encoder moments and decoder images of small random configurations, run by diffusers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from common import (Tensors, check_every_parameter_matters, float64_error, normal, randomise, save_case, write_json,
                    write_weights)
from text_encoder import DTYPES

# The keys of SD1.5's own vae/config.json (scaling_factor is absent in its early revision).
SD15_KEYS = {"_class_name", "_diffusers_version", "act_fn", "block_out_channels", "down_block_types", "in_channels",
             "latent_channels", "layers_per_block", "norm_num_groups", "out_channels", "sample_size", "up_block_types"}

# Attention of the middle block as the oldest folders spell it.
OLD_NAMES = {"to_q.": "query.", "to_k.": "key.", "to_v.": "value.", "to_out.0.": "proj_attn."}

# height and width are those of the image, in pixels.
CASES = [
    dict(id="sd15", seed=301, dtype="F32", spelling="new", keys="sd15", batch=2, height=48, width=32,
         config=dict(block_out_channels=[8, 8, 8, 12], layers_per_block=1, norm_num_groups=4)),
    dict(id="old-attention-names", seed=302, dtype="F32", spelling="old", keys="sd15", batch=1, height=24, width=40,
         config=dict(block_out_channels=[6, 12], layers_per_block=2, norm_num_groups=3)),
    dict(id="old-attention-names-f16", seed=303, dtype="F16", spelling="old", keys="all", batch=2, height=32, width=48,
         config=dict(block_out_channels=[8, 8, 16], layers_per_block=1, norm_num_groups=2, scaling_factor=0.2)),
    dict(id="bf16", seed=304, dtype="BF16", spelling="new", keys="all", batch=1, height=20, width=12,
         config=dict(block_out_channels=[8, 16], layers_per_block=1, norm_num_groups=4)),
    dict(id="sixteen-channels-no-quant-convs", seed=305, dtype="F16", spelling="new", keys="all", batch=1, height=16, width=24,
         config=dict(block_out_channels=[8, 8, 16], layers_per_block=1, norm_num_groups=4, latent_channels=16,
                     scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False)),
    dict(id="one-level", seed=306, dtype="F32", spelling="new", keys="sd15", batch=3, height=7, width=5,
         config=dict(block_out_channels=[9], layers_per_block=1, norm_num_groups=3)),
]


def old_name(name: str) -> str:
    """A key under the attention names of old folders."""
    if ".attentions." in name:
        for new, old in OLD_NAMES.items():
            name = name.replace(new, old)
    return name


def build(config: dict, seed: int) -> AutoencoderKL:
    """Random autoencoder of one configuration."""
    levels = len(config["block_out_channels"])
    model = AutoencoderKL(**{"sample_size": 32, "latent_channels": 4, "down_block_types": ["DownEncoderBlock2D"] * levels,
                             "up_block_types": ["UpDecoderBlock2D"] * levels, **config}).eval()
    randomise(model, seed)
    return model


def save_folder(model: AutoencoderKL, folder: Path, keys: str = "sd15", spelling: str = "new",
                dtype: torch.dtype = torch.float32) -> None:
    """`config.json` and weights as a diffusers `vae/` folder has them."""
    config = dict(model.config)
    defaults = set(config.pop("_use_default_values", []))
    config.update(_class_name="AutoencoderKL", _diffusers_version="0.42.1")
    if keys == "sd15":
        config = {key: value for key, value in config.items() if key in SD15_KEYS or (value is not None and key not in defaults)}
    config = {key: value for key, value in config.items() if key != "_name_or_path"}
    write_json(folder / "config.json", config)
    write_weights(folder / "diffusion_pytorch_model.safetensors", model.state_dict(), dtype,
                  old_name if spelling == "old" else str)


def load(folder: Path) -> AutoencoderKL:
    """The model that diffusers reads from a folder, widened to float32; every key must be found and used."""
    model, info = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32, output_loading_info=True)
    if info["missing_keys"] or info["unexpected_keys"]:
        raise ValueError(f"{folder}: {info}")
    return model.eval()


def make_inputs(case: dict) -> Tensors:
    """image [B, 3, H, W] in about -1..1, noise and latents [B, z, H / f, W / f] (latents as the decoder takes them, unscaled)."""
    config, seed = case["config"], case["seed"] * 1000
    factor = 2 ** (len(config["block_out_channels"]) - 1)
    latent = (case["batch"], config.get("latent_channels", 4), case["height"] // factor, case["width"] // factor)
    return {"image": normal(seed + 1, case["batch"], 3, case["height"], case["width"], scale=0.6),
            "noise": normal(seed + 2, *latent), "latents": normal(seed + 3, *latent)}


def run(model: AutoencoderKL, inputs: Tensors, dtype: torch.dtype = torch.float32) -> Tensors:
    """mean, logvar (clamped to -30..20) and sample = mean + exp(logvar / 2) * noise of the image; image decoded from latents."""
    with torch.no_grad():
        moments = model.encode(inputs["image"].to(dtype)).latent_dist
        return {"mean": moments.mean, "logvar": moments.logvar,
                "sample": moments.mean + moments.std * inputs["noise"].to(dtype),
                "image": model.decode(inputs["latents"].to(dtype)).sample}


def make_case(case: dict, folder: Path, check: bool = True) -> None:
    """Write the folder, read it back with diffusers, and keep what the reloaded model computes."""
    original = build(case["config"], case["seed"])
    save_folder(original, folder / "vae", case["keys"], case["spelling"], DTYPES[case["dtype"]])
    model, inputs = load(folder / "vae"), make_inputs(case)
    for name, tensor in original.state_dict().items():
        if not torch.equal(model.state_dict()[name], tensor.to(DTYPES[case["dtype"]]).float()):
            raise ValueError(f"{case['id']}: {name} was not read as it was written")
    outputs = run(model, inputs)
    notes = {"float64_error": float64_error(model, lambda m, dtype: run(m, inputs, dtype), outputs)}
    if check:
        effect = check_every_parameter_matters(model, lambda: run(model, inputs), case["id"])
        notes["smallest_parameter_effect"] = float(f"{effect:.1e}")
    save_case(folder, {"id": case["id"], "class": "AutoencoderKL", "folder": "vae", "seed": case["seed"],
                       "scaling_factor": model.config.scaling_factor, "shift_factor": model.config.shift_factor,
                       "weights": {"dtype": case["dtype"], "attention_names": case["spelling"]}, **notes}, inputs, outputs)


def make(root: Path) -> None:
    """All committed autoencoder cases."""
    for case in CASES:
        make_case(case, root / "vae" / case["id"])


def random_case(rng: np.random.Generator) -> dict:
    """A new random small configuration, for a live proof."""
    levels = int(rng.integers(1, 5))
    factor = 2 ** (levels - 1)
    return dict(
        id="live", seed=int(rng.integers(1, 2**31)), dtype=str(rng.choice(["F32", "F16", "BF16"])),
        spelling=str(rng.choice(["new", "old"])), keys=str(rng.choice(["sd15", "all"])), batch=int(rng.integers(1, 3)),
        height=factor * int(rng.integers(2, 6)), width=factor * int(rng.integers(2, 6)),
        config=dict(block_out_channels=sorted(int(value) for value in rng.choice([8, 16, 24], levels)),
                    layers_per_block=int(rng.integers(1, 3)), norm_num_groups=int(rng.choice([2, 4]))))


# What live cases in the form of Stable Diffusion 3 share out evenly among them.
OPTIONS_SD3 = dict(dtype=["F32", "F16", "BF16"])


def random_case_sd3(rng: np.random.Generator, dtype: str) -> dict:
    """As `random_case`, in the form of Stable Diffusion 3: 16 channels, a shift, no convolutions around the latents."""
    case = random_case(rng)
    sd3 = dict(latent_channels=16, scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False)
    return {**case, "dtype": dtype, "spelling": "new", "keys": "all", "config": {**case["config"], **sd3}}
