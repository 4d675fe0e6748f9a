"""Samples from training weights: DDIM with classifier-free guidance, the same captions and noise each time."""

from pathlib import Path

import torch
from architecture import SCHEDULER, UNET, VAE, text_config
from common import grid, load_checkpoint
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel

CAPTIONS = (
    "a portrait of a person with long white hair wearing a red coat and a crown in a snowy forest at night",
    "a full figure of a silver robot in a yellow cloak holding a lantern in a cyber city at night",
    "half body picture of a fox in a green jacket with a blue wizard hat on a beach at sunset",
    "a person with spiky blue hair in an orange coat holding a balloon in a meadow by day",
    "a portrait of a black cat in a purple cloak wearing a top hat in the desert at sunset",
    "half body picture of a person with red bun hair in a teal jacket holding a sword near a castle in the rain",
    "a robot on the moon under a nebula holding a staff",
    "a person in a pink coat wearing a green beanie holding a flower in a city by day",
)


def load_models(directory, weights, tokenizer):
    """Returns (text encoder, U-Net, VAE, scaling factor) with the given averaged weights, ready for inference."""
    text, unet, vae = CLIPTextModel(text_config(tokenizer)), UNet2DConditionModel(**UNET), AutoencoderKL(**VAE)
    text.load_state_dict({name[5:]: value for name, value in weights.items() if name.startswith("text.")})
    unet.load_state_dict({name[5:]: value for name, value in weights.items() if name.startswith("unet.")})
    frozen, sharpened = load_checkpoint(Path(directory) / "vae-frozen.pt"), load_checkpoint(Path(directory) / "decoder.pt")
    vae.load_state_dict(sharpened["average"] if sharpened else frozen["model"])
    return text.eval(), unet.eval(), vae.eval(), frozen["scaling_factor"]


@torch.no_grad()
def sample(unet, states, empty, steps=25, guidance=5.0, seed=1):
    """DDIM latents [B, C, 8, 8] for text states [B, T, d] and the states of the empty caption [1, T, d]."""
    scheduler = DDIMScheduler(**SCHEDULER, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    scheduler.set_timesteps(steps)
    size = UNET["sample_size"]
    latents = torch.randn(len(states), UNET["in_channels"], size, size, generator=torch.Generator().manual_seed(seed))
    both = torch.cat([empty.expand(len(states), -1, -1), states])
    for timestep in scheduler.timesteps:
        without, with_text = unet(torch.cat([latents, latents]), timestep, both).sample.chunk(2)
        latents = scheduler.step(without + guidance * (with_text - without), timestep, latents).prev_sample
    return latents


@torch.no_grad()
def sample_grid(directory, weights, tokenizer, captions=CAPTIONS, guidance=5.0, seed=1, columns=4):
    """A picture of one sample per caption."""
    text, unet, vae, scaling = load_models(directory, weights, tokenizer)
    ids = tokenizer(["", *captions], padding="max_length", truncation=True, return_tensors="pt").input_ids
    states = text(ids).last_hidden_state
    latents = sample(unet, states[1:], states[:1], guidance=guidance, seed=seed)
    return grid(vae.decode(latents / scaling).sample, columns, 2)
