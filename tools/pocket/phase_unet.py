"""The U-Net and the text encoder, trained together on the frozen latents: noise prediction with classifier-free dropout and averaged weights."""

from pathlib import Path

import numpy as np
import torch
from architecture import SCHEDULER, UNET, text_config
from captions import Captions
from common import FIGURE_EMPHASIS, Phase, World, autocast, compiled, load_checkpoint, step_generator
from diffusers import DDPMScheduler, UNet2DConditionModel
from phase_sight import SightPhase, trained_sight
from phase_text import TextPhase, trained
from sampling import sample_grid
from transformers import CLIPTextModel, CLIPTokenizer


# Of the cross-entropy of what denoised latents show, beside the squared error.
SIGHT_WEIGHT = 0.15


def loss_weights(scheduler, gamma=5.0, most=20.0):
    """Min-SNR weights of the squared noise error per timestep (Hang et al. 2023, formula for velocities): noise that hides all but the layout counts as much as noise that hides detail."""
    alphas = scheduler.alphas_cumprod
    snr = alphas / (1 - alphas)
    return ((snr + 1).clamp(max=gamma) / snr).clamp(max=most)


class Latents:
    """The world's latents [N, 8, H, W] in the units that the U-Net sees."""

    def __init__(self, options):
        self.scaling = load_checkpoint(Path(options.data) / "vae-frozen.pt")["scaling_factor"]
        self.stored = torch.from_numpy(np.load(Path(options.data) / "latents.npy")).float().to(options.device)
        self.shape = self.stored.shape[1:]

    def __call__(self, indices):
        return self.stored[indices] * self.scaling


def learn_to_see(options, clock):
    """Trains the net that says what latents show."""
    latents = Latents(options)
    SightPhase(options, "sight", latents, latents.shape).run(clock)


def read_captions(options, clock):
    """Lets the text encoder learn to read before it learns to draw."""
    torch.manual_seed(23)
    tokenizer = CLIPTokenizer.from_pretrained(Path(options.data) / "tokenizer")
    text = CLIPTextModel(text_config(tokenizer)).to(options.device)
    captions = Captions(World(options.data), tokenizer, Path(options.data) / "tokens.npy", options.device)
    TextPhase(options, "text", text, text.config.hidden_size, lambda ids: text(ids).last_hidden_state, captions, 19).run(clock)


class UnetPhase(Phase):
    """Trains UNet2DConditionModel and CLIPTextModel."""

    def __init__(self, options):
        super().__init__(options.data, "unet", ["loss", "mse", "unseen"], options.unet_steps, options.unet_seconds)
        self.options, self.device = options, options.device
        torch.manual_seed(23)
        self.tokenizer = CLIPTokenizer.from_pretrained(Path(options.data) / "tokenizer")
        text, unet = CLIPTextModel(text_config(self.tokenizer)), UNet2DConditionModel(**UNET)
        text.load_state_dict(trained(options, "text"))
        # Convolutions run faster on a CPU with the channels last.
        self.models = torch.nn.ModuleDict({"text": text, "unet": unet.to(memory_format=torch.channels_last)}).to(self.device)
        self.trains(self.models)
        self.scheduler = DDPMScheduler(**SCHEDULER)
        self.alphas = self.scheduler.alphas_cumprod.to(self.device)
        self.weights = loss_weights(self.scheduler).to(self.device)
        self.latents = Latents(options)
        world = World(options.data)
        self.labels = world.labels.to(self.device)
        self.sight = trained_sight(options, "sight", world, self.latents.shape)
        self.emphasis = world.emphasis(FIGURE_EMPHASIS).to(self.device)
        self.captions = Captions(world, self.tokenizer, Path(options.data) / "tokens.npy", self.device)
        self.predict = compiled(self._predict, "unet" in options.compile)

    def _predict(self, ids, noisy, timesteps):
        states = self.models["text"](ids).last_hidden_state
        return self.models["unet"](noisy, timesteps, states, return_dict=False)[0]

    def train_step(self):
        random = step_generator(23, self.step, self.device)
        indices, which = self.captions.draw(self.options.unet_batch, random)
        # On a CPU most batches are cut to their longest caption; the product always feeds all 77 positions, so the last part trains on them.
        positions = 77 if self.device.type == "cuda" or self.step % 12 == 0 or self.progress() > 0.92 else self.captions.longest(indices, which)
        dropped = torch.rand(len(indices), generator=random, device=self.device) < 0.1
        ids = self.captions.rows(indices, which, dropped)[:, :positions]
        latents = self.latents(indices)
        noise = torch.randn(latents.shape, generator=random, device=self.device)
        # One timestep out of each B-th of the schedule: the same distribution, less noise in the gradient; in an order of their own, since neighbours have captions of one length.
        places = torch.randperm(len(indices), generator=random, device=self.device) + torch.rand(len(indices), generator=random, device=self.device)
        timesteps = (places * (1000 / len(indices))).long().clamp(max=999)
        alpha = self.alphas[timesteps][:, None, None, None]
        noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
        with autocast(self.device):
            output = self.predict(ids, noisy, timesteps)
        error = (output.float() - noise).square()
        loss = ((error * self.emphasis[indices]).mean(dim=(1, 2, 3)) * self.weights[timesteps]).mean()
        # What the latents show that this prediction leads to; no more than a unit of the prediction weighs, however much noise it is taken from.
        shown = (noisy - (1 - alpha).sqrt() * output.float()) / alpha.sqrt()
        trust = (alpha / (1 - alpha)).sqrt().clamp(max=1)[:, 0, 0, 0] * ~dropped
        unseen = (self.sight.surprise(shown, self.labels[indices]) * trust).mean()
        (loss + SIGHT_WEIGHT * unseen).backward()
        self.optimizer.step(self.rate(self.options.unet_rate, 50))
        self.average.update(self.step, self.options.unet_decay)
        return {"loss": loss.detach(), "mse": error.detach().mean(), "unseen": unseen.detach()}

    def sample(self):
        sample_grid(self.directory, self.average.state, self.tokenizer, self.device).save(self.directory / "unet-samples.png")
