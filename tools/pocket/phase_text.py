"""The text encoder learns to read captions before it learns to draw: what a caption says of each figure and of the scene.

As CLIP's text encoder is trained before the U-Net is. For every attribute of either figure and of the scene a learnt query attends to the
token states, as a U-Net's cross-attention does, and a linear head names the value. Queries and heads are thrown away afterwards.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from common import Phase, World, load_checkpoint, step_generator

SCENE = ("place", "time", "weather", "framing", "count")


class Reader(torch.nn.Module):
    """One query per attribute and figure attends to token states [B, T, d]; a head per query gives logits."""

    def __init__(self, attributes, width, heads=4):
        super().__init__()
        self.names = [(name, side) for side in (0, 1) for name in attributes if side == 0 or name not in SCENE]
        self.queries = torch.nn.Parameter(torch.randn(len(self.names), width) * width**-0.5)
        self.norm = torch.nn.LayerNorm(width)
        self.attention = torch.nn.MultiheadAttention(width, heads, batch_first=True)
        self.heads = torch.nn.ModuleList(torch.nn.Linear(width, len(attributes[name])) for name, _ in self.names)

    def forward(self, states):
        states = self.norm(states)
        found = self.attention(self.queries.expand(len(states), -1, -1), states, states, need_weights=False)[0]
        return [head(found[:, at]) for at, head in enumerate(self.heads)]


class TextPhase(Phase):
    """Trains a text encoder (`states(ids)` gives [B, T, d]) on what captions say."""

    def __init__(self, options, name, encoder, width, states, captions, seed):
        super().__init__(options.data, name, ["loss"], options.text_steps, options.text_seconds)
        self.options, self.device, self.seed, self.encoder, self.states, self.captions = options, options.device, seed, encoder, states, captions
        self.world = World(options.data, options.device)
        torch.manual_seed(seed)
        self.reader = Reader(self.world.attributes, width).to(self.device)
        self.places = list(self.world.attributes)
        self.both = torch.nn.ModuleDict({"encoder": encoder, "reader": self.reader})
        self.trains(self.both, averaged=encoder)

    def train_step(self):
        random = step_generator(self.seed, self.step, self.device)
        indices = torch.randint(self.world.count, (self.options.text_batch,), generator=random, device=self.device)
        outputs = self.reader(self.states(self.captions.batch(indices, random, 0.0, None)))
        labels = self.world.labels[indices]
        terms = []
        for (name, side), logits in zip(self.reader.names, outputs):
            wanted = labels[:, side, self.places.index(name)]
            terms.append(F.cross_entropy(logits, wanted, ignore_index=-1, reduction="sum") / (wanted >= 0).sum().clamp(min=1))
        loss = torch.stack(terms).mean()
        loss.backward()
        self.optimizer.step(self.rate(self.options.text_rate, 50))
        self.average.update(self.step, 0.99)
        return {"loss": loss.detach()}


def trained(options, name):
    """The averaged weights of a text encoder that has learnt to read, or None."""
    stored = load_checkpoint(Path(options.data) / f"{name}.pt", options.device)
    return stored and stored["model"]["average"]
