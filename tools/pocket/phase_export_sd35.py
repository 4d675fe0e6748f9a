"""Writes the trained parts as a diffusers folder of StableDiffusion3Pipeline: F16, three text encoders, three tokenizers.

What is not trained yet is written with random weights, so that an unfinished run can be looked at in the program.
"""

from pathlib import Path

import torch
from architecture_sd35 import CLIP_G, CLIP_L, SCHEDULER, TRANSFORMER, VAE16, clip_config, t5_config
from common import load_checkpoint
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel
from phase_export import check_size, copy_tokenizer, export_clip, public_config, write_json, write_weights
from phase_tokenizers_sd35 import load
from streams_sd35 import STREAMS, text_encoders

# As the published folders of this family: no tokenizer.json.
CLIP_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")

T5_CONFIG_KEYS = (
    "d_ff", "d_kv", "d_model", "dense_act_fn", "dropout_rate", "eos_token_id", "feed_forward_proj", "is_encoder_decoder", "is_gated_act", "layer_norm_epsilon", "model_type",
    "num_heads", "num_layers", "pad_token_id", "relative_attention_max_distance", "relative_attention_num_buckets", "vocab_size",
)  # fmt: skip


def part(weights, prefix):
    """The tensors below a prefix, without it."""
    return {name[len(prefix) :]: value for name, value in weights.items() if name.startswith(prefix)}


def trained_parts(data, tokenizers):
    """(weights of text encoders and transformer under `text.` and `transformer.`, VAE, its factors) as far as they are trained."""
    torch.manual_seed(0)
    models = torch.nn.ModuleDict({"text": text_encoders(tokenizers), "transformer": SD3Transformer2DModel(**TRANSFORMER)})
    weights, vae = models.state_dict(), AutoencoderKL(**VAE16).state_dict()
    factors = {"scaling_factor": 1.0, "shift_factor": 0.0}
    early, frozen, last = (load_checkpoint(data / name) for name in ("vae16.pt", "vae16-frozen.pt", "transformer.pt"))
    for name in STREAMS:
        if read := load_checkpoint(data / f"text-{name}.pt"):
            weights |= {f"text.{name}.{key}": value for key, value in read["model"]["average"].items()}
    if early:
        vae = early["model"]["average"]
    if frozen:
        vae, factors = frozen["model"], {name: frozen[name] for name in factors}
    if last:
        weights = last["model"]["average"]
    return weights, vae, factors


def export_t5(out, tokenizer, state):
    """Writes the T5 encoder; its embeddings once, as transformers does."""
    write_weights(out / "model.safetensors", {name: value for name, value in state.items() if name != "encoder.embed_tokens.weight"})
    config = t5_config(tokenizer)
    described = {key: getattr(config, key) for key in T5_CONFIG_KEYS}
    write_json(out / "config.json", described | {"architectures": ["T5EncoderModel"], "torch_dtype": "float32"})


def run(options):
    """Writes the folder and tells its size."""
    data, out = Path(options.data), Path(options.out)
    tokenizers = load(data)
    weights, vae, factors = trained_parts(data, tokenizers)
    copy_tokenizer(data / "tokenizer", out / "tokenizer", CLIP_FILES)
    copy_tokenizer(data / "tokenizer_2", out / "tokenizer_2", CLIP_FILES)
    copy_tokenizer(data / "tokenizer_3", out / "tokenizer_3", ("spiece.model", "tokenizer_config.json"))
    for name, folder, sizes, tokenizer in zip(STREAMS, ("text_encoder", "text_encoder_2"), (CLIP_L, CLIP_G), tokenizers):
        export_clip(out / folder, clip_config(sizes, tokenizer), "CLIPTextModelWithProjection", part(weights, f"text.{name}."), prefix="")
    export_t5(out / "text_encoder_3", tokenizers[2], part(weights, "text.t5."))
    write_weights(out / "transformer" / "diffusion_pytorch_model.safetensors", part(weights, "transformer."))
    write_json(out / "transformer" / "config.json", public_config(SD3Transformer2DModel(**TRANSFORMER).config) | {"_class_name": "SD3Transformer2DModel"})
    write_weights(out / "vae" / "diffusion_pytorch_model.safetensors", vae)
    write_json(out / "vae" / "config.json", public_config(AutoencoderKL(**VAE16, **factors).config) | {"_class_name": "AutoencoderKL"})
    scheduler = FlowMatchEulerDiscreteScheduler(**SCHEDULER)
    write_json(out / "scheduler" / "scheduler_config.json", {**SCHEDULER, "_class_name": type(scheduler).__name__})
    clip = ["transformers", "CLIPTextModelWithProjection"]
    write_json(out / "model_index.json", {
        "_class_name": "StableDiffusion3Pipeline",
        "_diffusers_version": "0.31.0",
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "text_encoder": clip,
        "text_encoder_2": clip,
        "text_encoder_3": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "tokenizer_3": ["transformers", "T5Tokenizer"],
        "transformer": ["diffusers", "SD3Transformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })  # fmt: skip
    check_size(out)
