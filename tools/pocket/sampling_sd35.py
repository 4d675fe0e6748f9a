"""Samples from training weights: flow matching Euler with classifier-free guidance, the same captions and noise each time."""

from pathlib import Path

import torch
from architecture_sd35 import SCHEDULER, T5_POSITIONS, TRANSFORMER, VAE16
from common import grid, load_checkpoint
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel
from sampling import CAPTIONS
from streams_sd35 import STREAMS, encode, text_encoders


def load_models(directory, weights, tokenizers):
    """(text encoders, transformer, VAE, what the frozen VAE's file tells) with the given averaged weights, ready for inference."""
    encoders, transformer, vae = text_encoders(tokenizers), SD3Transformer2DModel(**TRANSFORMER), AutoencoderKL(**VAE16)
    encoders.load_state_dict({name[5:]: value for name, value in weights.items() if name.startswith("text.")})
    transformer.load_state_dict({name[12:]: value for name, value in weights.items() if name.startswith("transformer.")})
    frozen = load_checkpoint(Path(directory) / "vae16-frozen.pt")
    vae.load_state_dict(frozen["model"])
    return encoders.eval(), transformer.eval(), vae.eval(), frozen


@torch.no_grad()
def sample(transformer, context, pooled, steps=28, guidance=4.0, seed=1):
    """Latents [B, C, h, w] for the contexts [1 + B, T, d] and pooled projections [1 + B, d] of the empty caption and of B captions."""
    scheduler, size = FlowMatchEulerDiscreteScheduler(**SCHEDULER), TRANSFORMER["sample_size"]
    scheduler.set_timesteps(steps)
    count = len(context) - 1
    noise = torch.randn(count, TRANSFORMER["in_channels"], size, size, generator=torch.Generator().manual_seed(seed))
    latents = noise.to(context.device)
    both = [torch.cat([part[:1].expand(count, *part.shape[1:]), part[1:]]) for part in (context, pooled)]
    for timestep in scheduler.timesteps:
        times = timestep.expand(2 * count).to(context.device)
        without, with_text = transformer(torch.cat([latents, latents]), both[0], both[1], times).sample.chunk(2)
        latents = scheduler.step(without + guidance * (with_text - without), timestep, latents).prev_sample
    return latents


@torch.no_grad()
def sample_grid(directory, weights, tokenizers, device, captions=CAPTIONS, guidance=4.0, seed=1, columns=6):
    """A picture of one sample per caption."""
    encoders, transformer, vae, frozen = load_models(directory, weights, tokenizers)
    for module in (encoders, transformer, vae):
        module.to(device)
    lengths = (77, 77, T5_POSITIONS)
    ids = {
        name: tokenizer(["", *captions], padding="max_length", truncation=True, max_length=length, return_tensors="pt").input_ids.to(device)
        for name, tokenizer, length in zip(STREAMS, tokenizers, lengths)
    }
    latents = sample(transformer, *encode(encoders, ids), guidance=guidance, seed=seed)
    return grid(vae.decode(latents / frozen["scaling_factor"] + frozen["shift_factor"]).sample, columns)
