"""The same work as measure.ts on a Stable Diffusion 3.5 folder, done by diffusers and torch: `measure_sd35.py MODEL JOB SIZE STATES [RESULTS]`, one JSON line of times on stdout.

Latents are the same, drawn from the same seed; what comes out of the warm run goes into the file RESULTS. Text states come from the file that `full-size.mjs MODEL text` wrote, so that neither side has an encoder in memory.
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
# As in measure.ts.
SEED = 1


def normal(generator: torch.Generator, model: SD3Transformer2DModel, batch: int, side: int) -> torch.Tensor:
    """Latents of the next numbers of the generator."""
    return torch.randn(batch, model.config.in_channels, side, side, generator=generator)


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
    latents, pooled = normal(torch.Generator().manual_seed(SEED), model, 2, side), rows(states, "pooled_projections", prompts)

    def step() -> dict[str, torch.Tensor]:
        with torch.no_grad():
            joint = context(streams, model.config.joint_attention_dim)
            return {"prediction": model(latents, encoder_hidden_states=joint, pooled_projections=pooled, timestep=torch.tensor([801.0, 801.0])).sample}
    return step


def train(model: SD3Transformer2DModel, states: dict[str, torch.Tensor], side: int):
    """One step of training at batch 1: loss and gradient of the text states."""
    model.requires_grad_(False)
    generator = torch.Generator().manual_seed(SEED)
    latents, target = normal(generator, model, 1, side), normal(generator, model, 1, side)
    pooled = rows(states, "pooled_projections", [POSITIVE])

    def step() -> dict[str, torch.Tensor]:
        streams = [rows(states, f"states.{name}", [POSITIVE]).clone().requires_grad_(True) for name in STREAMS]
        predicted = model(latents, encoder_hidden_states=context(streams, model.config.joint_attention_dim), pooled_projections=pooled, timestep=torch.tensor([801.0])).sample
        loss = torch.nn.functional.mse_loss(predicted, target)
        loss.backward()
        return {"loss": loss, **{f"grad.{name}": stream.grad for name, stream in zip(STREAMS, streams)}}
    return step


def main() -> None:
    """Load, then the work twice: cold and warm."""
    folder, job, size, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    results = sys.argv[5] if len(sys.argv) > 5 else None
    started = time.perf_counter()
    model = SD3Transformer2DModel.from_pretrained(folder, subfolder="transformer", torch_dtype=torch.float32).eval()
    load = time.perf_counter() - started
    tell(load, {"sample": sample, "train": train}[job](model, load_file(path), size // 8), results)


if __name__ == "__main__":
    main()
