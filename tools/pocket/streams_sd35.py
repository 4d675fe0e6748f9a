"""The three text streams of the SD3.5 model, and the context that StableDiffusion3Pipeline makes of them."""

from pathlib import Path

import torch
import torch.nn.functional as F
from architecture_sd35 import CLIP_G, CLIP_L, T5_LONGEST, clip_config, t5_config
from captions import Captions
from phase_tokenizers_sd35 import load
from transformers import CLIPTextModelWithProjection, T5EncoderModel

STREAMS = ("clip_l", "clip_g", "t5")


def text_encoders(tokenizers):
    """The three encoders with random weights, by stream."""
    return torch.nn.ModuleDict({
        "clip_l": CLIPTextModelWithProjection(clip_config(CLIP_L, tokenizers[0])),
        "clip_g": CLIPTextModelWithProjection(clip_config(CLIP_G, tokenizers[1])),
        "t5": T5EncoderModel(t5_config(tokenizers[2])),
    })  # fmt: skip


def clip_states(encoder, ids):
    """Penultimate states [B, T, d] and pooled projection [B, d] of a CLIP encoder."""
    output = encoder(ids, output_hidden_states=True)
    return output.hidden_states[-2], output.text_embeds


def encode(encoders, ids, without_t5=None):
    """Context [B, T_clip + T_t5, d] and pooled projections [B, d_l + d_g] of token ids by stream; `without_t5` [B] puts zeros where T5's states would be."""
    states_l, pooled_l = clip_states(encoders["clip_l"], ids["clip_l"])
    states_g, pooled_g = clip_states(encoders["clip_g"], ids["clip_g"])
    t5 = encoders["t5"](ids["t5"]).last_hidden_state
    if without_t5 is not None:
        t5 = t5 * (~without_t5)[:, None, None]
    clip = torch.cat([states_l, states_g], dim=-1)
    return torch.cat([F.pad(clip, (0, t5.shape[-1] - clip.shape[-1])), t5], dim=1), torch.cat([pooled_l, pooled_g], dim=-1)


def stream_captions(data, world, device):
    """The captions as token ids, by stream."""
    lengths = {"t5": T5_LONGEST}
    return {
        name: Captions(world, tokenizer, Path(data) / f"tokens{'' if name == 'clip_l' else '-' + name}.npy", device, lengths.get(name, 77))
        for name, tokenizer in zip(STREAMS, load(Path(data)))
    }
