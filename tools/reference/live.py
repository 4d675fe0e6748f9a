"""New random cases for a live proof: `live.py TASK < request.json`; see README.md, "Live cases".

Reads one JSON object from stdin, writes case folders under its `folder`, prints one JSON object
`{"versions", "cases": [{"id", "folder", ...}]}` on stdout. A bad request ends with exit code 2 and the reason on stderr.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Callable

import numpy as np
import torch

import gradients
import image
import image_sd3
import schedulers
import sd3_transformer
import t5
import text_encoder
import text_projection
import token_strings
import torch_random
import training_loop
import unet
import vae
from common import IllConditioned, normal, relative_difference, save_case, save_tensors, versions, write_json
from engram_rules import registry

MODULES = {
    "text-encoder": text_encoder, "unet": unet, "vae": vae, "text-projection": text_projection, "t5": t5, "sd3-transformer": sd3_transformer,
    "vae-sd3": SimpleNamespace(make_case=vae.make_case, random_case=vae.random_case_sd3, OPTIONS=vae.OPTIONS_SD3),
}
# Configurations that are drawn for one case, all with its options, before the task gives up.
DRAWS = 10
# How far a case's float32 outputs may lie from float64: a fifth of the tolerance that they are compared with.
OWN_ERROR = 4e-6
# What a request without `modules` gets: those of Stable Diffusion 1.5.
SD15_MODULES = ["text-encoder", "unet", "vae"]


def _generator(request: dict, salt: int) -> np.random.Generator:
    return np.random.default_rng([int(request["seed"]), salt])


def _shared_out(rng: np.random.Generator, choices: dict[str, list], count: int) -> list[dict]:
    """Options of `count` cases: each choice of an option comes equally often, give or take one, in random order."""
    columns = {name: [values[place % len(values)] for place in rng.permutation(count)] for name, values in choices.items()}
    return [{name: column[index] for name, column in columns.items()} for index in range(count)]


def _make_random(name: str, rng: np.random.Generator, options: dict, case_id: str, root: Path) -> int:
    """A random configuration of a module whose float32 numbers are good enough to compare with; returns how many were drawn."""
    for draw in range(1, DRAWS + 1):
        shutil.rmtree(root / case_id, ignore_errors=True)
        try:
            MODULES[name].make_case({**MODULES[name].random_case(rng, **options), "id": case_id}, root / case_id, check=False)
            errors = json.loads((root / case_id / "case.json").read_text(encoding="utf-8"))["float64_error"]
            own = max(error for output, error in errors.items() if not output.startswith("trace."))
            if own > OWN_ERROR:
                raise IllConditioned(f"{case_id}: float32 outputs are off by {own}")
            return draw
        except IllConditioned as error:
            print(f"{error}: drawn anew", file=sys.stderr)
    raise ValueError(f"{case_id}: {DRAWS} configurations with {options} have no float32 outputs to compare with")


def module_parity(request: dict, root: Path) -> list[dict]:
    """`cases` random configurations of each module (or of `modules`)."""
    found, count = [], int(request.get("cases", 2))
    for salt, name in enumerate(request.get("modules", SD15_MODULES)):
        rng = _generator(request, salt)
        for index, options in enumerate(_shared_out(rng, getattr(MODULES[name], "OPTIONS", {}), count)):
            case_id = f"{name}-{index}"
            draws = _make_random(name, rng, options, case_id, root)
            found.append({"id": case_id, "module": name, "folder": case_id, "draws": draws})
    return found


def state_gradients(request: dict, root: Path) -> list[dict]:
    """d loss / d text states of `cases` random U-Nets, batch 2."""
    rng, found = _generator(request, 100), []
    for index in range(int(request.get("cases", 2))):
        case = {**unet.random_case(rng), "id": f"gradients-{index}", "batch": 2}
        case["timesteps"] = case["timesteps"][:1]
        folder = root / case["id"]
        unet.save_folder(unet.build(case["config"], case["seed"]), folder / "unet", case["keys"], text_encoder.DTYPES[case["dtype"]])
        model = unet.load(folder / "unet").requires_grad_(False)
        gradients.make_case(model, case, folder, {"id": case["id"], "class": "UNet2DConditionModel", "folder": "unet"})
        found.append({"id": case["id"], "folder": case["id"]})
    return found


def training(request: dict, root: Path) -> list[dict]:
    """`cases` runs of `steps` (10) steps: random U-Net, trigger, captions, draws and rules."""
    rng, found = _generator(request, 200), []
    steps = int(request.get("steps", 10))
    for index in range(int(request.get("cases", 1))):
        network = {**unet.random_case(rng), "dtype": "F32"}
        width, size, batch = network["config"]["cross_attention_dim"], (network["height"], network["width"]), int(rng.integers(1, 5))
        trigger = [int(value) for value in rng.choice(np.arange(600, 770), int(rng.integers(6, 10)), replace=False)]
        keys = registry(trigger, int(rng.integers(2, 8)))
        ids = training_loop.caption_ids(int(rng.integers(2**31)), trigger=trigger)
        draws = training_loop.make_draws(int(rng.integers(2**31)), batch, steps, width, size, rows=len(keys))
        case = dict(id=f"training-{index}", steps=steps, batch=batch, rate=float(rng.choice([1e-3, 2e-2])),
                    rule=str(rng.choice(["absolute", "relative-norm"])), tanh=bool(rng.integers(2)), overlap=str(rng.choice(["sum", "mean"])))
        folder = root / case["id"]
        unet.save_folder(unet.build(network["config"], network["seed"]), folder / "unet", network["keys"])
        model = unet.load(folder / "unet").requires_grad_(False)
        save_tensors(folder / "draws.safetensors", draws)
        training_loop.make_case(model, case, draws, ids, folder, {"draws": "draws.safetensors", "folder": "unet"}, keys)
        found.append({"id": case["id"], "folder": case["id"]})
    return found


def images(request: dict, root: Path) -> list[dict]:
    """StableDiffusionPipeline over the folder `model`, for each of `cases` (fields as in image.py)."""
    found = []
    for index, given in enumerate(request["cases"]):
        case = {**image.DEFAULTS, "id": f"image-{index}", **given}
        pipe = image.pipeline(Path(request["model"]), case)
        outputs, disturbed = image.run(pipe, case, keep_last_input=True), image.run(pipe, case, 1e-7)
        # The same pipeline on the same machine with torch's other convolutions: as equal as the reference is to itself.
        with torch.backends.mkldnn.flags(enabled=False):
            other = image.run(pipe, case)
        names = ("latents", "first_unet_output", "last_unet_output")
        answers, itself = ({name: relative_difference(run[name], outputs[name]) for name in names} for run in (disturbed, other))
        save_tensors(root / case["id"] / "outputs.safetensors", outputs)
        write_json(root / case["id"] / "case.json", {**case, "perturbation_answers": answers, "without_onednn": itself})
        found.append({"id": case["id"], "folder": case["id"]})
    return found


def images_sd3(request: dict, root: Path) -> list[dict]:
    """StableDiffusion3Pipeline over the folder `model`, for each of `cases` (fields as in image_sd3.py)."""
    found = []
    for index, given in enumerate(request["cases"]):
        case = {**image_sd3.DEFAULTS, "id": f"image-{index}", **given}
        pipe = image_sd3.pipeline(Path(request["model"]), case)
        outputs, disturbed = image_sd3.run(pipe, case, keep_last_input=True), image_sd3.run(pipe, case, 1e-7)
        answers = {name: relative_difference(disturbed[name], outputs[name]) for name in ("latents", "first_output", "last_output")}
        save_tensors(root / case["id"] / "outputs.safetensors", outputs)
        write_json(root / case["id"] / "case.json", {**case, "perturbation_answers": answers})
        found.append({"id": case["id"], "folder": case["id"]})
    return found


def sd3_folder(request: dict, root: Path) -> list[dict]:
    """tiny-sd3 with another transformer: its options are `transformer`, its weights random and stored in float16."""
    folder = root / "sd3-model"
    shutil.copytree(image_sd3.TINY_SD3, folder, ignore=shutil.ignore_patterns("transformer", "versions.json"))
    model = sd3_transformer.build(request["transformer"], int(request["seed"]))
    sd3_transformer.save_folder(model, folder / "transformer", torch.float16)
    return [{"id": "sd3-model", "folder": "sd3-model", "parameters": sum(parameter.numel() for parameter in model.parameters())}]


def token_ids(request: dict, root: Path) -> list[dict]:
    """transformers' ids of `strings`, or of `count` (1200) new strings drawn from `seed`, with the tokenizer folder `tokenizer`."""
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(request["tokenizer"])
    texts = request["strings"] if "strings" in request else token_strings.strings(int(request.get("count", 1200)), int(request["seed"]))
    write_json(root / "tokens" / "case.json", {
        "id": "tokens", "strings": texts,
        "ids": [tokenizer(text, add_special_tokens=False).input_ids for text in texts],
        "padded": [tokenizer(text, padding="max_length", truncation=True, max_length=77).input_ids for text in texts],
    }, compact=True)
    return [{"id": "tokens", "folder": "tokens"}]


