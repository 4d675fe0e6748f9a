"""Freezes the trained VAE and encodes the world.

Each latent channel is centred and given the same standard deviation; this affine map is folded into `quant_conv` and
`post_quant_conv`, so that the VAE stays a plain AutoencoderKL. Writes vae-frozen.pt and latents.npy [count, C, h, w].
"""

import numpy as np
import torch
from architecture import VAE
from common import World, load_checkpoint, save_checkpoint
from diffusers import AutoencoderKL


@torch.inference_mode()
def encode(vae, world, indices, batch=8):
    """Means of the posterior of the given images, [len(indices), C, h, w] on the CPU; small batches stay in a CPU's cache."""
    layout = torch.channels_last
    return torch.cat([vae.encode(world.pixels(part).contiguous(memory_format=layout)).latent_dist.mean.float().cpu() for part in indices.split(batch)])


def fold_standardisation(vae, latents):
    """Centres and equalises the latent channels inside the 1x1 convolutions."""
    channels = latents.shape[1]
    mean = latents.mean(dim=(0, 2, 3)).to(vae.device)
    gain = (latents.std() / latents.std(dim=(0, 2, 3))).to(vae.device)  # z' = gain * (z - mean)
    with torch.no_grad():
        quant, post = vae.quant_conv, vae.post_quant_conv
        quant.weight[:channels] *= gain[:, None, None, None]
        quant.bias[:channels] = (quant.bias[:channels] - mean) * gain
        quant.bias[channels:] += 2 * gain.log()
        post.bias += (post.weight[:, :, 0, 0] * mean).sum(dim=1)
        post.weight /= gain[None, :, None, None]


def run(options):
    """Encodes the world unless that is done."""
    from pathlib import Path

    directory = Path(options.data)
    if (directory / "vae-frozen.pt").exists():
        return
    world = World(directory, options.device)
    vae = AutoencoderKL(**VAE).to(options.device, memory_format=torch.channels_last).eval()
    vae.load_state_dict(load_checkpoint(directory / "vae.pt", options.device)["model"]["average"])
    fold_standardisation(vae, encode(vae, world, torch.arange(min(4096, world.count))))
    latents = encode(vae, world, torch.arange(world.count))
    scaling = 1.0 / float(latents.std())
    np.save(directory / "latents.npy", latents.numpy().astype(np.float16))
    save_checkpoint(directory / "vae-frozen.pt", {"model": {name: value.cpu() for name, value in vae.state_dict().items()}, "scaling_factor": scaling})
    print(f"scaling factor {scaling:.5f}, channel deviations {latents.std(dim=(0, 2, 3)).numpy().round(3)}", flush=True)
