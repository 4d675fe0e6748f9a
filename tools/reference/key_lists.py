"""Every key and shape of the real models' weight files, from the reference classes built without memory for their weights."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from common import write_json

CROSS_DOWN, CROSS_UP = ["CrossAttnDownBlock2D"] * 3, ["CrossAttnUpBlock2D"] * 3

# The published configs of the real models, as far as they shape the weights.
UNET = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu", "attention_head_dim": 8,
    "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": False, "cross_attention_dim": 768,
    "down_block_types": [*CROSS_DOWN, "DownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": True, "freq_shift": 0,
    "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1, "norm_eps": 1e-5, "norm_num_groups": 32,
    "out_channels": 4, "sample_size": 64, "up_block_types": ["UpBlock2D", *CROSS_UP],
}
UNET_2 = {
    **UNET, "_diffusers_version": "0.10.0.dev0", "attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024,
    "dual_cross_attention": False, "num_class_embeds": None, "only_cross_attention": False, "sample_size": 96,
    "upcast_attention": True, "use_linear_projection": True,
}
VAE = {
    "_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu", "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4, "in_channels": 3, "latent_channels": 4, "layers_per_block": 2,
    "norm_num_groups": 32, "out_channels": 3, "sample_size": 512, "up_block_types": ["UpDecoderBlock2D"] * 4,
}
TEXT = {
    "_name_or_path": "openai/clip-vit-large-patch14", "architectures": ["CLIPTextModel"], "attention_dropout": 0.0,
    "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2, "hidden_act": "quick_gelu", "hidden_size": 768,
    "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-5,
    "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 12, "num_hidden_layers": 12,
    "pad_token_id": 1, "projection_dim": 768, "torch_dtype": "float32", "transformers_version": "4.22.0.dev0", "vocab_size": 49408,
}
TEXT_2 = {
    **TEXT, "hidden_act": "gelu", "hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
    "num_hidden_layers": 23, "projection_dim": 512,
}


def shapes(module: torch.nn.Module, prefix: str = "") -> dict[str, list[int]]:
    """Shape by key, as the module saves itself."""
    return {prefix + name: list(tensor.shape) for name, tensor in sorted(module.state_dict().items())}


def text_shapes(config: dict) -> dict[str, list[int]]:
    """CLIPTextModel's keys under the prefix of the published files; this transformers version saves them without."""
    model = CLIPTextModel(CLIPTextConfig(**{key: value for key, value in config.items() if not key.startswith("_")}))
    bare = {name.removeprefix("text_model."): shape for name, shape in shapes(model).items()}
    return {f"text_model.{name}": shape for name, shape in sorted(bare.items())}


def make(root: Path) -> None:
    """`sd15.json` and `sd21.json`: config and weights per part."""
    with torch.device("meta"):
        vae = {"config": VAE, "weights": shapes(AutoencoderKL.from_config(VAE))}
        for name, unet, text in (("sd15", UNET, TEXT), ("sd21", UNET_2, TEXT_2)):
            write_json(root / f"{name}.json", {
                "text_encoder": {"config": text, "weights": text_shapes(text)},
                "unet": {"config": unet, "weights": shapes(UNet2DConditionModel.from_config(unet))},
                "vae": vae,
            }, compact=True)
