"""The same work as measure.ts, done by diffusers and torch: `measure.py MODEL JOB SIZE`, one JSON line of times on stdout."""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from diffusers import StableDiffusionPipeline
from timing import tell

PROMPT = "a photo of Aldric Vortex-9 CyberNebula in a garden"


def sample(pipe: StableDiffusionPipeline, size: int):
    """One step of sampling one image with guidance: the U-Net at batch 2."""
    positive, negative = pipe.encode_prompt(PROMPT, "cpu", 1, True, "")
    states, latents = torch.cat([negative, positive]), torch.randn(2, 4, size // 8, size // 8)

    def step() -> dict[str, torch.Tensor]:
        with torch.no_grad():
            return {"prediction": pipe.unet(latents, torch.tensor(801), states).sample}
    return step


def train(pipe: StableDiffusionPipeline, size: int):
    """One step of training at batch 1: loss and gradient of the text states."""
    pipe.unet.requires_grad_(False)
    with torch.no_grad():
        states = pipe.encode_prompt(PROMPT, "cpu", 1, False)[0]
    latents, target = torch.randn(1, 4, size // 8, size // 8), torch.randn(1, 4, size // 8, size // 8)

    def step() -> dict[str, torch.Tensor]:
        given = states.clone().requires_grad_(True)
        loss = torch.nn.functional.mse_loss(pipe.unet(latents, torch.tensor(801), given).sample, target)
        loss.backward()
        return {"loss": loss, "gradient": given.grad}
    return step


def decode(pipe: StableDiffusionPipeline, size: int):
    """Decoding one image."""
    latents = torch.randn(1, 4, size // 8, size // 8)

    def step() -> dict[str, torch.Tensor]:
        with torch.no_grad():
            return {"image": pipe.vae.decode(latents).sample}
    return step


def main() -> None:
    """Load, then the work twice: cold and warm."""
    folder, job, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    started = time.perf_counter()
    pipe = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, torch_dtype=torch.float32)
    load = time.perf_counter() - started
    tell(load, {"sample": sample, "train": train, "decode": decode}[job](pipe, size))


if __name__ == "__main__":
    main()
