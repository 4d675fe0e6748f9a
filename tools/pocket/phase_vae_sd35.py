"""The 16-channel VAE: begins as the trained 8-channel one, learns what further channels are good for, and encodes the world.

The convolutions around the 8-channel latents are folded into their neighbours, for models of this family have none. Writes vae16.pt,
vae16-frozen.pt (with scaling_factor and shift_factor) and latents16.npy [count, 16, h, w].
"""

import json
import os
from pathlib import Path

import numpy as np
import torch
from architecture import VAE
from architecture_sd35 import VAE16
from common import SHIPPED_SD15, OutOfTime, World, load_checkpoint, save_checkpoint
from diffusers import AutoencoderKL
from phase_latents import encode
from phase_vae import VaePhase
from safetensors.torch import load_file


def fold_convolutions(state):
    """The state of an AutoencoderKL with its quant_conv and post_quant_conv folded into the encoder's last and the decoder's first convolution.

    Exact but for the decoder's border, where padding with zeros comes after the post_quant_conv's bias.
    """
    state = dict(state)
    quant, post = state.pop("quant_conv.weight")[:, :, 0, 0], state.pop("post_quant_conv.weight")[:, :, 0, 0]
    quant_bias, post_bias = state.pop("quant_conv.bias"), state.pop("post_quant_conv.bias")
    first = state["decoder.conv_in.weight"]
    state["encoder.conv_out.weight"] = torch.einsum("oc,cihw->oihw", quant, state["encoder.conv_out.weight"])
    state["encoder.conv_out.bias"] = quant @ state["encoder.conv_out.bias"] + quant_bias
    state["decoder.conv_in.bias"] = state["decoder.conv_in.bias"] + torch.einsum("ochw,c->o", first, post_bias)
    state["decoder.conv_in.weight"] = torch.einsum("ochw,ci->oihw", first, post)
    return state


def widen(state, vae):
    """Loads a folded 8-channel state into a 16-channel autoencoder: the old latents come first, the decoder doesn't look at the new ones yet."""
    own, old = vae.state_dict(), VAE["latent_channels"]
    weight, bias, first = state["encoder.conv_out.weight"], state["encoder.conv_out.bias"], state["decoder.conv_in.weight"]
    wide, wide_bias = own["encoder.conv_out.weight"].clone(), torch.zeros_like(own["encoder.conv_out.bias"])
    new = VAE16["latent_channels"]
    # New means answer about as strongly as old ones, from random weights; their variances are the old ones' mean.
    wide[:new] *= weight[:old].std() / wide[:new].std()
    wide[new:] = 0.0
    wide_bias[new:] = bias[old:].mean()
    for start, source in ((0, 0), (new, old)):
        wide[start : start + old], wide_bias[start : start + old] = weight[source : source + old], bias[source : source + old]
    wide_first = torch.zeros_like(own["decoder.conv_in.weight"])
    wide_first[:, :old] = first
    vae.load_state_dict(state | {"encoder.conv_out.weight": wide, "encoder.conv_out.bias": wide_bias, "decoder.conv_in.weight": wide_first})


@torch.no_grad()
def centre(vae, latents):
    """Centres the new channels, at which the decoder doesn't look yet, and gives them the old ones' standard deviation."""
    old, new = VAE["latent_channels"], VAE16["latent_channels"]
    gain = latents[:, :old].std() / latents[:, old:].std(dim=(0, 2, 3))
    out = vae.encoder.conv_out
    out.bias[old:new] = (out.bias[old:new] - latents[:, old:].mean(dim=(0, 2, 3))) * gain
    out.weight[old:new] *= gain[:, None, None, None]


def trained_state(data):
    """The state of the trained 8-channel autoencoder: the data folder's own, else that of the model that ships."""
    stored = load_checkpoint(data / "vae.pt")
    return stored["model"]["average"] if stored else load_file(SHIPPED_SD15 / "vae" / "diffusion_pytorch_model.safetensors")


class Vae16Phase(VaePhase):
    """Trains the 16-channel AutoencoderKL on from the 8-channel one."""

    def __init__(self, options):
        super().__init__(options, "vae16", VAE16)

    def begin(self):
        vae = super().begin()
        widen(fold_convolutions(trained_state(Path(self.options.data))), vae)
        centre(vae, encode(vae, self.world, torch.arange(min(64, self.world.count))))
        return vae


def equalise(vae, latents):
    """Gives all latent channels the same standard deviation, inside the convolutions beside them; means stay, so that the decoder's padding does."""
    channels = latents.shape[1]
    gain = (latents.std() / latents.std(dim=(0, 2, 3))).to(vae.device)
    with torch.no_grad():
        out, first = vae.encoder.conv_out, vae.decoder.conv_in
        out.weight[:channels] *= gain[:, None, None, None]
        out.bias[:channels] *= gain
        out.bias[channels:] += 2 * gain.log()
        first.weight /= gain[None, :, None, None]


def freeze(options, world):
    """Equalises the trained autoencoder's channels and measures shift and scale of its latents, unless that is done; gives the autoencoder."""
    directory = Path(options.data)
    vae = AutoencoderKL(**VAE16).to(options.device, memory_format=torch.channels_last).eval()
    stored = load_checkpoint(directory / "vae16-frozen.pt", options.device)
    if stored:
        vae.load_state_dict(stored["model"])
        return vae
    vae.load_state_dict(load_checkpoint(directory / "vae16.pt", options.device)["model"]["average"])
    some = torch.arange(min(4096, world.count))
    equalise(vae, encode(vae, world, some))
    latents = encode(vae, world, some)
    factors = {"scaling_factor": round(1.0 / float(latents.std()), 5), "shift_factor": round(float(latents.mean()), 5)}
    save_checkpoint(directory / "vae16-frozen.pt", {"model": {name: value.cpu() for name, value in vae.state_dict().items()}, **factors})
    print(f"{factors}, channel deviations {latents.std(dim=(0, 2, 3)).numpy().round(3)}, means {latents.mean(dim=(0, 2, 3)).numpy().round(2)}", flush=True)
    return vae


def run(options, clock, part=1024):
    """Encodes the world in parts, so that a run that is broken off goes on, unless that is done."""
    directory = Path(options.data)
    if (directory / "latents16.npy").exists():
        return
    world = World(directory, options.device)
    vae = freeze(options, world)
    unfinished, place = directory / "latents16.part.npy", directory / "latents16.json"
    done = json.loads(place.read_text())["done"] if place.exists() and unfinished.exists() else 0
    shape = (world.count, VAE16["latent_channels"], world.size // 8, world.size // 8)
    stored = np.lib.format.open_memmap(unfinished, mode="r+" if done else "w+", dtype=np.float16, shape=None if done else shape)
    for first in range(done, world.count, part):
        if clock.remaining() < 40:
            raise OutOfTime("latents16")
        indices = torch.arange(first, min(first + part, world.count))
        stored[first : first + len(indices)] = encode(vae, world, indices).numpy().astype(np.float16)
        stored.flush()
        place.write_text(json.dumps({"done": first + len(indices)}))
    os.replace(unfinished, directory / "latents16.npy")
    place.unlink()
