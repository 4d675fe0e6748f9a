"""What every fixture generator shares: paths, seeded weights, case folders, and checks of the reference itself."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
from pathlib import Path
from typing import Callable, Iterable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from safetensors.torch import save_file
from transformers.utils import logging as transformers_logging

torch.set_num_threads(1)
transformers_logging.disable_progress_bar()
transformers_logging.set_verbosity_error()

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "test" / "fixtures" / "reference"
TINY = FIXTURES / "tiny-sd15"

Tensors = dict[str, torch.Tensor]

# A bias that is added to every key shifts all scores of one query by the same amount: softmax does not see it.
INVISIBLE = re.compile(r"(k_proj|to_k|key)\.bias$")


def versions() -> dict[str, str]:
    """Versions of everything that can change a number in a fixture."""
    import diffusers
    import safetensors
    import scipy
    import tokenizers
    import transformers

    modules = (torch, diffusers, transformers, tokenizers, safetensors, np, scipy)
    found = {"python": platform.python_version()}
    found.update({module.__name__: module.__version__ for module in modules})
    found["torch CPU capability"] = torch.backends.cpu.get_cpu_capability()
    found["torch threads"] = str(torch.get_num_threads())
    return found


def fresh_area(root: Path, name: str) -> Path:
    """Empty folder for one area, with the manifest of versions in it."""
    folder = root / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_json(folder / "versions.json", versions())
    return folder


def write_json(path: Path, value: object, compact: bool = False) -> None:
    """Deterministic JSON: sorted keys, no time, newline at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    style = {"separators": (",", ":")} if compact else {"indent": 2}
    path.write_text(json.dumps(value, sort_keys=not compact, ensure_ascii=compact, **style) + "\n", encoding="utf-8")


def save_tensors(path: Path, tensors: Tensors) -> None:
    """Safetensors file of contiguous F32/F64/I64/... tensors, sorted by name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # safetensors refuses tensors that share memory, so each one is copied.
    save_file({name: tensors[name].detach().clone().contiguous() for name in sorted(tensors)}, str(path))
    path.chmod(0o644)


def save_case(folder: Path, case: dict, inputs: Tensors, outputs: Tensors) -> None:
    """One case: `case.json`, `inputs.safetensors`, `outputs.safetensors`. NaN and infinity never enter a fixture."""
    for name, tensor in {**inputs, **outputs}.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"{folder.name}: {name} holds NaN or infinity")
    write_json(folder / "case.json", case)
    save_tensors(folder / "inputs.safetensors", inputs)
    save_tensors(folder / "outputs.safetensors", outputs)


def normal(seed: int, *shape: int, scale: float = 1.0) -> torch.Tensor:
    """Seeded normal values from numpy's PCG64, float32 (independent of torch's generator)."""
    return torch.from_numpy((np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32))


def randomise(module: torch.nn.Module, seed: int) -> None:
    """Give every parameter a value that shows in the output: norms that are not one, biases that are not zero."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            draw = rng.standard_normal(tuple(parameter.shape))
            if name.endswith("bias"):
                value = 0.25 * draw
            elif parameter.ndim == 1:
                value = 1 + 0.3 * draw
            elif "embedding" in name and parameter.ndim == 2 and "linear" not in name:
                value = 0.7 * draw
            else:
                # Queries and keys somewhat larger, or every attention would be close to a plain mean.
                gain = 1.7 if re.search(r"(to_[qk]|[qk]_proj|query|key)\.weight$", name) else 1.0
                value = gain * draw / np.sqrt(parameter[0].numel())
            parameter.copy_(torch.from_numpy(value.astype(np.float32)))


def write_weights(path: Path, state: Tensors, dtype: torch.dtype = torch.float32, rename: Callable[[str], str] = str) -> None:
    """Weight file under its real names, floats narrowed to `dtype` and keys passed through `rename`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    narrowed = {
        rename(name): (tensor.to(dtype) if tensor.is_floating_point() else tensor).clone().contiguous()
        for name, tensor in state.items()
    }
    save_file(narrowed, str(path), metadata={"format": "pt"})
    path.chmod(0o644)


class IllConditioned(ValueError):
    """A random case whose own float32 numbers are too far from float64 to compare anything with."""


def relative_difference(actual: torch.Tensor, reference: torch.Tensor) -> float:
    """max |actual - reference| / max |reference|, the measure of the parity proofs."""
    reference = reference.double()
    return ((actual.double() - reference).abs().max() / reference.abs().max()).item()


def float64_error(module: torch.nn.Module, run: Callable[[torch.nn.Module, torch.dtype], Tensors], outputs: Tensors) -> dict[str, float]:
    """How far the float32 reference itself lies from the same module in float64, per output."""
    exact = run(module.double(), torch.float64)
    module.float()
    return {name: float(f"{relative_difference(outputs[name], exact[name]):.1e}") for name in sorted(outputs)
            if outputs[name].is_floating_point()}


def check_every_parameter_matters(module: torch.nn.Module, run: Callable[[], Tensors], label: str, floor: float = 2e-4,
                                  ignore: Iterable[str] = ()) -> float:
    """Neutralise one parameter at a time and demand that some output moves by more than ten parity tolerances.

    Without this a fixture could not notice that a reader dropped or swapped a weight.
    """
    reference = run()
    smallest = float("inf")
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if INVISIBLE.search(name) or name in ignore:
                continue
            kept = parameter.clone()
            parameter.fill_(1.0 if name.endswith("weight") and parameter.ndim == 1 else 0.0)
            changed = run()
            parameter.copy_(kept)
            moved = max(relative_difference(changed[key], reference[key]) for key in reference
                        if reference[key].is_floating_point())
            smallest = min(smallest, moved)
            if moved < floor:
                raise ValueError(f"{label}: parameter {name} moves the output by {moved:.1e} only, wanted {floor:.0e}")
    return smallest
