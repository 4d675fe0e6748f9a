"""The same work as measure.ts on a Stable Diffusion 3.5 folder, done by diffusers and torch: `measure_sd35.py MODEL JOB SIZE STATES`, one JSON line of times on stdout.

Text states come from the file that `full-size.mjs MODEL text` wrote, so that neither side has an encoder in memory.
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from diffusers import SD3Transformer2DModel
from safetensors.torch import load_file
from timing import tell

NEGATIVE, POSITIVE = 0, 1
STREAMS = ("clip_l", "clip_g", "t5")


def rows(states: dict[str, torch.Tensor], name: str, prompts: list[int]) -> torch.Tensor:
    """An input of the denoiser for prompts, stacked."""
    return torch.cat([states[f"{name}/{prompt}"] for prompt in prompts])


def context(streams: list[torch.Tensor], width: int) -> torch.Tensor:
    """The joint context as StableDiffusion3Pipeline makes it."""
    clip = torch.cat(streams[:2], dim=-1)
    clip = torch.nn.functional.pad(clip, (0, width - clip.shape[-1]))
    return torch.cat([clip, streams[2]], dim=-2)


def sample(model: SD3Transformer2DModel, states: dict[str, torch.Tensor], side: int):
    """One step of sampling one image with guidance: the transformer at batch 2."""
    prompts = [NEGATIVE, POSITIVE]
    streams = [rows(states, f"states.{name}", prompts) for name in STREAMS]
    latents, pooled = torch.randn(2, model.config.in_channels, side, side), rows(states, "pooled_projections", prompts)

    def step() -> torch.Tensor:
        with torch.no_grad():
            return model(latents, encoder_hidden_states=context(streams, model.config.joint_attention_dim), pooled_projections=pooled, timestep=torch.tensor([801.0, 801.0])).sample
    return step


def train(model: SD3Transformer2DModel, states: dict[str, torch.Tensor], side: int):
    """One step of training at batch 1: loss and gradient of the text states."""
    model.requires_grad_(False)
    latents, target = torch.randn(1, model.config.in_channels, side, side), torch.randn(1, model.config.in_channels, side, side)
    pooled = rows(states, "pooled_projections", [POSITIVE])

    def step() -> torch.Tensor:
        streams = [rows(states, f"states.{name}", [POSITIVE]).clone().requires_grad_(True) for name in STREAMS]
        predicted = model(latents, encoder_hidden_states=context(streams, model.config.joint_attention_dim), pooled_projections=pooled, timestep=torch.tensor([801.0])).sample
        torch.nn.functional.mse_loss(predicted, target).backward()
        return torch.cat([stream.grad.flatten() for stream in streams])
    return step


def main() -> None:
    """Load, then the work twice: cold and warm."""
    folder, job, size, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    started = time.perf_counter()
    model = SD3Transformer2DModel.from_pretrained(folder, subfolder="transformer", torch_dtype=torch.float32).eval()
    load = time.perf_counter() - started
    tell(load, {"sample": sample, "train": train}[job](model, load_file(path), size // 8))


if __name__ == "__main__":
    main()
