"""Freezes the trained VAE and encodes the world: `python tools/pocket/encode_latents.py --data DIR`.

Each latent channel is centred and given the same standard deviation; this affine map is folded into `quant_conv` and
`post_quant_conv`, so that the VAE stays a plain AutoencoderKL. Writes vae-frozen.pt and latents.npy [count, C, h, w].
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from architecture import VAE
from common import World, load_checkpoint, save_checkpoint
from diffusers import AutoencoderKL


def encode(vae, world, indices, batch=64):
    """Means of the posterior of the given images, [len(indices), C, h, w]."""
    with torch.inference_mode():
        return torch.cat([vae.encode(world.pixels(part)).latent_dist.mean for part in indices.split(batch)])


def fold_standardisation(vae, latents):
    """Centres and equalises the latent channels inside the 1x1 convolutions; returns the common standard deviation."""
    channels = latents.shape[1]
    mean = latents.mean(dim=(0, 2, 3))
    deviation = latents.std(dim=(0, 2, 3))
    common = latents.std()
    gain = common / deviation  # z' = gain * (z - mean)
    with torch.no_grad():
        quant, post = vae.quant_conv, vae.post_quant_conv
        quant.weight[:channels] *= gain[:, None, None, None]
        quant.bias[:channels] = (quant.bias[:channels] - mean) * gain
        quant.bias[channels:] += 2 * gain.log()
        post.bias += (post.weight[:, :, 0, 0] * mean).sum(dim=1)
        post.weight /= gain[None, :, None, None]
    return float(common)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--count", type=int, help="encode only the first images")
    options = parser.parse_args()
    torch.set_num_threads(2)
    directory, world = Path(options.data), World(options.data)
    vae = AutoencoderKL(**VAE).eval()
    vae.load_state_dict(load_checkpoint(directory / "vae.pt")["average"])
    fold_standardisation(vae, encode(vae, world, torch.arange(2048)))
    latents = encode(vae, world, torch.arange(options.count or world.count)).numpy()
    scaling = 1.0 / float(latents.std())
    np.save(directory / "latents.npy", latents.astype(np.float16))
    save_checkpoint(directory / "vae-frozen.pt", {"model": vae.state_dict(), "scaling_factor": scaling})
    print(f"scaling factor {scaling:.5f}, channel deviations {latents.std(axis=(0, 2, 3)).round(3)}")


if __name__ == "__main__":
    main()
