"""tiny-sd3: a complete Stable Diffusion 3.5 folder with small random weights and three tokenizers of its own."""

from __future__ import annotations

from pathlib import Path

import torch

import sd3_transformer
import t5
import t5_tokens
import text_projection
import vae
from common import normal, relative_difference, write_json
from scheduler_cases import SD3
from tiny_sd15 import write_tokenizer

# Fewer merges than the first tokenizer has, and padding with "!", as in the published folders.
MERGES_2 = 140

CLIP_L = dict(seed=61, hidden=24, intermediate=72, heads=3, layers=2, act="quick_gelu", eos=2, projection=24)
CLIP_G = dict(seed=62, hidden=32, intermediate=64, heads=4, layers=3, act="gelu", eos=2, projection=32)
T5 = dict(seed=63, width=64, inner=8, heads=4, ff=96, layers=2, buckets=32, distance=128)
TRANSFORMER = dict(num_layers=3, attention_head_dim=8, num_attention_heads=4, joint_attention_dim=64, caption_projection_dim=32, sample_size=8,
                   pooled_projection_dim=56, pos_embed_max_size=16, dual_attention_layers=[0], qk_norm="rms_norm")
VAE = dict(block_out_channels=[4, 8, 8, 8], layers_per_block=1, norm_num_groups=2, sample_size=64, latent_channels=16, scaling_factor=1.5305,
           shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False)


def write_index(folder: Path) -> None:
    """model_index.json and the scheduler's file."""
    write_json(folder / "scheduler" / "scheduler_config.json", SD3)
    clip, long = ["transformers", "CLIPTextModelWithProjection"], ["transformers", "T5EncoderModel"]
    write_json(folder / "model_index.json", {
        "_class_name": "StableDiffusion3Pipeline", "_diffusers_version": "0.31.0.dev0", "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "text_encoder": clip, "text_encoder_2": clip, "text_encoder_3": long, "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"], "tokenizer_3": ["transformers", "T5Tokenizer"],
        "transformer": ["diffusers", "SD3Transformer2DModel"], "vae": ["diffusers", "AutoencoderKL"]})


def make(root: Path) -> None:
    """The folder; the transformer's last layer is scaled so that its prediction has the size of a velocity, and the image that of an image."""
    vocabularies = write_tokenizer(root / "tokenizer"), write_tokenizer(root / "tokenizer_2", MERGES_2, "!")
    for index, (case, name) in enumerate(((CLIP_L, "text_encoder"), (CLIP_G, "text_encoder_2"))):
        text_projection.save_folder(text_projection.build({**case, "vocab": vocabularies[index]}), root / name)
    t5_tokens.write_tokenizer(root / "tokenizer_3", with_json=False)
    t5.save_folder(t5.build({**T5, "vocab": 300}), root / "text_encoder_3", torch.float16, shards=2)

    model = sd3_transformer.build(TRANSFORMER, 64)
    arguments = dict(hidden_states=normal(65, 2, 16, 8, 6), timestep=torch.tensor([600.0, 200.0]), pooled_projections=normal(67, 2, 56))
    with torch.no_grad():
        output = model(encoder_hidden_states=normal(66, 2, 109, 64), **arguments).sample
        model.proj_out.weight *= 1.4 / output.std()
        model.proj_out.bias *= 1.4 / output.std()
        changed = model(encoder_hidden_states=normal(68, 2, 109, 64), **arguments).sample
    moved = relative_difference(changed * output.std() / 1.4, output)
    if moved < 0.05:
        raise ValueError(f"the text moves the prediction by {moved:.1e} only")
    sd3_transformer.save_folder(model, root / "transformer")

    autoencoder = vae.build(VAE, 69)
    with torch.no_grad():
        image = autoencoder.decode(normal(70, 1, 16, 8, 6)).sample
        autoencoder.decoder.conv_out.weight *= 0.5 / image.std()
        autoencoder.decoder.conv_out.bias *= 0.2
    vae.save_folder(autoencoder, root / "vae", "all")
    write_index(root)
