"""Writes tiny probes with random weights and what torch reads out of a picture with them: `python tools/pocket/probe_fixture.py test/fixtures/probes`.

The program's own reading is compared with it, layer order, strides, paddings and the grid's layout included.
"""

import json
import sys
from pathlib import Path

import phase_probes
import torch
from safetensors.torch import save_file

phase_probes.CHANNELS = ((3, 4, 2), (4, 6, 1), (6, 5, 2))
ATTRIBUTES = {"hat": ["none", "crown", "helmet"], "place": ["forest", "beach"]}
SIZE = 32


def picture():
    """A picture that any language can make: [32, 32, 3] bytes from products of coordinates."""
    return torch.tensor([[[(x * 7 + y * 13 + c * 50 + x * y) % 256 for c in range(3)] for x in range(SIZE)] for y in range(SIZE)], dtype=torch.uint8)


@torch.no_grad()
def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    probes = phase_probes.Probes(ATTRIBUTES).eval()
    for norm in probes.norms:
        norm.running_mean.normal_(0, 0.2)
        norm.running_var.uniform_(0.5, 2)
        norm.weight.uniform_(0.5, 2)
        norm.bias.normal_(0, 0.3)
    tensors = probes.folded()
    save_file(tensors, out / "probes.safetensors", metadata={"format": "pt"})
    about = {"version": 1, "size": SIZE, "grid": phase_probes.GRID, "strides": [stride for _, _, stride in phase_probes.CHANNELS], "attributes": ATTRIBUTES,
             "sceneAttributes": ["place"], "accuracy": {name: 0.5 for name in ATTRIBUTES}, "heldOutDrawings": 0}  # fmt: skip
    (out / "probes.json").write_text(json.dumps(about, indent=1) + "\n")
    x = picture().permute(2, 0, 1)[None].float() / 127.5 - 1
    expected = {}
    for view in ("whole", "left", "right"):
        seen = x
        if view != "whole":
            seen = torch.zeros_like(x)
            seen[..., SIZE // 4 : SIZE * 3 // 4] = x[..., : SIZE // 2] if view == "left" else x[..., SIZE // 2 :]
        for index, (_, _, stride) in enumerate(phase_probes.CHANNELS):
            weight, bias = tensors[f"convolutions.{index}.weight"].float(), tensors[f"convolutions.{index}.bias"].float()
            seen = torch.nn.functional.silu(torch.nn.functional.conv2d(seen, weight, bias, stride, 1))
        fields = torch.nn.functional.adaptive_avg_pool2d(seen, phase_probes.GRID).flatten(1)
        logits = {name: fields @ tensors[f"heads.{name}.weight"].float().T + tensors[f"heads.{name}.bias"].float() for name in ATTRIBUTES}
        expected[view] = {"features": seen.mean(dim=(2, 3))[0].tolist(), "values": {name: classes[int(logits[name][0].argmax())] for name, classes in ATTRIBUTES.items()}}
    (out / "expected.json").write_text(json.dumps(expected) + "\n")


main()
