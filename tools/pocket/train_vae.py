"""Trains the pocket VAE: `python tools/pocket/train_vae.py --data DIR`; run again to go on from the last checkpoint."""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from architecture import VAE
from common import Curve, World, grid, learning_rate, load_checkpoint, save_checkpoint, step_generator
from diffusers import AutoencoderKL
from workers import average_gradients, launch, share


def edges(images):
    """Differences between neighbouring pixels, down and across."""
    return images[:, :, 1:] - images[:, :, :-1], images[:, :, :, 1:] - images[:, :, :, :-1]


def reconstruction_loss(output, target):
    """L1 + squared error + L1 of the edges: flat areas stay flat, outlines stay sharp."""
    edge = sum(F.l1_loss(a, b) for a, b in zip(edges(output), edges(target)))
    return F.l1_loss(output, target) + F.mse_loss(output, target) + edge


def forward(vae, pixels, noise):
    """Encodes, samples with the given noise, decodes: (output, mean KL per latent value)."""
    moments = vae.encode(pixels).latent_dist
    latents = moments.mean + moments.std * noise
    kl = 0.5 * (moments.mean**2 + moments.var - 1 - moments.logvar).mean()
    return vae.decode(latents).sample, kl


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--kl", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="minutes of compilation, then about twice the speed")
    return parser.parse_args()


def main(options, rank):
    torch.manual_seed(options.seed)
    world, directory = World(options.data), Path(options.data)
    vae = AutoencoderKL(**VAE)
    if options.compile:
        vae = vae.to(memory_format=torch.channels_last)
    mine = share(options.batch, rank, options.workers)
    average = {name: value.detach().clone() for name, value in vae.state_dict().items()}
    optimizer = torch.optim.AdamW(vae.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=1e-3, fused=True)
    step, seconds = 0, 0.0
    checkpoint = load_checkpoint(directory / "vae.pt")
    if checkpoint:
        vae.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        average, step, seconds = checkpoint["average"], checkpoint["step"], checkpoint["seconds"]
    curve = Curve(directory / "vae-curve.csv", ["loss", "l1", "kl"], step, seconds) if rank == 0 else None
    run = torch.compile(forward) if options.compile else forward
    saved = time.time()
    while step < options.steps:
        random = step_generator(options.seed, step)
        pixels = world.pixels(torch.randint(world.count, (options.batch,), generator=random))
        noise = torch.randn(options.batch, VAE["latent_channels"], world.size // 8, world.size // 8, generator=random)
        rate = learning_rate(step, options.steps, options.rate, 60)
        for group in optimizer.param_groups:
            group["lr"] = rate
        pixels, noise = pixels[mine], noise[mine]
        output, kl = run(vae, pixels, noise)
        loss = reconstruction_loss(output, pixels) + options.kl * kl
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(vae.parameters(), options.workers)
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        step += 1
        decay = min(0.995, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.values()), list(vae.state_dict().values()), 1 - decay)
        if rank != 0:
            continue
        curve.add(loss=loss.detach(), l1=F.l1_loss(output.detach(), pixels), kl=kl.detach())
        if step % 25 == 0:
            curve.write(step)
        if time.time() - saved > 120 or step == options.steps:
            saved = time.time()
            state = {"model": vae.state_dict(), "optimizer": optimizer.state_dict(), "average": average}
            save_checkpoint(directory / "vae.pt", {**state, "step": step, "seconds": curve.seconds()})
            grid(torch.cat([pixels[:8], output.detach()[:8]]), 8, 2).save(directory / "vae-samples.png")


if __name__ == "__main__":
    launch(main, parse())
