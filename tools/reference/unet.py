"""UNet2DConditionModel fixtures: small random configurations run by diffusers, with the state after every block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel

from common import (Tensors, check_every_parameter_matters, float64_error, normal, randomise, save_case, write_json,
                    write_weights)
from text_encoder import DTYPES

CROSS_DOWN, PLAIN_DOWN = "CrossAttnDownBlock2D", "DownBlock2D"
CROSS_UP, PLAIN_UP = "CrossAttnUpBlock2D", "UpBlock2D"

# The keys that SD1.5's own unet/config.json has; every other option is left to the class default there.
SD15_KEYS = {
    "_class_name", "_diffusers_version", "act_fn", "attention_head_dim", "block_out_channels", "center_input_sample",
    "cross_attention_dim", "down_block_types", "downsample_padding", "flip_sin_to_cos", "freq_shift", "in_channels",
    "layers_per_block", "mid_block_scale_factor", "norm_eps", "norm_num_groups", "out_channels", "sample_size",
    "up_block_types",
}

# attention_head_dim is the NUMBER of heads (diffusers keeps the misnomer). height and width are those of the latents.
CASES = [
    dict(id="sd15", seed=201, dtype="F32", keys="sd15", batch=2, height=24, width=16, tokens=77, timesteps=[3, 981],
         config=dict(block_out_channels=[8, 8, 16, 16], layers_per_block=1, attention_head_dim=2, norm_num_groups=4,
                     cross_attention_dim=12, down_block_types=[CROSS_DOWN] * 3 + [PLAIN_DOWN],
                     up_block_types=[PLAIN_UP] + [CROSS_UP] * 3)),
    dict(id="sd2-linear-head-list", seed=202, dtype="F16", keys="all", batch=3, height=16, width=24, tokens=13,
         timesteps=[499.5],
         config=dict(block_out_channels=[8, 16], layers_per_block=2, attention_head_dim=[2, 4], norm_num_groups=4,
                     cross_attention_dim=10, use_linear_projection=True, upcast_attention=True,
                     down_block_types=[CROSS_DOWN, PLAIN_DOWN], up_block_types=[PLAIN_UP, CROSS_UP])),
    # 13x9 halves to 7x5 and 4x3: the up path must return to the odd sizes, not double.
    dict(id="odd-latents-f16", seed=203, dtype="F16", keys="sd15", batch=2, height=13, width=9, tokens=77,
         timesteps=[500.25, 0.75],
         config=dict(block_out_channels=[8, 12, 16], layers_per_block=1, attention_head_dim=4, norm_num_groups=2,
                     cross_attention_dim=16, down_block_types=[CROSS_DOWN, CROSS_DOWN, PLAIN_DOWN],
                     up_block_types=[PLAIN_UP, CROSS_UP, CROSS_UP])),
    dict(id="cosine-first-shift-bf16", seed=204, dtype="BF16", keys="sd15", batch=1, height=12, width=20, tokens=5,
         timesteps=[999],
         config=dict(block_out_channels=[8, 16], layers_per_block=1, attention_head_dim=[4, 2], norm_num_groups=4,
                     cross_attention_dim=6, flip_sin_to_cos=False, freq_shift=1, norm_eps=1e-6,
                     down_block_types=[CROSS_DOWN, CROSS_DOWN], up_block_types=[CROSS_UP, CROSS_UP])),
    dict(id="plain-outside-nine-channels", seed=205, dtype="F16", keys="all", batch=2, height=10, width=14, tokens=8,
         timesteps=[0],
         config=dict(block_out_channels=[8, 16], layers_per_block=1, attention_head_dim=8, norm_num_groups=4, in_channels=9,
                     cross_attention_dim=20, down_block_types=[PLAIN_DOWN, CROSS_DOWN], up_block_types=[CROSS_UP, PLAIN_UP])),
    dict(id="sd15-two-layers-f16", seed=206, dtype="F16", keys="sd15", batch=1, height=16, width=32, tokens=77,
         timesteps=[261],
         config=dict(block_out_channels=[8, 8, 8, 8], layers_per_block=2, attention_head_dim=8, norm_num_groups=4,
                     cross_attention_dim=24, down_block_types=[CROSS_DOWN] * 3 + [PLAIN_DOWN],
                     up_block_types=[PLAIN_UP] + [CROSS_UP] * 3)),
]


def build(config: dict, seed: int) -> UNet2DConditionModel:
    """Random U-Net; four latent channels in and out unless the configuration says otherwise."""
    model = UNet2DConditionModel(**{"sample_size": 8, **config}).eval()
    randomise(model, seed)
    return model


def save_folder(model: UNet2DConditionModel, folder: Path, keys: str = "sd15", dtype: torch.dtype = torch.float32) -> None:
    """`config.json` and weights as a diffusers `unet/` folder has them. keys: 'sd15' writes SD1.5's options only, where the rest is default."""
    config = dict(model.config)
    defaults = set(config.pop("_use_default_values", []))
    config.update(_class_name="UNet2DConditionModel", _diffusers_version="0.42.1")
    if keys == "sd15":
        config = {key: value for key, value in config.items() if key in SD15_KEYS or (value is not None and key not in defaults)}
    config = {key: value for key, value in config.items() if key != "_name_or_path"}
    write_json(folder / "config.json", config)
    write_weights(folder / "diffusion_pytorch_model.safetensors", model.state_dict(), dtype)


