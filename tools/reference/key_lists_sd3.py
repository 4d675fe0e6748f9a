"""Every key and shape of SD3 medium, SD3.5 medium and SD3.5 large, from the reference classes built without memory for their weights."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, SD3Transformer2DModel
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, T5Config, T5EncoderModel

from common import write_json
from key_lists import shapes

# The published configs, as they are on disk.
MEDIUM_3 = {
    "_class_name": "SD3Transformer2DModel", "_diffusers_version": "0.29.0.dev0", "attention_head_dim": 64, "caption_projection_dim": 1536, "in_channels": 16,
    "joint_attention_dim": 4096, "num_attention_heads": 24, "num_layers": 24, "out_channels": 16, "patch_size": 2, "pooled_projection_dim": 2048,
    "pos_embed_max_size": 192, "sample_size": 128,
}
MEDIUM_35 = {
    **MEDIUM_3, "_diffusers_version": "0.31.0.dev0", "dual_attention_layers": list(range(13)), "pos_embed_max_size": 384, "qk_norm": "rms_norm",
}
LARGE_35 = {
    **MEDIUM_3, "_diffusers_version": "0.31.0.dev0", "caption_projection_dim": 2432, "num_attention_heads": 38, "num_layers": 38, "qk_norm": "rms_norm",
}
VAE = {
    "_class_name": "AutoencoderKL", "_diffusers_version": "0.31.0.dev0", "act_fn": "silu", "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4, "force_upcast": True, "in_channels": 3, "latent_channels": 16, "latents_mean": None, "latents_std": None,
    "layers_per_block": 2, "mid_block_add_attention": True, "norm_num_groups": 32, "out_channels": 3, "sample_size": 1024, "scaling_factor": 1.5305,
    "shift_factor": 0.0609, "up_block_types": ["UpDecoderBlock2D"] * 4, "use_post_quant_conv": False, "use_quant_conv": False,
}
CLIP_L = {
    "architectures": ["CLIPTextModelWithProjection"], "attention_dropout": 0.0, "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2, "hidden_act": "quick_gelu",
    "hidden_size": 768, "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-5,
    "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1,
    "projection_dim": 768, "torch_dtype": "float16", "transformers_version": "4.41.2", "vocab_size": 49408,
}
CLIP_G = {**CLIP_L, "hidden_act": "gelu", "hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 20, "num_hidden_layers": 32, "projection_dim": 1280}
T5 = {
    "architectures": ["T5EncoderModel"], "classifier_dropout": 0.0, "d_ff": 10240, "d_kv": 64, "d_model": 4096, "decoder_start_token_id": 0,
    "dense_act_fn": "gelu_new", "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0,
    "is_encoder_decoder": True, "is_gated_act": True, "layer_norm_epsilon": 1e-6, "model_type": "t5", "num_decoder_layers": 24, "num_heads": 64,
    "num_layers": 24, "output_past": True, "pad_token_id": 0, "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32,
    "tie_word_embeddings": False, "torch_dtype": "float16", "transformers_version": "4.41.2", "use_cache": True, "vocab_size": 32128,
}


def t5_shapes() -> dict[str, list[int]]:
    """T5's keys as the published shards hold them: the embeddings once."""
    model = T5EncoderModel(T5Config(**{key: value for key, value in T5.items() if key != "model_type"}))
    return {name: shape for name, shape in shapes(model).items() if name != "encoder.embed_tokens.weight"}


def clip_shapes(config: dict) -> dict[str, list[int]]:
    """CLIPTextModelWithProjection's keys."""
    return shapes(CLIPTextModelWithProjection(CLIPTextConfig(**config)))


def make(root: Path) -> None:
    """`sd3-medium.json`, `sd35-medium.json`, `sd35-large.json`: the transformer; `sd3-shared.json`: what all three have."""
    with torch.device("meta"):
        for name, config in (("sd3-medium", MEDIUM_3), ("sd35-medium", MEDIUM_35), ("sd35-large", LARGE_35)):
            write_json(root / f"{name}.json", {"transformer": {"config": config, "weights": shapes(SD3Transformer2DModel.from_config(config))}}, compact=True)
        write_json(root / "sd3-shared.json", {
            "text_encoder": {"config": CLIP_L, "weights": clip_shapes(CLIP_L)}, "text_encoder_2": {"config": CLIP_G, "weights": clip_shapes(CLIP_G)},
            "text_encoder_3": {"config": T5, "weights": t5_shapes()}, "vae": {"config": VAE, "weights": shapes(AutoencoderKL.from_config(VAE))},
        }, compact=True)
