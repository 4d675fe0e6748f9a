"""The joint-attention transformer and the three text encoders, trained together on frozen latents: rectified flow with caption dropout and averaged weights."""

from pathlib import Path

import numpy as np
import torch
from architecture_sd35 import T5_LONGEST, T5_POSITIONS, TRANSFORMER
from common import FIGURE_EMPHASIS, Phase, World, autocast, compiled, load_checkpoint, step_generator
from diffusers import SD3Transformer2DModel
from phase_sight import SightPhase, trained_sight
from phase_text_sd35 import load_trained
from phase_tokenizers_sd35 import load
from sampling_sd35 import sample_grid
from streams_sd35 import STREAMS, encode, stream_captions, text_encoders

# Shares of a batch: no caption at all (for guidance), one stream given the empty caption, T5 left out as if it were not there.
NO_CAPTION, NO_STREAM, WITHOUT_T5 = 0.1, 0.12, 0.1

# Of the cross-entropy of what denoised latents show, beside the squared error of the velocity.
SIGHT_WEIGHT = 0.04


def start_as_identity(transformer):
    """Blocks that add nothing and a prediction of zero to begin with (Peebles and Xie 2023, adaLN-Zero)."""
    for name, part in transformer.named_modules():
        if isinstance(part, torch.nn.Linear) and (name.endswith((".norm1.linear", ".norm1_context.linear", "norm_out.linear")) or name == "proj_out"):
            torch.nn.init.zeros_(part.weight)
            torch.nn.init.zeros_(part.bias)


def flow_times(count, random, device):
    """Times [B] in 0..1 of logit-normal distribution (Esser et al. 2024), one out of each B-th of it: less noise in the gradient."""
    places = (torch.arange(count, device=device) + torch.rand(count, generator=random, device=device)) / count
    return torch.sigmoid(torch.special.ndtri(places.clamp(1e-5, 1 - 1e-5)))


class Latents:
    """The world's latents [N, 16, H, W] in the units that the transformer sees."""

    def __init__(self, options):
        frozen = load_checkpoint(Path(options.data) / "vae16-frozen.pt")
        self.shift, self.scale = frozen["shift_factor"], frozen["scaling_factor"]
        self.stored = torch.from_numpy(np.load(Path(options.data) / "latents16.npy")).to(options.device)
        self.shape = self.stored.shape[1:]

    def __call__(self, indices):
        return (self.stored[indices].float() - self.shift) * self.scale


def learn_to_see(options, clock):
    """Trains the net that says what latents show."""
    latents = Latents(options)
    SightPhase(options, "sight16", latents, latents.shape).run(clock)


class TransformerPhase(Phase):
    """Trains SD3Transformer2DModel, two CLIPTextModelWithProjection and one T5EncoderModel."""

    def __init__(self, options):
        super().__init__(options.data, "transformer", ["loss", "unseen"], options.transformer_steps, options.transformer_seconds)
        self.options, self.device = options, options.device
        torch.manual_seed(41)
        self.tokenizers = load(Path(options.data))
        encoders, transformer = text_encoders(self.tokenizers), SD3Transformer2DModel(**TRANSFORMER)
        load_trained(options, encoders)
        start_as_identity(transformer)
        self.models = torch.nn.ModuleDict({"text": encoders, "transformer": transformer}).to(self.device)
        self.trains(self.models)
        self.latents = Latents(options)
        world = World(options.data)
        self.labels = world.labels.to(self.device)
        self.sight = trained_sight(options, "sight16", world, self.latents.shape)
        self.emphasis = world.emphasis(FIGURE_EMPHASIS).to(self.device)
        self.captions = stream_captions(options.data, world, self.device)
        self.predict = compiled(self._predict, "transformer" in options.compile)

    def _predict(self, ids, without_t5, noisy, times):
        context, pooled = encode(self.models["text"], ids, without_t5)
        arguments = dict(hidden_states=noisy, encoder_hidden_states=context, pooled_projections=pooled, timestep=times * 1000)
        return self.models["transformer"](**arguments, return_dict=False)[0]

    def positions(self):
        """(CLIP's, T5's) positions of this step; None cuts to the longest caption of the batch.

        Cut batches cost about half; the program feeds 77 and 77, so each 12th batch and the last part have these, some of them diffusers' 256 for T5.
        """
        last = self.progress() > 0.92
        if not last and self.step % 12:
            return None
        return 77, T5_LONGEST if (self.step % 8 if last else self.step % 48) == 0 else T5_POSITIONS

    def token_ids(self, indices, which, random):
        """Ids [B, T] by stream: one caption per image for all streams, some of them empty; and which images have none at all, [B]."""
        count, device = len(indices), self.device
        draws = torch.rand(1 + len(STREAMS), count, generator=random, device=device)
        positions = self.positions()
        if positions is None:
            longest = {name: self.captions[name].longest(indices, which) for name in STREAMS}
            positions = max(longest["clip_l"], longest["clip_g"]), longest["t5"]
        dropped = {name: (draws[0] < NO_CAPTION) | (draws[1 + index] < NO_STREAM) for index, name in enumerate(STREAMS)}
        return {name: self.captions[name].rows(indices, which, dropped[name])[:, : positions[name == "t5"]] for name in STREAMS}, draws[0] < NO_CAPTION

    def train_step(self):
        random = step_generator(41, self.step, self.device)
        indices, which = self.captions["t5"].draw(self.options.transformer_batch, random)
        ids, no_caption = self.token_ids(indices, which, random)
        without_t5 = torch.rand(len(indices), generator=random, device=self.device) < WITHOUT_T5
        latents = self.latents(indices)
        noise = torch.randn(latents.shape, generator=random, device=self.device)
        # In an order of their own: neighbours in a batch have captions of one length.
        times = flow_times(len(indices), random, self.device)[torch.randperm(len(indices), generator=random, device=self.device)]
        noisy = torch.lerp(latents, noise, times[:, None, None, None])
        with autocast(self.device):
            output = self.predict(ids, without_t5, noisy, times)
        loss = ((output.float() - (noise - latents)).square() * self.emphasis[indices]).mean()
        # What the latents show that this velocity leads to, straight on.
        shown = noisy - times[:, None, None, None] * output.float()
        unseen = (self.sight.surprise(shown, self.labels[indices]) * ~no_caption).mean()
        (loss + SIGHT_WEIGHT * unseen).backward()
        self.optimizer.step(self.rate(self.options.transformer_rate, 50))
        self.average.update(self.step, self.options.transformer_decay)
        return {"loss": loss.detach(), "unseen": unseen.detach()}

    def sample(self):
        sample_grid(self.directory, self.average.state, self.tokenizers, self.device).save(self.directory / "transformer-samples.png")
