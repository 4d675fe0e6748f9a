"""Binds the identity on an exported folder, as a check of the backbone: `python tools/pocket/bind.py --model models/pocket-sd15 --sheet sheet.png`.

The Tiny-Engram method in plain torch: h[b, p] += m_k * tanh(s) on the states of every registered span (absolute rule, summed),
everything else frozen. Prints the loss and, per part of the figure, the share of pixels near its colours: base, bound, reference.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, DDPMScheduler, UNet2DConditionModel
from PIL import Image
from transformers import CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def spans_of(ids, largest=7):
    """Distinct spans of 2..largest tokens, and the whole trigger."""
    found = [tuple(ids[i : i + n]) for n in range(2, min(largest, len(ids)) + 1) for i in range(len(ids) - n + 1)]
    return list(dict.fromkeys(found + ([tuple(ids)] if len(ids) > largest else [])))


class Table(torch.nn.Module):
    """Vectors [K, d] and one scale [d]; adds to states where spans stand."""

    def __init__(self, spans, width, seed):
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        self.spans = spans
        self.vectors = torch.nn.Parameter(torch.randn(len(spans), width, generator=random) * 0.02)
        self.scale = torch.nn.Parameter(torch.full((width,), 0.05))

    def cover(self, ids):
        """How often each row covers each position: [B, T, K]."""
        cover = torch.zeros(*ids.shape, len(self.spans))
        for b, row in enumerate(ids.tolist()):
            for k, span in enumerate(self.spans):
                for p in range(len(row) - len(span) + 1):
                    if tuple(row[p : p + len(span)]) == span:
                        cover[b, p : p + len(span), k] += 1
        return cover

    def forward(self, states, cover):
        return states + cover @ (self.vectors * self.scale.tanh())


class Backbone:
    """The frozen parts of a diffusers folder."""

    def __init__(self, folder):
        folder = Path(folder)
        self.tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        self.text = CLIPTextModel.from_pretrained(folder / "text_encoder").float().eval().requires_grad_(False)
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet").float().eval().requires_grad_(False)
        self.vae = AutoencoderKL.from_pretrained(folder / "vae").float().eval().requires_grad_(False)
        self.noise = DDPMScheduler.from_pretrained(folder / "scheduler")
        self.ddim = DDIMScheduler.from_pretrained(folder / "scheduler")

    def encode(self, prompts):
        ids = self.tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        with torch.no_grad():
            return ids, self.text(ids).last_hidden_state

    @torch.no_grad()
    def sample(self, states, empty, steps, guidance, seed):
        self.ddim.set_timesteps(steps)
        size = self.unet.config.sample_size
        shape = (1, self.unet.config.in_channels, size, size)
        latents = torch.cat([torch.randn(shape, generator=torch.Generator().manual_seed(seed + i)) for i in range(len(states))])
        both = torch.cat([empty.expand(len(states), -1, -1), states])
        for timestep in self.ddim.timesteps:
            without, with_text = self.unet(torch.cat([latents, latents]), timestep, both).sample.chunk(2)
            latents = self.ddim.step(without + guidance * (with_text - without), timestep, latents).prev_sample
        return self.vae.decode(latents / self.vae.config.scaling_factor).sample.clamp(-1, 1)


def load_references(folder):
    """Returns (pixels [N, 3, H, W] in -1..1, captions)."""
    files = sorted(Path(folder).glob("*.png"))
    pixels = [np.asarray(Image.open(file).convert("RGB"), dtype=np.float32) / 127.5 - 1 for file in files]
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2), [file.with_suffix(".txt").read_text().strip() for file in files]


def train(backbone, table, pixels, captions, options):
    ids, states = backbone.encode(captions)
    cover = table.cover(ids)
    with torch.no_grad():
        posterior = backbone.vae.encode(pixels).latent_dist
    groups = [{"params": [table.vectors], "lr": options.vectors}, {"params": [table.scale], "lr": options.scale}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: min((i + 1) / options.warmup, 1.0) * (1 - i / options.steps))
    random = torch.Generator().manual_seed(options.seed)
    losses = []
    for _ in range(options.steps):
        chosen = torch.randperm(len(pixels), generator=random).repeat(-(-options.batch // len(pixels)))[: options.batch]
        latents = (posterior.mean + posterior.std * torch.randn(posterior.mean.shape, generator=random))[chosen] * backbone.vae.config.scaling_factor
        noise = torch.randn(latents.shape, generator=random)
        timesteps = torch.randint(1000, (options.batch,), generator=random)
        noisy = backbone.noise.add_noise(latents, noise, timesteps)
        output = backbone.unet(noisy, timesteps, table(states[chosen], cover[chosen])).sample
        loss = (output - noise).square().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        decay.step()
        losses.append(float(loss.detach()))
    return losses


def color_shares(images, parts, radius=44):
    """Per part, the share of pixels within `radius` (RGB distance) of one of its colours: {part: [N]}."""
    pixels = images.add(1).mul(127.5).permute(0, 2, 3, 1)
    shares = {}
    for part in parts:
        colors = torch.tensor([[int(rgb[i : i + 2], 16) for i in (1, 3, 5)] for rgb in part["rgb"]]).float()
        near = (pixels[..., None, :] - colors).norm(dim=-1).min(dim=-1).values < radius
        shares[part["part"]] = near.float().mean(dim=(1, 2)).numpy().round(4)
    return shares


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=str(ROOT / "models/pocket-sd15"))
    parser.add_argument("--references", default=str(ROOT / "graphs/datasets/aldric"))
    parser.add_argument("--sheet")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--vectors", type=float, default=2e-2)
    parser.add_argument("--scale", type=float, default=2e-3)
    parser.add_argument("--sampling-steps", type=int, default=30)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse()
    torch.set_num_threads(1)  # tensors this small gain nothing from threads
    identity = json.loads((HERE / "identity.json").read_text(encoding="utf-8"))
    backbone = Backbone(options.model)
    pixels, captions = load_references(options.references)
    trigger = backbone.tokenizer(identity["trigger"], add_special_tokens=False).input_ids
    table = Table(spans_of(trigger), backbone.text.config.hidden_size, options.seed)
    started = time.time()
    losses = train(backbone, table, pixels, captions, options)
    tenth = max(1, len(losses) // 10)
    print(f"{len(table.spans)} rows, {time.time() - started:.0f} s, loss {np.mean(losses[:tenth]):.4f} -> {np.mean(losses[-tenth:]):.4f}")
    print(f"vectors rms {table.vectors.square().mean().sqrt():.3f}, scale {table.scale.abs().mean():.4f}")
    prompts = [entry["prompt"].replace("{trigger}", identity["trigger"]) for entry in identity["heldOut"]]
    ids, states = backbone.encode(["", *prompts])
    empty, states, cover = states[:1], states[1:], table.cover(ids[1:])
    settings = dict(steps=options.sampling_steps, guidance=options.guidance, seed=options.seed)
    base = backbone.sample(states, empty, **settings)
    with torch.no_grad():
        bound = backbone.sample(table(states, cover), empty, **settings)
    for name, images in (("base", base), ("bound", bound), ("references", pixels)):
        shares = color_shares(images, identity["measurable"])
        print(name, {part: f"{values.mean():.3f}" for part, values in shares.items()})
    if options.sheet:
        from common import grid

        grid(torch.cat([pixels, torch.ones_like(base[: len(base) - len(pixels)]), base, bound]), len(base), 3).save(options.sheet)


if __name__ == "__main__":
    main()
