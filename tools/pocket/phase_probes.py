"""The probes: small convolutional nets that read an attribute each out of a picture, on features that they share.

Trained on drawings of their own seed, disturbed by noise and blur as decoded pictures are; batch norms are folded into the
convolutions at export. Of two figures each is seen alone: its half of the canvas in the middle of a grey picture.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from common import Phase, World, autocast, compiled, load_checkpoint, step_generator
from safetensors.torch import save_file

CHANNELS = ((3, 24, 2), (24, 24, 1), (24, 48, 2), (48, 48, 1), (48, 80, 2), (80, 80, 1), (80, 112, 2), (112, 112, 1))
GRID = 4
"""Attributes of a scene: read from the whole picture, the others from one figure's view."""
SCENE = ("place", "time", "weather", "framing", "count")


class Probes(torch.nn.Module):
    """Convolutions with batch norm and SiLU, means over a 4 x 4 grid, one linear head per attribute."""

    def __init__(self, attributes):
        super().__init__()
        self.convolutions = torch.nn.ModuleList(torch.nn.Conv2d(a, b, 3, stride, 1, bias=False) for a, b, stride in CHANNELS)
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm2d(b) for _, b, _ in CHANNELS)
        width = CHANNELS[-1][1] * GRID * GRID
        self.heads = torch.nn.ModuleDict({name: torch.nn.Linear(width, len(classes)) for name, classes in attributes.items()})

    def features(self, pixels):
        for convolution, norm in zip(self.convolutions, self.norms):
            pixels = F.silu(norm(convolution(pixels)))
        return F.adaptive_avg_pool2d(pixels, GRID).flatten(1)

    def forward(self, pixels):
        features = F.dropout(self.features(pixels), 0.1, self.training)
        return {name: head(features) for name, head in self.heads.items()}

    def folded(self):
        """The same function without batch norms: tensors by name."""
        tensors = {}
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            gain = norm.weight / (norm.running_var + norm.eps).sqrt()
            tensors[f"convolutions.{index}.weight"] = convolution.weight * gain[:, None, None, None]
            tensors[f"convolutions.{index}.bias"] = norm.bias - norm.running_mean * gain
        for name, head in self.heads.items():
            tensors |= {f"heads.{name}.weight": head.weight, f"heads.{name}.bias": head.bias}
        return {name: value.detach().cpu().half().contiguous() for name, value in sorted(tensors.items())}


def views(pixels, labels, attributes, side):
    """Views and labels [B, attributes] of the figures on `side` [B]: the half canvas of one of two, the whole picture of a single figure.

    `side` 2 looks at a whole picture of two figures: only the scene can be told there.
    """
    names = list(attributes)
    two = labels[:, 1, 0] >= 0
    chosen = labels[torch.arange(len(labels), device=labels.device), side.clamp(max=1) * two].clone()
    scene = torch.tensor([name in SCENE for name in names], device=labels.device)
    alone = two & (side < 2)
    chosen[alone[:, None] & scene] = -1
    chosen[(two & (side == 2))[:, None] & ~scene] = -1
    half = torch.where((side == 1)[:, None, None, None], pixels[..., 64:], pixels[..., :64])
    middle = torch.zeros_like(pixels)
    middle[..., 32:96] = half
    return torch.where(alone[:, None, None, None], middle, pixels), chosen


def disturb(pixels, random):
    """Blurs half of the pictures, lets all vary a little in brightness, and adds noise: decoded pictures are no drawings."""
    size = len(pixels)
    draw = lambda *shape: torch.rand(*shape, generator=random, device=pixels.device)
    soft = F.avg_pool2d(F.pad(pixels, (1, 1, 1, 1), mode="replicate"), 3, 1)
    softer = F.interpolate(F.avg_pool2d(pixels, 2), scale_factor=2, mode="bilinear", align_corners=False)
    kind = draw(size, 1, 1, 1)
    pixels = torch.where(kind < 0.25, soft, torch.where(kind < 0.45, softer, pixels))
    pixels = pixels * (0.94 + 0.12 * draw(size, 1, 1, 1)) + 0.1 * (draw(size, 3, 1, 1) - 0.5)
    return pixels + 0.08 * draw(size, 1, 1, 1) * torch.randn(pixels.shape, generator=random, device=pixels.device)


