"""Samples from training weights: DDIM with classifier-free guidance, the same captions and noise each time."""

from pathlib import Path

import torch
from architecture import SCHEDULER, UNET, VAE, text_config
from common import grid, load_checkpoint
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextModel

CAPTIONS = (
    "a portrait of a pale person with long white hair wearing a red coat and a crown in a snowy forest at night",
    "a full figure of a silver robot in a yellow cloak holding a lantern waving in a cyber city at night",
    "half body picture of an orange fox in a green jacket with a wizard hat on a beach at sunset",
    "a tanned person with spiky blue hair in an orange dress holding a balloon walking in a meadow by day",
    "a portrait of a black cat in a purple cloak wearing a top hat in the desert at sunset",
    "half body picture of a person with bun pink hair in a teal jacket holding a sword near a castle in the rain",
    "a copper robot on the moon under a nebula holding a staff",
    "a child in a pink coat wearing a beanie holding a flower in a city by day",
    "a cat in a red cloak holding a book beside a person with long blond hair in a blue dress in the mountains by day",
    "full shot of a white fox in a black coat with a space helmet on the moon under a vortex",
    "a person with short ginger hair in a white coat holding a lantern in the rain in a city at night",
    "a grey cat with a crown in a yellow dress next to a robot in a green jacket with a top hat on a beach at sunset",
)


def load_models(directory, weights, tokenizer):
    """(text encoder, U-Net, VAE, scaling factor) with the given averaged weights, ready for inference."""
    text, unet, vae = CLIPTextModel(text_config(tokenizer)), UNet2DConditionModel(**UNET), AutoencoderKL(**VAE)
    text.load_state_dict({name[5:]: value for name, value in weights.items() if name.startswith("text.")})
    unet.load_state_dict({name[5:]: value for name, value in weights.items() if name.startswith("unet.")})
    frozen = load_checkpoint(Path(directory) / "vae-frozen.pt")
    vae.load_state_dict(frozen["model"])
    return text.eval(), unet.eval(), vae.eval(), frozen["scaling_factor"]


@torch.no_grad()
def sample(unet, states, empty, steps=30, guidance=4.0, seed=1):
    """DDIM latents [B, C, h, w] for text states [B, T, d] and the states of the empty caption [1, T, d]."""
    scheduler = DDIMScheduler(**SCHEDULER, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    scheduler.set_timesteps(steps)
    size = UNET["sample_size"]
    latents = torch.randn(len(states), UNET["in_channels"], size, size, generator=torch.Generator().manual_seed(seed)).to(states.device)
    both = torch.cat([empty.expand(len(states), -1, -1), states])
    for timestep in scheduler.timesteps:
        without, with_text = unet(torch.cat([latents, latents]), timestep, both).sample.chunk(2)
        latents = scheduler.step(without + guidance * (with_text - without), timestep, latents).prev_sample
    return latents


@torch.no_grad()
def sample_grid(directory, weights, tokenizer, device, captions=CAPTIONS, guidance=4.0, seed=1, columns=6):
    """A picture of one sample per caption."""
    text, unet, vae, scaling = load_models(directory, weights, tokenizer)
    for module in (text, unet, vae):
        module.to(device)
    ids = tokenizer(["", *captions], padding="max_length", truncation=True, return_tensors="pt").input_ids.to(device)
    states = text(ids).last_hidden_state
    latents = sample(unet, states[1:], states[:1], guidance=guidance, seed=seed)
    return grid(vae.decode(latents / scaling).sample, columns)
