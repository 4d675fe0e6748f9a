"""Names and shapes of every tensor of the real, full-size models, made without memory on torch's meta device."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from common import write_json
from tokens import write_compressed
from unet import CROSS_DOWN, CROSS_UP, PLAIN_DOWN, PLAIN_UP

UNET = dict(sample_size=64, in_channels=4, out_channels=4, center_input_sample=False, flip_sin_to_cos=True, freq_shift=0,
            down_block_types=[CROSS_DOWN] * 3 + [PLAIN_DOWN], up_block_types=[PLAIN_UP] + [CROSS_UP] * 3,
            block_out_channels=[320, 640, 1280, 1280], layers_per_block=2, downsample_padding=1, mid_block_scale_factor=1,
            act_fn="silu", norm_num_groups=32, norm_eps=1e-5, cross_attention_dim=768, attention_head_dim=8)
VAE = dict(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=[128, 256, 512, 512], layers_per_block=2,
           act_fn="silu", norm_num_groups=32, sample_size=512, down_block_types=["DownEncoderBlock2D"] * 4,
           up_block_types=["UpDecoderBlock2D"] * 4)
TEXT = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, hidden_act="quick_gelu",
            layer_norm_eps=1e-5, max_position_embeddings=77, vocab_size=49408, projection_dim=768, bos_token_id=0, eos_token_id=2,
            pad_token_id=1)

MODELS = {
    "sd15": (UNET, VAE, TEXT),
    "sd21-base": ({**UNET, "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20], "use_linear_projection": True},
                  {**VAE, "sample_size": 768},
                  {**TEXT, "hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 23,
                   "hidden_act": "gelu", "projection_dim": 512}),
}
# Parameter counts that are published for these models: a wrong configuration cannot pass.
PARAMETERS = {"sd15": (859_520_964, 83_653_863, 123_060_480), "sd21-base": (865_910_724, 83_653_863, 340_387_840)}


def shapes(module: torch.nn.Module, prefix: str = "") -> dict[str, list[int]]:
    """Key -> shape of all tensors that a weight file holds."""
    return {prefix + name.removeprefix(prefix): list(tensor.shape) for name, tensor in module.state_dict().items()}


def make(root: Path) -> None:
    """One compressed JSON per model: component -> {config, tensors}."""
    summary = {}
    for name, (unet, vae, text) in MODELS.items():
        with torch.device("meta"):
            parts = {"unet": (UNet2DConditionModel(**unet), unet, ""), "vae": (AutoencoderKL(**vae), vae, ""),
                     "text_encoder": (CLIPTextModel(CLIPTextConfig(**text)), text, "text_model.")}
        found = {part: {"config": config, "tensors": shapes(module, prefix)} for part, (module, config, prefix) in parts.items()}
        counts = tuple(sum(parameter.numel() for parameter in module.parameters()) for module, _, _ in parts.values())
        if counts != PARAMETERS[name]:
            raise ValueError(f"{name}: {counts} parameters, wanted {PARAMETERS[name]}")
        write_compressed(root / f"{name}.json.gz", found)
        summary[name] = {part: {"tensors": len(found[part]["tensors"]), "parameters": count} for part, count in zip(found, counts)}
    write_json(root / "case.json", {"id": "keys", "models": summary})
