"""A net that reads attributes out of latents: what a generator's denoised latents show is held against what was drawn.

The squared error counts every place of the latents alike, so that hair or a raised arm, a few places of 256, weigh little in it and are learnt last.
Read as attributes they weigh as much as the sky. The net judges nothing: the probes look at pixels and are trained apart, from a seed of their own.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from common import Phase, World, autocast, load_checkpoint, step_generator
from phase_probes import SCENE

CHANNELS = ((48, 1), (48, 1), (80, 2), (80, 1), (112, 2), (112, 1))


class Sight(torch.nn.Module):
    """Convolutions over latents [B, C, H, W], then a head per attribute of either figure (the scene once) on all places of the last layer: their order tells left from right."""

    def __init__(self, attributes, channels, side):
        super().__init__()
        self.places = list(attributes)
        self.names = [(name, figure) for figure in (0, 1) for name in attributes if figure == 0 or name not in SCENE]
        layers = []
        for width, stride in CHANNELS:
            layers += [torch.nn.Conv2d(channels, width, 3, stride, 1, bias=False), torch.nn.BatchNorm2d(width), torch.nn.SiLU()]
            channels = width
        self.layers = torch.nn.Sequential(*layers)
        self.heads = torch.nn.Linear(channels * (side // 4) ** 2, sum(len(attributes[name]) for name, _ in self.names))
        self.sizes = [len(attributes[name]) for name, _ in self.names]

    def forward(self, latents):
        features = F.dropout(self.layers(latents).flatten(1), 0.1, self.training)
        return self.heads(features).split(self.sizes, dim=1)

    def surprise(self, latents, labels):
        """Cross-entropy of each picture [B], mean over what its labels [B, 2, attributes] name."""
        wanted = torch.stack([labels[:, figure, self.places.index(name)] for name, figure in self.names], dim=1)
        terms = torch.stack([F.cross_entropy(logits.float(), wanted[:, at], ignore_index=-1, reduction="none") for at, logits in enumerate(self(latents))], dim=1)
        return terms.sum(dim=1) / (wanted >= 0).sum(dim=1).clamp(min=1)


def soften(latents, random):
    """Blurs latents by a share drawn at random and adds a little noise: half denoised ones are soft, and a net that trips over noise could be pleased by it."""
    draw = lambda: torch.rand(len(latents), 1, 1, 1, generator=random, device=latents.device)
    soft = F.avg_pool2d(F.pad(latents, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return latents.lerp(soft, draw()) + 0.5 * draw() * torch.randn(latents.shape, generator=random, device=latents.device)


class SightPhase(Phase):
    """Trains the net on softened latents of drawings; `latents(indices)` gives them in the units that the generator sees, `shape` is (C, H, W)."""

    def __init__(self, options, name, latents, shape):
        super().__init__(options.data, name, ["loss"], options.sight_steps)
        self.options, self.device = options, options.device
        self.world = World(options.data, options.device)
        self.latents = latents
        torch.manual_seed(53)
        self.sight = Sight(self.world.attributes, shape[0], shape[-1]).to(self.device, memory_format=torch.channels_last)
        self.trains(self.sight, weight_decay=0.02)

    def train_step(self):
        random = step_generator(53, self.step, self.device)
        indices = torch.randint(self.world.count, (self.options.sight_batch,), generator=random, device=self.device)
        latents = soften(self.latents(indices), random).contiguous(memory_format=torch.channels_last)
        with autocast(self.device):
            loss = self.sight.surprise(latents, self.world.labels[indices]).mean()
        loss.backward()
        self.optimizer.step(self.rate(1e-2, 30))
        self.average.update(self.step, 0.99)
        return {"loss": loss.detach()}


def trained_sight(options, name, world, shape):
    """The trained net, frozen."""
    sight = Sight(world.attributes, shape[0], shape[-1]).to(options.device, memory_format=torch.channels_last).eval().requires_grad_(False)
    sight.load_state_dict(load_checkpoint(Path(options.data) / f"{name}.pt", options.device)["model"]["average"])
    return sight