def load(folder: Path) -> UNet2DConditionModel:
    """The model that diffusers reads from a folder, widened to float32; every key must be found and used."""
    model, info = UNet2DConditionModel.from_pretrained(folder, torch_dtype=torch.float32, output_loading_info=True)
    if info["missing_keys"] or info["unexpected_keys"]:
        raise ValueError(f"{folder}: {info}")
    return model.eval()


def make_inputs(case: dict) -> Tensors:
    """sample [B, C, H, W], timestep [1] or [B] (I64 when whole, else F32), encoder_hidden_states [B, T, d], noise [B, 4, H, W]."""
    config, seed, batch = case["config"], case["seed"] * 1000, case["batch"]
    whole = all(isinstance(value, int) for value in case["timesteps"])
    size = (case["height"], case["width"])
    return {
        "sample": normal(seed + 1, batch, config.get("in_channels", 4), *size),
        "timestep": torch.tensor(case["timesteps"], dtype=torch.int64 if whole else torch.float32),
        "encoder_hidden_states": normal(seed + 2, batch, case["tokens"], config["cross_attention_dim"]),
        "noise": normal(seed + 3, batch, 4, *size),
    }


def run(model: UNet2DConditionModel, inputs: Tensors, dtype: torch.dtype = torch.float32) -> Tensors:
    """`sample` (the prediction) and `trace.<block>`: the time projection and embedding, and each block's output, of batch item 0."""
    outputs: Tensors = {}
    watched = {"time_proj": model.time_proj, "time_embedding": model.time_embedding, "conv_in": model.conv_in,
               "mid_block": model.mid_block}
    watched.update({f"down_blocks.{index}": block for index, block in enumerate(model.down_blocks)})
    watched.update({f"up_blocks.{index}": block for index, block in enumerate(model.up_blocks)})

    def keep(name: str):
        def hook(_module, _arguments, output) -> None:
            outputs[f"trace.{name}"] = (output[0] if isinstance(output, tuple) else output)[:1].detach()
        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in watched.items()]
    with torch.no_grad():
        outputs["sample"] = model(inputs["sample"].to(dtype), inputs["timestep"],
                                  inputs["encoder_hidden_states"].to(dtype)).sample
    for hook in hooks:
        hook.remove()
    return outputs


def make_case(case: dict, folder: Path, check: bool = True) -> None:
    """Write the folder, read it back with diffusers, and keep what the reloaded model computes."""
    save_folder(build(case["config"], case["seed"]), folder / "unet", case["keys"], DTYPES[case["dtype"]])
    model, inputs = load(folder / "unet"), make_inputs(case)
    outputs = run(model, inputs)
    notes = {"float64_error": float64_error(model, lambda m, dtype: run(m, inputs, dtype), outputs)}
    if check:
        effect = check_every_parameter_matters(model, lambda: {"sample": run(model, inputs)["sample"]}, case["id"])
        notes["smallest_parameter_effect"] = float(f"{effect:.1e}")
    save_case(folder, {"id": case["id"], "class": "UNet2DConditionModel", "folder": "unet", "seed": case["seed"],
                       "weights": {"dtype": case["dtype"]}, **notes}, inputs, outputs)


def make(root: Path) -> None:
    """All committed U-Net cases."""
    for case in CASES:
        make_case(case, root / "unet" / case["id"])


def random_case(rng: np.random.Generator) -> dict:
    """A new random small configuration of SD1.5's block types, for a live proof."""
    levels = int(rng.integers(2, 5))
    groups = int(rng.choice([2, 4]))
    channels = sorted(int(value) for value in rng.choice([8, 16, 24], levels))
    cross = [bool(rng.integers(2)) for _ in range(levels)]
    cross[int(rng.integers(levels))] = True
    heads = [int(rng.choice([2, 4, 8])) for _ in range(levels)]
    batch = int(rng.integers(1, 4))
    times = [int(value) for value in rng.integers(0, 1000, int(rng.choice([1, batch])))]
    if rng.integers(2):
        times = [value + 0.5 for value in times]
    return dict(
        id="live", seed=int(rng.integers(1, 2**31)), dtype=str(rng.choice(["F32", "F16", "BF16"])), keys="sd15", batch=batch,
        # At least 2x2 positions at the deepest level, or self-attention there would have nothing to choose from.
        height=int(rng.integers(2 ** levels, 2 ** levels + 14)), width=int(rng.integers(2 ** levels, 2 ** levels + 14)),
        tokens=int(rng.integers(2, 78)), timesteps=times,
        config=dict(block_out_channels=channels, layers_per_block=int(rng.integers(1, 3)), norm_num_groups=groups,
                    attention_head_dim=heads if rng.integers(2) else heads[0], cross_attention_dim=int(rng.integers(4, 33)),
                    use_linear_projection=bool(rng.integers(2)),
                    down_block_types=[CROSS_DOWN if flag else PLAIN_DOWN for flag in cross],
                    up_block_types=[CROSS_UP if flag else PLAIN_UP for flag in reversed(cross)]))
