"""Lays a finished SD3.5 pocket model into a data folder, so that its training goes on: `python tools/pocket/take_up_sd35.py --data DIR [--model models/pocket-sd35]`.

For a machine without the checkpoints that the model was made from. Needs make.py's world and eye in DIR; then `make_sd35.py --data DIR --transformer-seconds MORE` goes on
from the exported (averaged, F16) weights, MORE counting from the seconds that the model's curve ends with.
"""

import argparse
import csv
import json
import math
import shutil
from pathlib import Path

import torch
from architecture_sd35 import TRANSFORMER
from common import save_checkpoint
from diffusers import SD3Transformer2DModel
from phase_tokenizers_sd35 import load
from safetensors.torch import load_file
from streams_sd35 import STREAMS, text_encoders

HERE = Path(__file__).parent
ENCODERS = {"clip_l": "text_encoder", "clip_g": "text_encoder_2", "t5": "text_encoder_3"}
WEIGHTS = "diffusion_pytorch_model.safetensors"


def weights(path):
    """Tensors of a file in float32: what is trained on is not stored in half."""
    return {name: value.float() for name, value in load_file(path).items()}


def complete(module, state):
    """The module's state with these tensors put in: buffers that follow from the configuration and tied tensors are no part of files."""
    missing, unexpected = module.load_state_dict(state, strict=False)
    if unexpected or any(not (name.endswith(("position_ids", "pos_embed.pos_embed")) or "embed_tokens" in name) for name in missing):
        raise ValueError(f"the model's files are not of this recipe: missing {missing}, unexpected {unexpected}")
    return module.state_dict()


def curve(options, name):
    """Copies the curve of a phase from the records into the data folder and gives its last row."""
    shutil.copyfile(options.records / f"{name}-curve.csv", options.data / f"{name}-curve.csv")
    with open(options.records / f"{name}-curve.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))[-1]


def finish(data, name, model, step=0, seconds=math.inf):
    """Writes the checkpoint of a phase that is over; without its seconds, however many a preset gives it."""
    save_checkpoint(data / f"{name}.pt", {"model": model, "step": int(step), "done": True, "seconds": seconds})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--model", default=HERE.parent.parent / "models/pocket-sd35", type=Path)
    parser.add_argument("--records", default=HERE / "records", type=Path)
    options = parser.parse_args()
    data, model = options.data, options.model
    if (data / "transformer.pt").exists():
        raise FileExistsError(f"{data} has checkpoints of its own: make_sd35.py goes on from those")
    for name in ("tokenizer", "tokenizer_2", "tokenizer_3"):
        shutil.copytree(model / name, data / name, dirs_exist_ok=True)
    vae, described = weights(model / "vae" / WEIGHTS), json.loads((model / "vae" / "config.json").read_text())
    finish(data, "vae16", {"average": vae}, curve(options, "vae16")["step"])
    save_checkpoint(data / "vae16-frozen.pt", {"model": vae, "scaling_factor": described["scaling_factor"], "shift_factor": described["shift_factor"]})
    tokenizers = load(data)
    encoders = text_encoders(tokenizers)
    for name in STREAMS:
        state = complete(encoders[name], weights(model / ENCODERS[name] / "model.safetensors"))
        finish(data, f"text-{name}", {"average": state})
    transformer = SD3Transformer2DModel(**TRANSFORMER)
    complete(transformer, weights(model / "transformer" / WEIGHTS))
    state = torch.nn.ModuleDict({"text": encoders, "transformer": transformer}).state_dict()
    last = curve(options, "transformer")
    finish(data, "transformer", {"module": state, "average": state}, last["step"], float(last["seconds"]))
    print(f"took up {model} at step {last['step']}, {last['seconds']} s")


if __name__ == "__main__":
    main()