def scheduler_loops(request: dict, root: Path) -> list[dict]:
    """Every class and option of scheduler_cases.py, from a new sample and with new noise."""
    import diffusers

    warnings.simplefilter("ignore")
    diffusers.utils.logging.set_verbosity_error()
    seed = int(request["seed"])
    sample = normal(seed, *schedulers.SHAPE)
    save_tensors(root / "inputs.safetensors", {"sample": sample})
    for name in schedulers.CASES:
        schedulers.make_scheduler(root, name, sample, noise_seed=seed)
    return [{"id": schedulers.file_name(name), "folder": schedulers.file_name(name)} for name in schedulers.CASES]


def random_draws(request: dict, root: Path) -> list[dict]:
    """`streams` (60) new streams of draws, each continued after its state was saved and restored, and one draw of `large` (1,000,003) normal values."""
    rng = _generator(request, 300)
    streams, outputs = torch_random.random_streams(rng, int(request.get("streams", 60))), {}
    for stream in streams:
        outputs.update(torch_random.run(stream))
    large = {"seed": int(rng.integers(2**32)), "size": int(request.get("large", 1_000_003))}
    outputs["large"] = torch.randn(large["size"], generator=torch.Generator("cpu").manual_seed(large["seed"]))
    save_case(root / "random", {"id": "random", "streams": [torch_random.listed(stream) for stream in streams], "large": large}, {}, outputs)
    return [{"id": "random", "folder": "random"}]


