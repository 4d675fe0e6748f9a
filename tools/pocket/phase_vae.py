"""The VAE: reconstruction, in pixels and as a trained net sees it, with a small KL term; in the last part the encoder rests and the decoder alone is sharpened."""

import torch
import torch.nn.functional as F
from architecture import LATENT, VAE
from common import Phase, World, autocast, compiled, grid, step_generator
from diffusers import AutoencoderKL
from phase_probes import Eye


def edges(images):
    """Differences between neighbouring pixels, down and across."""
    return images[:, :, 1:] - images[:, :, :-1], images[:, :, :, 1:] - images[:, :, :, :-1]


def reconstruction_loss(output, target):
    """L1 + squared error + L1 of the edges at two scales: flat areas stay flat, outlines stay sharp."""
    loss = F.l1_loss(output, target) + F.mse_loss(output, target)
    for _ in range(2):
        loss = loss + sum(F.l1_loss(a, b) for a, b in zip(edges(output), edges(target)))
        output, target = F.avg_pool2d(output, 2), F.avg_pool2d(target, 2)
    return loss


class VaePhase(Phase):
    """Trains AutoencoderKL on the world's images."""

    def __init__(self, options, name="vae", sizes=VAE):
        super().__init__(options.data, name, ["loss", "l1", "seen", "kl"], options.vae_steps, options.vae_seconds)
        self.options, self.device, self.sizes = options, options.device, sizes
        self.world = World(options.data, options.device)
        torch.manual_seed(11)
        self.vae = self.begin().to(self.device, memory_format=torch.channels_last)
        self.trains(self.vae)
        self.eye = Eye(options.data, self.world.attributes, self.device)
        self.encode, self.decode = compiled(self._encode, "vae" in options.compile), compiled(self._decode, "vae" in options.compile)

    def begin(self):
        """The autoencoder as it is before the first step."""
        return AutoencoderKL(**self.sizes)

    def _encode(self, pixels):
        moments = self.vae.encoder(pixels)
        return (moments if self.vae.quant_conv is None else self.vae.quant_conv(moments)).float().chunk(2, dim=1)

    def _decode(self, latents):
        return self.vae.decoder(latents if self.vae.post_quant_conv is None else self.vae.post_quant_conv(latents)).float()

    def train_step(self):
        random = step_generator(11, self.step, self.device)
        indices = torch.randint(self.world.count, (self.options.vae_batch,), generator=random, device=self.device)
        pixels = self.world.pixels(indices.cpu() if self.device.type == "cpu" else indices).contiguous(memory_format=torch.channels_last)
        noise = torch.randn(len(indices), self.sizes["latent_channels"], LATENT, LATENT, generator=random, device=self.device)
        sharpen = self.progress() > 0.75
        with autocast(self.device):
            with torch.set_grad_enabled(not sharpen):
                mean, logvar = self.encode(pixels)
                logvar = logvar.clamp(-30, 20)
            # Sharpening: noise of about the size that a sampler leaves behind, in units of the latents' own spread.
            deviation = mean.std() * 0.06 if sharpen else (0.5 * logvar).exp()
            output = self.decode(mean + deviation * noise)
        kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()
        seen = self.eye(output, pixels)
        loss = reconstruction_loss(output, pixels) + 0.25 * seen + (0.0 if sharpen else 2e-4) * kl
        loss.backward()
        self.optimizer.step(self.rate(self.options.vae_rate, 20))
        self.average.update(self.step, 0.998)
        return {"loss": loss.detach(), "l1": F.l1_loss(output.detach(), pixels), "seen": seen.detach(), "kl": kl.detach()}

    @torch.no_grad()
    def sample(self):
        vae = AutoencoderKL(**self.sizes).to(self.device).eval()
        vae.load_state_dict(self.average.state)
        pixels = self.world.pixels(torch.arange(12))
        output = vae.decode(vae.encode(pixels).latent_dist.mean).sample
        grid(torch.cat([pixels, output]), 12).save(self.directory / f"{self.name}-samples.png")
