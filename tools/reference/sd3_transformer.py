"""SD3Transformer2DModel fixtures: small random configurations run by diffusers, with the state after every block, and gradients."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from diffusers import SD3Transformer2DModel
from safetensors.torch import save_file

from common import IllConditioned, Tensors, check_every_parameter_matters, float64_error, normal, randomise, save_case, write_json, write_weights
from text_encoder import DTYPES

# Widths of the states that make up the context (CLIP-L, CLIP-G, T5), with their tokens; t5 None: zeros stand for it.
CASES = [
    dict(id="sd3-medium", seed=211, dtype="F32", batch=2, height=8, width=6, timesteps=[3.0, 981.5], clip=(6, 10), clip_tokens=7, t5=5, shards=1,
         config=dict(num_layers=2, attention_head_dim=8, num_attention_heads=2, joint_attention_dim=20, caption_projection_dim=16,
                     pooled_projection_dim=12, pos_embed_max_size=6)),
    dict(id="sd35-medium", seed=212, dtype="F32", batch=2, height=6, width=10, timesteps=[1000.0, 8.93], clip=(8, 8), clip_tokens=5, t5=9, shards=1,
         config=dict(num_layers=3, attention_head_dim=4, num_attention_heads=4, joint_attention_dim=18, caption_projection_dim=16,
                     pooled_projection_dim=10, pos_embed_max_size=9, dual_attention_layers=[0, 1], qk_norm="rms_norm")),
    dict(id="sd35-large-f16-shards", seed=213, dtype="F16", batch=1, height=12, width=4, timesteps=[500.25], clip=(4, 8), clip_tokens=9, t5=6, shards=2,
         config=dict(num_layers=3, attention_head_dim=8, num_attention_heads=3, joint_attention_dim=12, caption_projection_dim=24,
                     pooled_projection_dim=8, pos_embed_max_size=7, qk_norm="rms_norm")),
    dict(id="dual-last-no-norm-bf16", seed=214, dtype="BF16", batch=2, height=9, width=6, timesteps=[0.5, 750.0], clip=(5, 7), clip_tokens=4, t5=None, shards=1,
         config=dict(num_layers=2, attention_head_dim=4, num_attention_heads=3, joint_attention_dim=14, caption_projection_dim=12, patch_size=3,
                     in_channels=8, out_channels=8, pooled_projection_dim=9, pos_embed_max_size=5, dual_attention_layers=[1])),
    dict(id="one-block-no-t5", seed=215, dtype="F32", batch=1, height=4, width=8, timesteps=[333.0], clip=(6, 6), clip_tokens=6, t5=None, shards=1,
         config=dict(num_layers=1, attention_head_dim=4, num_attention_heads=2, joint_attention_dim=12, caption_projection_dim=8,
                     pooled_projection_dim=6, pos_embed_max_size=4, dual_attention_layers=[0], qk_norm="rms_norm")),
]


def build(config: dict, seed: int) -> SD3Transformer2DModel:
    """Random transformer. Modulations are kept small, as trained ones are: gates and scales of the size of one would let each block drown the last."""
    model = SD3Transformer2DModel(**{"sample_size": 8, **config}).eval()
    randomise(model, seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name and name.endswith("linear.weight"):
                parameter *= 0.5
        # The file's grid counts, not the sinusoids that it usually holds.
        model.pos_embed.pos_embed += normal(seed, *model.pos_embed.pos_embed.shape, scale=0.3)
    return model


def save_folder(model: SD3Transformer2DModel, folder: Path, dtype: torch.dtype = torch.float32, shards: int = 1) -> None:
    """`config.json` and weights, in one file or sharded, as a diffusers `transformer/` folder has them."""
    config = dict(model.config)
    defaults = set(config.pop("_use_default_values", []))
    config = {key: value for key, value in config.items() if key not in defaults and key != "_name_or_path"}
    config.update(_class_name="SD3Transformer2DModel", _diffusers_version="0.31.0.dev0")
    write_json(folder / "config.json", config)
    state = model.state_dict()
    if shards == 1:
        write_weights(folder / "diffusion_pytorch_model.safetensors", state, dtype)
        return
    keys = list(state)
    files = [f"diffusion_pytorch_model-{index + 1:05d}-of-{shards:05d}.safetensors" for index in range(shards)]
    place = {key: files[index * shards // len(keys)] for index, key in enumerate(keys)}
    for file in files:
        save_file({key: state[key].to(dtype).clone().contiguous() for key in keys if place[key] == file}, str(folder / file), metadata={"format": "pt"})
        (folder / file).chmod(0o644)
    size = sum(tensor.numel() for tensor in state.values()) * torch.empty((), dtype=dtype).element_size()
    (folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": size}, "weight_map": place}, indent=2) + "\n")


def load(folder: Path) -> SD3Transformer2DModel:
    """The model that diffusers reads from a folder, widened to float32; every key must be found and used."""
    model, info = SD3Transformer2DModel.from_pretrained(folder, torch_dtype=torch.float32, output_loading_info=True)
    if info["missing_keys"] or info["unexpected_keys"]:
        raise ValueError(f"{folder}: {info}")
    return model.eval()


def make_inputs(case: dict) -> Tensors:
    """sample [B, C, H, W], timestep [B], states.<stream> [B, T, d], pooled_projections [B, d], target [B, C, H, W]."""
    config, seed, batch = case["config"], case["seed"] * 1000, case["batch"]
    channels = config.get("in_channels", 16)
    size = (batch, channels, case["height"], case["width"])
    inputs = {
        "sample": normal(seed + 1, *size), "timestep": torch.tensor(case["timesteps"], dtype=torch.float32),
        "states.clip_l": normal(seed + 2, batch, case["clip_tokens"], case["clip"][0]),
        "states.clip_g": normal(seed + 3, batch, case["clip_tokens"], case["clip"][1]),
        "pooled_projections": normal(seed + 5, batch, config["pooled_projection_dim"]), "target": normal(seed + 6, *size),
    }
    if case["t5"] is not None:
        inputs["states.t5"] = normal(seed + 4, batch, case["t5"], config["joint_attention_dim"])
    return inputs


# Tokens of zeros that the pipeline puts where T5 is absent.
ABSENT_TOKENS = 256


def context(inputs: Tensors, width: int, dtype: torch.dtype) -> torch.Tensor:
    """The joint context as StableDiffusion3Pipeline.encode_prompt makes it."""
    clip = torch.cat([inputs["states.clip_l"], inputs["states.clip_g"]], dim=-1).to(dtype)
    clip = torch.nn.functional.pad(clip, (0, width - clip.shape[-1]))
    long = inputs["states.t5"].to(dtype) if "states.t5" in inputs else torch.zeros(clip.shape[0], ABSENT_TOKENS, width, dtype=dtype)
    return torch.cat([clip, long], dim=-2)


def run(model: SD3Transformer2DModel, inputs: Tensors, dtype: torch.dtype = torch.float32) -> Tensors:
    """`sample` (the prediction) and `trace.<module>`: time and text embedding, picture tokens after every block, of batch item 0."""
    outputs: Tensors = {}
    watched = {"pos_embed": (model.pos_embed, None), "time_text_embed": (model.time_text_embed, None)}
    watched.update({f"transformer_blocks.{index}": (block, 1) for index, block in enumerate(model.transformer_blocks)})

    def keep(name: str, part: int | None):
        def hook(_module, _arguments, output) -> None:
            outputs[f"trace.{name}"] = (output if part is None else output[part])[:1].detach()
        return hook

    hooks = [module.register_forward_hook(keep(name, part)) for name, (module, part) in watched.items()]
    with torch.no_grad():
        outputs["sample"] = model(
            hidden_states=inputs["sample"].to(dtype), timestep=inputs["timestep"].to(dtype),
            encoder_hidden_states=context(inputs, model.config.joint_attention_dim, dtype),
            pooled_projections=inputs["pooled_projections"].to(dtype)).sample
    for hook in hooks:
        hook.remove()
    return outputs


def gradients(model: SD3Transformer2DModel, inputs: Tensors, dtype: torch.dtype = torch.float32) -> Tensors:
    """loss = mean (prediction - target)^2, and its gradient for the states of every stream, by torch autograd."""
    names = [name for name in inputs if name.startswith("states.")]
    leaves = {name: inputs[name].to(dtype).requires_grad_(True) for name in names}
    prediction = model(
        hidden_states=inputs["sample"].to(dtype), timestep=inputs["timestep"].to(dtype),
        encoder_hidden_states=context({**inputs, **leaves}, model.config.joint_attention_dim, dtype),
        pooled_projections=inputs["pooled_projections"].to(dtype)).sample
    loss = torch.nn.functional.mse_loss(prediction, inputs["target"].to(dtype))
    found = torch.autograd.grad(loss, list(leaves.values()))
    return {"loss": loss.detach().reshape(1), **{f"gradient.{name.removeprefix('states.')}": value for name, value in zip(names, found)}}


# How far the float32 gradient may lie from float64: a fifth of the tolerance that it is compared with.
OWN_ERROR = 2e-5


def make_case(case: dict, folder: Path, check: bool = True) -> None:
    """Write the folder, read it back with diffusers, and keep what the reloaded model computes."""
    save_folder(build(case["config"], case["seed"]), folder / "transformer", DTYPES[case["dtype"]], case["shards"])
    model = load(folder / "transformer").requires_grad_(False)
    for seed in range(case["seed"], case["seed"] + 20000, 1000):
        inputs = make_inputs({**case, "seed": seed})
        found = gradients(model, inputs)
        exact = gradients(model.double(), inputs, torch.float64)
        model.float()
        errors = {name: ((found[name].double() - exact[name]).norm() / exact[name].norm()).item() for name in found}
        if max(errors.values()) <= OWN_ERROR:
            break
    else:
        raise IllConditioned(f"{case['id']}: float32 gradients are off by more than {OWN_ERROR} for every input tried: {errors}")
    outputs = run(model, inputs)
    notes = {"float64_error": float64_error(model, lambda m, dtype: run(m, inputs, dtype), outputs),
             "float64_relative_l2": {name: float(f"{error:.1e}") for name, error in errors.items()}}
    if check:
        effect = check_every_parameter_matters(model, lambda: {"sample": run(model, inputs)["sample"]}, case["id"], ignore=invisible(model))
        notes["smallest_parameter_effect"] = float(f"{effect:.1e}")
    save_case(folder, {"id": case["id"], "class": "SD3Transformer2DModel", "folder": "transformer", "seed": case["seed"],
                       "weights": {key: case[key] for key in ("dtype", "shards")}, **notes}, inputs, {**outputs, **found})


def invisible(model: SD3Transformer2DModel) -> list[str]:
    """What no output depends on: the last block's text queries, and biases of keys where they are not normalized."""
    last = f"transformer_blocks.{len(model.transformer_blocks) - 1}.attn."
    names = [name for name, _ in model.named_parameters()]
    unread = [name for name in names if name.startswith((f"{last}add_q_proj", f"{last}norm_added_q"))]
    return unread + [name for name in names if name.endswith(("add_k_proj.bias", "to_k.bias"))]


