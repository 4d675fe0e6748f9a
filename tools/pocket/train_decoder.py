"""Sharpens the VAE's decoder after the encoder was frozen: `python tools/pocket/train_decoder.py --data DIR`; run again to go on.

The latents, and so the U-Net, stay valid. Latents get a little noise: the U-Net's are never exact.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from architecture import VAE
from common import Curve, World, grid, learning_rate, load_checkpoint, save_checkpoint, step_generator
from diffusers import AutoencoderKL
from train_vae import reconstruction_loss
from workers import average_gradients, launch, share


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--noise", type=float, default=0.06, help="in units of the latents' standard deviation")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="minutes of compilation, then about twice the speed")
    return parser.parse_args()


def main(options, rank):
    world, directory = World(options.data), Path(options.data)
    latents = torch.from_numpy(np.load(directory / "latents.npy"))
    frozen = load_checkpoint(directory / "vae-frozen.pt")
    vae = AutoencoderKL(**VAE)
    vae.load_state_dict(frozen["model"])
    if options.compile:
        vae = vae.to(memory_format=torch.channels_last)
    mine = share(options.batch, rank, options.workers)
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    trained = [p for p in vae.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=options.rate, betas=(0.9, 0.98), weight_decay=1e-3, fused=True)
    average = {name: value.detach().clone() for name, value in vae.state_dict().items()}
    step, seconds = 0, 0.0
    checkpoint = load_checkpoint(directory / "decoder.pt")
    if checkpoint:
        vae.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        average, step, seconds = checkpoint["average"], checkpoint["step"], checkpoint["seconds"]
    curve = Curve(directory / "decoder-curve.csv", ["loss", "l1"], step, seconds) if rank == 0 else None
    decode = torch.compile(lambda z: vae.decode(z).sample) if options.compile else lambda z: vae.decode(z).sample
    saved = time.time()
    while step < options.steps:
        random = step_generator(options.seed, step)
        indices = torch.randint(len(latents), (options.batch,), generator=random)
        noise = torch.randn(options.batch, *latents.shape[1:], generator=random)[mine] * (options.noise / frozen["scaling_factor"])
        pixels, means = world.pixels(indices[mine]), latents[indices[mine]].float()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, options.steps, options.rate, 50)
        output = decode(means + noise)
        loss = reconstruction_loss(output, pixels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(trained, options.workers)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step += 1
        decay = min(0.99, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.values()), list(vae.state_dict().values()), 1 - decay)
        if rank != 0:
            continue
        curve.add(loss=loss.detach(), l1=F.l1_loss(output.detach(), pixels))
        if step % 25 == 0:
            curve.write(step)
        if time.time() - saved > 120 or step == options.steps:
            saved = time.time()
            state = {"model": vae.state_dict(), "optimizer": optimizer.state_dict(), "average": average}
            save_checkpoint(directory / "decoder.pt", {**state, "step": step, "seconds": curve.seconds()})
            grid(torch.cat([pixels[:8], output.detach()[:8]]), 8, 2).save(directory / "decoder-samples.png")


if __name__ == "__main__":
    launch(main, parse())