TASKS: dict[str, Callable[[dict, Path], list[dict]]] = {
    "module-parity": module_parity, "gradients": state_gradients, "training-loop": training, "image": images, "image-sd3": images_sd3, "sd3-model": sd3_folder, "tokens": token_ids,
    "schedulers": scheduler_loops, "random": random_draws,
}
# What a request must say, besides `folder`.
REQUIRED = {"module-parity": ["seed"], "gradients": ["seed"], "training-loop": ["seed"], "image": ["model", "cases"], "image-sd3": ["model", "cases"], "sd3-model": ["seed", "transformer"],
            "tokens": ["tokenizer"], "schedulers": ["seed"], "random": ["seed"]}


def main() -> int:
    """Run one task."""
    if len(sys.argv) != 2 or sys.argv[1] not in TASKS:
        print(f"usage: live.py {'|'.join(TASKS)} < request.json", file=sys.stderr)
        return 2
    task = sys.argv[1]
    try:
        request = json.load(sys.stdin)
    except ValueError as error:
        print(f"live.py: stdin is not JSON: {error}", file=sys.stderr)
        return 2
    missing = [name for name in ["folder", *REQUIRED[task]] if not isinstance(request, dict) or name not in request]
    if missing:
        print(f"live.py: the request for {task} must be a JSON object with {', '.join(missing)}", file=sys.stderr)
        return 2
    root = Path(request["folder"])
    with contextlib.redirect_stdout(sys.stderr):  # libraries print; stdout carries the answer alone
        found = TASKS[task](request, root)
    print(json.dumps({"versions": versions(), "cases": [{**case, "folder": str(root / case["folder"])} for case in found]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
