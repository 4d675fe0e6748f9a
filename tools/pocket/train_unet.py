"""Trains the pocket U-Net and text encoder together: `python tools/pocket/train_unet.py --data DIR`; run again to go on."""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from architecture import SCHEDULER, UNET, text_config
from common import Curve, World, learning_rate, load_checkpoint, save_checkpoint, step_generator
from diffusers import DDPMScheduler, UNet2DConditionModel
from sampling import sample_grid
from transformers import CLIPTextModel, CLIPTokenizer
from workers import average_gradients, launch, share


class Captions:
    """Tokenized captions: `ids` [count, per image, 77], `lengths` [count, per image]."""

    def __init__(self, world, tokenizer, cache):
        if not cache.exists():
            captions = world.captions()
            flat = [caption for group in captions for caption in group]
            ids = tokenizer(flat, padding="max_length", truncation=True, return_tensors="np").input_ids
            np.save(cache, ids.reshape(len(captions), -1, ids.shape[-1]).astype(np.int16))
        self.ids = torch.from_numpy(np.load(cache)).long()
        self.empty = torch.tensor(tokenizer("", padding="max_length").input_ids)
        self.lengths = (self.ids != tokenizer.eos_token_id).sum(-1) + 1

    def batch(self, indices, random, dropout, full):
        """Token ids [B, T]: a random caption per image, some dropped; cut to the longest unless `full`."""
        which = torch.randint(self.ids.shape[1], indices.shape, generator=random)
        ids, lengths = self.ids[indices, which], self.lengths[indices, which]
        dropped = torch.rand(len(indices), generator=random) < dropout
        ids[dropped] = self.empty
        spare = int(torch.randint(4, (1,), generator=random))
        return ids if full else ids[:, : min(ids.shape[1], int(lengths.max()) + spare)]


def loss_weights(scheduler, gamma=5.0):
    """Min-SNR weights of the squared noise error per timestep (Hang et al. 2023, formula for epsilon)."""
    alphas = scheduler.alphas_cumprod
    snr = alphas / (1 - alphas)
    return snr.clamp(max=gamma) / snr


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=7e-4)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--full-length", type=float, default=0.08, help="share of batches with all 77 positions")
    parser.add_argument("--full-length-tail", type=float, default=0.12, help="share of the last steps with all 77 positions")
    parser.add_argument("--sample-every", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=23)
    return parser.parse_args()


class Trainer:
    """The models, their averages and the optimizer, with one training step."""

    def __init__(self, options, rank):
        self.options, self.directory, self.rank = options, Path(options.data), rank
        torch.manual_seed(options.seed)
        self.tokenizer = CLIPTokenizer.from_pretrained(self.directory / "tokenizer")
        self.text = CLIPTextModel(text_config(self.tokenizer))
        self.unet = UNet2DConditionModel(**UNET)
        self.models = torch.nn.ModuleDict({"text": self.text, "unet": self.unet})
        self.average = {name: value.detach().clone() for name, value in self.models.state_dict().items()}
        decayed = [p for p in self.models.parameters() if p.ndim > 1]
        others = [p for p in self.models.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.99), fused=True)
        self.scheduler = DDPMScheduler(**SCHEDULER)
        self.weights = loss_weights(self.scheduler)
        self.scaling = load_checkpoint(self.directory / "vae-frozen.pt")["scaling_factor"]
        self.latents = torch.from_numpy(np.load(self.directory / "latents.npy"))
        self.captions = Captions(World(options.data), self.tokenizer, self.directory / "tokens.npy")
        self.step, self.seconds = 0, 0.0

    def resume(self):
        """Loads the last checkpoint, if there is one."""
        checkpoint = load_checkpoint(self.directory / "unet.pt")
        if checkpoint:
            self.models.load_state_dict(checkpoint["model"])
            self.optimizer.load_state_dict(checkpoint["optimizer"])
            self.average, self.step, self.seconds = checkpoint["average"], checkpoint["step"], checkpoint["seconds"]

    def save(self, seconds):
        """Writes a checkpoint."""
        state = {"model": self.models.state_dict(), "optimizer": self.optimizer.state_dict(), "average": self.average}
        save_checkpoint(self.directory / "unet.pt", {**state, "step": self.step, "seconds": seconds})

    def train_step(self):
        """One optimizer step; returns (weighted loss, plain mean squared error of the noise)."""
        options, random = self.options, step_generator(self.options.seed, self.step)
        indices = torch.randint(len(self.latents), (options.batch,), generator=random)
        tail = self.step >= options.steps * (1 - options.full_length_tail)
        full = tail or float(torch.rand(1, generator=random)) < options.full_length
        ids = self.captions.batch(indices, random, options.dropout, full)
        latents = self.latents[indices].float() * self.scaling
        noise = torch.randn(latents.shape, generator=random)
        timesteps = torch.randint(1000, (options.batch,), generator=random)
        mine = share(options.batch, self.rank, options.workers)
        ids, latents, noise, timesteps = ids[mine], latents[mine], noise[mine], timesteps[mine]
        noisy = self.scheduler.add_noise(latents, noise, timesteps)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, options.steps, options.rate, 200)
        states = self.text(ids).last_hidden_state
        error = (self.unet(noisy, timesteps, states).sample - noise).square().mean(dim=(1, 2, 3))
        loss = (error * self.weights[timesteps]).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(self.models.parameters(), options.workers)
        torch.nn.utils.clip_grad_norm_(self.models.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        decay = min(0.997, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.models.state_dict().values()), 1 - decay)
        return loss.detach(), error.detach().mean()


def main(options, rank):
    trainer = Trainer(options, rank)
    trainer.resume()
    curve = Curve(trainer.directory / "unet-curve.csv", ["loss", "mse"], trainer.step, trainer.seconds) if rank == 0 else None
    saved = time.time()
    while trainer.step < options.steps:
        loss, error = trainer.train_step()
        if rank != 0:
            continue
        curve.add(loss=loss, mse=error)
        if trainer.step % 50 == 0:
            curve.write(trainer.step)
        if time.time() - saved > 180 or trainer.step == options.steps:
            saved = time.time()
            trainer.save(curve.seconds())
        if trainer.step % options.sample_every == 0:
            sample_grid(trainer.directory, trainer.average, trainer.tokenizer).save(trainer.directory / f"samples-{trainer.step:06d}.png")


if __name__ == "__main__":
    launch(main, parse())