class ProbePhase(Phase):
    """Trains the probes; under another name and seed, and on drawings as they are, a net for the VAE to compare pictures by."""

    def __init__(self, options, name="probes", seed=41, disturbed=True):
        steps, seconds = (options.probe_steps, options.probe_seconds) if name == "probes" else (options.eye_steps, None)
        super().__init__(options.data, name, ["loss"], steps, seconds)
        self.options, self.device, self.seed, self.disturbed = options, options.device, seed, disturbed
        self.world = World(Path(options.data), options.device)
        torch.manual_seed(seed)
        self.probes = Probes(self.world.attributes).to(self.device, memory_format=torch.channels_last)
        self.trains(self.probes, weight_decay=0.02)
        self.forward = compiled(self.probes, "probes" in options.compile)

    def train_step(self):
        random = step_generator(self.seed, self.step, self.device)
        indices = torch.randint(self.world.count, (self.options.probe_batch,), generator=random, device=self.device)
        side = torch.randint(3, indices.shape, generator=random, device=self.device)
        pixels, labels = views(self.world.pixels(indices), self.world.labels[indices], self.world.attributes, side)
        pixels = (disturb(pixels, random) if self.disturbed else pixels).contiguous(memory_format=torch.channels_last)
        with autocast(self.device):
            outputs = self.forward(pixels)
        terms = [F.cross_entropy(outputs[name].float(), labels[:, at], ignore_index=-1, reduction="sum") / (labels[:, at] >= 0).sum().clamp(min=1) for at, name in enumerate(outputs)]
        loss = torch.stack(terms).sum()
        loss.backward()
        self.optimizer.step(self.rate(1.5e-2, 30))
        self.average.update(self.step, 0.995)
        return {"loss": loss.detach()}


class Eye(torch.nn.Module):
    """How far two pictures are apart in the first layers of a trained net (as LPIPS of Zhang et al. 2018, without its weights). It is no judge: probes are trained apart."""

    def __init__(self, directory, attributes, device, layers=6):
        super().__init__()
        probes = Probes(attributes).to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
        probes.load_state_dict(load_checkpoint(Path(directory) / "eye.pt", device)["model"]["average"])
        self.stages = torch.nn.ModuleList(torch.nn.Sequential(*pair) for pair in list(zip(probes.convolutions, probes.norms))[:layers])

    def features(self, pixels):
        found = []
        for index, stage in enumerate(self.stages):
            pixels = F.silu(stage(pixels))
            if index % 2 == 1:  # behind both convolutions of a size
                found.append(F.normalize(pixels, dim=1))
        return found

    def forward(self, output, target):
        """Mean squared distance of the features' directions, summed over sizes."""
        with torch.no_grad():
            wanted = self.features(target)
        return sum((a - b).square().sum(dim=1).mean() for a, b in zip(self.features(output), wanted))


@torch.no_grad()
def accuracy(probes, world, limit=None):
    """Share of right answers per attribute over a world: single figures, each of two, and whole pictures of two."""
    right, asked = {name: 0 for name in world.attributes}, {name: 0 for name in world.attributes}
    for indices in torch.arange(limit or world.count).split(256):
        two = world.labels[indices, 1, 0] >= 0
        for number in (0, 1, 2):
            pixels, labels = views(world.pixels(indices), world.labels[indices], world.attributes, torch.full(indices.shape, number, device=world.device))
            keep = two if number > 0 else torch.ones_like(two)
            outputs = probes(pixels[keep]) if bool(keep.any()) else {}
            for at, name in enumerate(outputs):
                told = labels[keep][:, at] >= 0
                asked[name] += int(told.sum())
                right[name] += int((outputs[name].argmax(1) == labels[keep][:, at])[told].sum())
    return {name: right[name] / max(1, asked[name]) for name in world.attributes}


def export(options):
    """Writes probes.safetensors (F16) and probes.json, with the accuracy on held-out drawings measured on the F16 weights."""
    out, world = Path(options.probes_out), World(Path(options.data) / "held-out", options.device)
    probes = Probes(world.attributes).to(options.device).eval()
    probes.load_state_dict(load_checkpoint(Path(options.data) / "probes.pt", options.device)["model"]["average"])
    tensors = probes.folded()
    with torch.no_grad():
        for index, (convolution, norm) in enumerate(zip(probes.convolutions, probes.norms)):
            torch.nn.init.ones_(norm.weight), torch.nn.init.zeros_(norm.running_mean), norm.running_var.fill_(1 - norm.eps)
            convolution.weight.copy_(tensors[f"convolutions.{index}.weight"])
            norm.bias.copy_(tensors[f"convolutions.{index}.bias"])
        for name, head in probes.heads.items():
            head.weight.copy_(tensors[f"heads.{name}.weight"])
            head.bias.copy_(tensors[f"heads.{name}.bias"])
    figures = accuracy(probes, world)
    out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out / "probes.safetensors", metadata={"format": "pt"})
    about = {
        "version": 1, "size": world.size, "grid": GRID, "strides": [stride for _, _, stride in CHANNELS], "attributes": world.attributes, "sceneAttributes": list(SCENE),
        "accuracy": {name: round(value, 4) for name, value in figures.items()}, "heldOutDrawings": world.count,
    }  # fmt: skip
    (out / "probes.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print("probe accuracy on held-out drawings:", about["accuracy"], "worst", min(figures.values()), flush=True)