def make(root: Path) -> None:
    """All committed cases."""
    for case in CASES:
        make_case(case, root / "sd3-transformer" / case["id"])


# What live cases share out evenly among them. attention: norms of queries and keys, and blocks with a second attention.
OPTIONS = dict(attention=[(False, False), (True, True), (True, False), (False, True)], t5=[True, False], shards=[1, 2], layers=[1, 2, 3, 4],
               dtype=["F32", "F16", "BF16"])


def random_case(rng: np.random.Generator, attention: tuple[bool, bool], t5: bool, shards: int, layers: int, dtype: str) -> dict:
    """A new random small configuration with the given options, for a live proof."""
    heads, head, patch = int(rng.integers(1, 5)), int(rng.choice([4, 8])), int(rng.integers(1, 4))
    side, batch = int(rng.integers(4, 9)), int(rng.integers(1, 4))
    clip = (int(rng.integers(3, 12)), int(rng.integers(3, 12)))
    config = dict(num_layers=layers, attention_head_dim=head, num_attention_heads=heads, joint_attention_dim=sum(clip) + int(rng.integers(0, 8)),
                  caption_projection_dim=heads * head, pooled_projection_dim=int(rng.integers(4, 20)), pos_embed_max_size=side, patch_size=patch,
                  in_channels=int(rng.choice([4, 16])))
    config["out_channels"] = config["in_channels"]
    norm, dual = attention
    if norm:
        config["qk_norm"] = "rms_norm"
    if dual:
        config["dual_attention_layers"] = sorted(int(value) for value in rng.choice(layers, int(rng.integers(1, layers + 1)), replace=False))
    return dict(id="live", seed=int(rng.integers(1, 2**20)), dtype=dtype, batch=batch,
                height=patch * int(rng.integers(1, side + 1)), width=patch * int(rng.integers(1, side + 1)),
                timesteps=[float(value) for value in np.round(rng.uniform(0, 1000, batch), 2)], clip=clip, clip_tokens=int(rng.integers(2, 20)),
                t5=int(rng.integers(2, 30)) if t5 else None, shards=shards, config=config)
