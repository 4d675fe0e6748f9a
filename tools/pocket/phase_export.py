"""Writes the trained parts as a diffusers folder: F16, the text encoder with the classic `text_model.` prefix.

What is not trained yet is written with random weights, so that an unfinished run can be looked at in the program.
"""

import json
import shutil
from pathlib import Path

import torch
from architecture import SCHEDULER, UNET, VAE, text_config
from common import load_checkpoint
from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")

TEXT_CONFIG_KEYS = (
    "attention_dropout", "bos_token_id", "eos_token_id", "hidden_act", "hidden_size", "initializer_factor", "initializer_range", "intermediate_size", "layer_norm_eps",
    "max_position_embeddings", "model_type", "num_attention_heads", "num_hidden_layers", "pad_token_id", "projection_dim", "vocab_size",
)  # fmt: skip


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def write_weights(path, state):
    """Writes tensors as F16, sorted by name, so that equal weights give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: state[name].detach().cpu().half().contiguous() for name in sorted(state)}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f'export: tensor "{name}" does not fit into F16')
    save_file(tensors, path, metadata={"format": "pt"})


def public_config(config):
    """A configuration without what names this machine's files."""
    return {key: value for key, value in dict(config).items() if key not in ("_name_or_path", "_use_default_values")}


def export_clip(out, config, architecture, state, prefix="text_model."):
    """Writes a CLIP text encoder; `prefix` is put before the names that lack it."""
    write_weights(out / "model.safetensors", {prefix + name.removeprefix(prefix): value for name, value in state.items()})
    described = {key: getattr(config, key) for key in TEXT_CONFIG_KEYS}
    write_json(out / "config.json", described | {"architectures": [architecture], "torch_dtype": "float32"})


def copy_tokenizer(source, out, names=TOKENIZER_FILES):
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(source / name, out / name)


def check_size(out, most=10_000_000):
    """Tells the size of a model folder. Raises ValueError when it is too large."""
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {size} bytes", flush=True)
    if size > most:
        raise ValueError(f"export: {out} has {size} bytes, the model may have {most:,}")


def trained_parts(data, tokenizer):
    """(text encoder, U-Net, VAE, scaling factor) as far as they are trained."""
    torch.manual_seed(0)
    text, unet = CLIPTextModel(text_config(tokenizer)).state_dict(), UNet2DConditionModel(**UNET).state_dict()
    vae, scaling = AutoencoderKL(**VAE).state_dict(), 1.0
    early, frozen, last = (load_checkpoint(data / name) for name in ("vae.pt", "vae-frozen.pt", "unet.pt"))
    if early:
        vae = early["model"]["average"]
    if frozen:
        vae, scaling = frozen["model"], frozen["scaling_factor"]
    if last:
        average = last["model"]["average"]
        text = {name[5:]: value for name, value in average.items() if name.startswith("text.")}
        unet = {name[5:]: value for name, value in average.items() if name.startswith("unet.")}
    return text, unet, vae, scaling


def run(options):
    """Writes the folder and tells its size."""
    data, out = Path(options.data), Path(options.out)
    tokenizer = CLIPTokenizer.from_pretrained(data / "tokenizer")
    text, unet, vae, scaling = trained_parts(data, tokenizer)
    copy_tokenizer(data / "tokenizer", out / "tokenizer")
    export_clip(out / "text_encoder", text_config(tokenizer), "CLIPTextModel", text)
    write_weights(out / "unet" / "diffusion_pytorch_model.safetensors", unet)
    write_json(out / "unet" / "config.json", public_config(UNet2DConditionModel(**UNET).config) | {"_class_name": "UNet2DConditionModel"})
    write_weights(out / "vae" / "diffusion_pytorch_model.safetensors", vae)
    write_json(out / "vae" / "config.json", public_config(AutoencoderKL(**VAE, scaling_factor=round(scaling, 5)).config) | {"_class_name": "AutoencoderKL"})
    scheduler = PNDMScheduler(**SCHEDULER, set_alpha_to_one=False, skip_prk_steps=True, steps_offset=1)
    write_json(out / "scheduler" / "scheduler_config.json", public_config(scheduler.config) | {"_class_name": "PNDMScheduler", "clip_sample": False})
    write_json(out / "model_index.json", {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.6.0",
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })  # fmt: skip
    check_size(out)
