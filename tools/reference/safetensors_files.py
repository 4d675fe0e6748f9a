"""Files as the reference library writes them: every element type, awkward names, and the rounding of the 16-bit floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

TYPES = {
    "bool": torch.bool, "u8": torch.uint8, "i8": torch.int8, "i16": torch.int16, "f16": torch.float16,
    "bf16": torch.bfloat16, "i32": torch.int32, "f32": torch.float32, "f64": torch.float64, "i64": torch.int64,
}


def all_types() -> dict[str, torch.Tensor]:
    """One small tensor per type, and names that test ordering and escaping."""
    tensors = {f"z_{name}": torch.tensor([[0, 1, 2]]).to(dtype) for name, dtype in TYPES.items()}
    tensors["10"] = torch.tensor([1.5])
    tensors["9"] = torch.tensor([-2.5])
    tensors["a.weight"] = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["scalar"] = torch.tensor(7.25)
    tensors['quote" back\\ line\n'] = torch.ones(1)
    tensors["é"] = torch.ones(1) * 2
    tensors["\uffff"] = torch.ones(1) * 3
    tensors["\U0001f600"] = torch.ones(1) * 4
    return tensors


def half_inputs() -> torch.Tensor:
    """float32 values of every magnitude that float16 distinguishes, ties among them."""
    rng = np.random.default_rng(20)
    spread = rng.standard_normal(4000) * np.exp2(rng.integers(-30, 20, 4000))
    halves = np.arange(0, 0x7C00, 37, dtype=np.uint16).view(np.float16).astype(np.float64)
    after = (np.arange(0, 0x7C00, 37, dtype=np.uint16) + 1).view(np.float16).astype(np.float64)
    after[~np.isfinite(after)] = 65536
    ties = (halves + after) / 2
    special = [0.0, -0.0, np.inf, -np.inf, 65504, 65519.996, 65520, 65536, 2.0**-24, 2.0**-25, 2.0**-25 * 1.0000001, 2.0**-14, 2.0**-14 - 2.0**-25, 3.4e38]
    return torch.from_numpy(np.concatenate([spread, ties, -ties, special]).astype(np.float32))


def make(folder: Path) -> None:
    """`all-types.safetensors` and `halves.safetensors`."""
    save_file(all_types(), str(folder / "all-types.safetensors"), metadata={"format": "pt"})
    values = half_inputs()
    narrowed = {"float32": values, "float16": values.to(torch.float16), "bfloat16": values.to(torch.bfloat16)}
    save_file(narrowed, str(folder / "halves.safetensors"))
