"""What the training phases share: device, the rendered world, schedules, averages, checkpoints, the training curve."""

import csv
import functools
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch


class Clock:
    """When a piece must end: `remaining()` seconds are left until the deadline (infinite without one)."""

    def __init__(self, seconds=None):
        self.end = None if seconds is None else time.time() + seconds

    def remaining(self):
        return math.inf if self.end is None else self.end - time.time()


class OutOfTime(Exception):
    """The piece's time is over: a checkpoint is written, the same command goes on from it."""


def pick_device(name="auto"):
    """The accelerator where there is one."""
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


@functools.cache
def computes_in_bf16(device):
    """Whether the device has instructions for bf16 (an accelerator, or a CPU with AMX or AVX512-BF16): emulation only costs."""
    capability = torch.backends.cpu.get_cpu_capability() if device.type == "cpu" else ""
    flags = Path("/proc/cpuinfo").read_text() if device.type == "cpu" and Path("/proc/cpuinfo").exists() else ""
    return device.type == "cuda" or ("AVX512" in capability and ("amx_bf16" in flags or "avx512_bf16" in flags))


def autocast(device):
    """bf16 where the device computes in it, elsewhere float32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=computes_in_bf16(device))


def plain_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False, fused=torch.nn.functional.scaled_dot_product_attention):
    """Scaled dot product attention in plain matrix products: for short sequences in bf16 a fifth of the time of the fused kernel of CPUs, forward and backward."""
    if dropout_p or enable_gqa or not torch.is_autocast_enabled("cpu"):
        return fused(query, key, value, attn_mask=attn_mask, dropout_p=dropout_p, is_causal=is_causal, scale=scale, enable_gqa=enable_gqa)
    with torch.autocast("cpu", enabled=False):
        query, key, value = (part.bfloat16() for part in (query, key, value))
        weights = (query * (scale or query.shape[-1] ** -0.5)) @ key.transpose(-1, -2)
        if is_causal:
            attn_mask = torch.ones(weights.shape[-2:], dtype=torch.bool).tril()
        if attn_mask is not None:
            weights = weights.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else weights + attn_mask.bfloat16()
        return weights.softmax(dim=-1) @ value


def tune(device):
    """Settings of torch that cost nothing: TF32 and convolution search on an accelerator, plain attention on a CPU that computes in bf16."""
    if device.type == "cpu" and computes_in_bf16(device):
        torch.nn.functional.scaled_dot_product_attention = plain_attention
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True


def compiled(module, wanted):
    """The module compiled, or itself where compiling is not wanted."""
    if not wanted:
        return module
    import torch._dynamo

    torch._dynamo.config.suppress_errors = True
    return torch.compile(module)


# How much more a place of the latents counts where figures stand: what captions tell of them is small in a picture.
FIGURE_EMPHASIS = 3.0

# The first pocket model: others begin with its VAE and its tokenizer.
SHIPPED_SD15 = Path(__file__).parent.parent.parent / "models/pocket-sd15"


class World:
    """A rendered world: `images` [count, size, size, 3] uint8, `labels` [count, 2, attributes] int8, and the captions of each image."""

    def __init__(self, directory, device=torch.device("cpu")):
        directory = Path(directory)
        about = json.loads((directory / "world.json").read_text())
        self.count, self.size, self.attributes, self.device = about["count"], about["size"], about["attributes"], device
        shape = (self.count, self.size, self.size, 3)
        stored = np.memmap(directory / "images.u8", dtype=np.uint8, mode="r", shape=shape)
        self.images = torch.from_numpy(np.ascontiguousarray(stored)).to(device) if device.type == "cuda" else stored
        labels = np.fromfile(directory / "labels.i8", dtype=np.int8).reshape(self.count, 2, len(self.attributes))
        self.labels = torch.from_numpy(labels).long().to(device)
        self._captions, self._figures = directory / "captions.jsonl", directory / "figures.u8"

    def pixels(self, indices):
        """Images as float32 [B, 3, H, W] in -1..1, on the world's device."""
        batch = self.images[indices.to(self.device)] if self.device.type == "cuda" else torch.from_numpy(np.ascontiguousarray(self.images[indices.numpy()]))
        return batch.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)

    def captions(self):
        """Captions of every image: a list of lists."""
        with open(self._captions, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def emphasis(self, times):
        """Weights of the places of the latents [count, 1, H, W], their mean 1: `times` more where figures stand. The optimum of the squared error at each place does not depend on such weights."""
        side = self.size // 8
        covered = torch.from_numpy(np.fromfile(self._figures, dtype=np.uint8).reshape(self.count, 1, side, side)).float().div_(255).to(self.device)
        weights = 1 + times * covered
        return weights / weights.mean()


def step_generator(seed, step, device=torch.device("cpu")):
    """Random numbers that depend on the seed and the step alone, so that a resumed run repeats an unbroken one."""
    return torch.Generator(device=device).manual_seed((seed * 1_000_003 + step) % (2**63))


def save_checkpoint(path, state):
    """Writes a checkpoint so that a crash leaves the old or the new one, never a half."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_checkpoint(path, device=torch.device("cpu")):
    """The checkpoint at `path`, or None where there is none yet."""
    path = Path(path)
    return torch.load(path, map_location=device, weights_only=True) if path.exists() else None


class Average:
    """Exponential moving average of a module's state."""

    def __init__(self, module):
        self.module = module
        self.state = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, step, decay):
        current = self.module.state_dict()
        floats = [name for name in self.state if self.state[name].is_floating_point()]
        torch._foreach_lerp_([self.state[n] for n in floats], [current[n] for n in floats], 1 - min(decay, (1 + step) / (10 + step)))
        for name in self.state:
            if not self.state[name].is_floating_point():
                self.state[name].copy_(current[name])


def orthogonalize(matrices, steps=5):
    """Matrices [N, m, n] with their singular values brought near 1 by Newton-Schulz iterations (Jordan et al. 2024, "Muon")."""
    wide = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.mT
    x = (wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)).contiguous()
    if computes_in_bf16(x.device):
        x = x.bfloat16()  # as its authors do
    for _ in range(steps):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return (x if matrices.shape[1] <= matrices.shape[2] else x.mT).float()


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalized per weight matrix (a convolution counts as [out, in x k x k]); the step has the size of AdamW's at the same rate.

    Needs about half of AdamW's steps for these small nets, which is what a training on two CPU cores is short of.
    """

    def __init__(self, weights, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(weights, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            for weight in weights:
                self.state[weight].setdefault("momentum", torch.zeros_like(weight))
            momenta = [self.state[weight]["momentum"] for weight in weights]
            torch._foreach_lerp_(momenta, [weight.grad for weight in weights], 1 - group["momentum"])
            by_shape = {}
            for weight, momentum in zip(weights, momenta):
                matrix = weight.grad.lerp(momentum, group["momentum"]).reshape(len(weight), -1)
                by_shape.setdefault(matrix.shape, []).append((weight, matrix))
            torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
            for (rows, columns), members in by_shape.items():
                # 0.2 sqrt(max(m, n)): the root mean square of AdamW's steps (Liu et al. 2025).
                updates = orthogonalize(torch.stack([matrix for _, matrix in members])) * (-0.2 * group["lr"] * max(rows, columns) ** 0.5)
                for (weight, _), update in zip(members, updates):
                    weight.add_(update.reshape(weight.shape))


class Optimizers:
    """Muon for the hidden weight matrices, AdamW for tables, outputs, biases and norms; one learning rate for both."""

    def __init__(self, module, betas=(0.9, 0.99), weight_decay=0.01):
        tables = {id(part.weight) for part in module.modules() if isinstance(part, torch.nn.Embedding)}
        trained = [weight for weight in module.parameters() if weight.requires_grad]
        hidden = [w for w in trained if w.ndim > 1 and id(w) not in tables and min(len(w), w[0].numel()) >= 16]
        others = [w for w in trained if not any(w is h for h in hidden)]
        self.muon = Muon(hidden, lr=1e-3, weight_decay=weight_decay)
        self.adam = torch.optim.AdamW(others, lr=1e-3, betas=betas, weight_decay=0.0, fused=True)

    def step(self, rate):
        """One step of both at the given learning rate; gradients are cleared."""
        for optimizer in (self.muon, self.adam):
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self):
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state):
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])


class Curve:
    """The training curve as CSV: means since the last row, with the step and the seconds trained in all."""

    def __init__(self, path, columns, step, seconds):
        self.path, self.columns, self.sums, self.count = Path(path), columns, {}, 0
        self.started = time.time() - seconds
        rows = []
        if self.path.exists():
            with open(self.path, newline="", encoding="utf-8") as file:
                rows = [row for row in csv.reader(file)][1:]
        with open(self.path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["step", "seconds", *columns])
            writer.writerows(row for row in rows if int(row[0]) <= step)

    def seconds(self):
        """Seconds of training so far, earlier pieces included."""
        return time.time() - self.started

    def add(self, **values):
        """Adds one step's values (tensors stay on their device until a row is written)."""
        self.count += 1
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    def write(self, step):
        """Appends a row of means and prints it."""
        means = [f"{float(self.sums[name]) / self.count:.5f}" for name in self.columns]
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow([step, round(self.seconds()), *means])
        print(self.path.stem, step, f"{self.seconds():.0f}s", *(f"{n}={m}" for n, m in zip(self.columns, means)), flush=True)
        self.sums, self.count = {}, 0


class Phase:
    """A resumable training phase: `steps` optimizer steps, or as many as fit into `seconds` of training.

    A subclass calls `trains(module)` when it is made, and offers `train_step()` (a dict of figures) and, if it likes, `sample()`.
    """

    def __init__(self, directory, name, columns, steps, seconds=None, every=50):
        self.directory, self.name, self.steps, self.budget, self.every = Path(directory), name, steps, seconds, every
        self.columns, self.step, self.curve = columns, 0, None

    def trains(self, module, averaged=None, weight_decay=0.01):
        """Says which module is trained, and which part of it, if not all, is kept with averaged weights."""
        self.module, self.average, self.optimizer = module, Average(averaged or module), Optimizers(module, weight_decay=weight_decay)

    def state(self):
        return {"module": self.module.state_dict(), "average": self.average.state, "optimizer": self.optimizer.state_dict()}

    def restore(self, state):
        self.average.state = state["average"]
        self.module.load_state_dict(state["module"])
        if "optimizer" in state:
            self.optimizer.load_state_dict(state["optimizer"])
        else:
            self.average.module.load_state_dict(state["average"])

    def progress(self):
        """Share of the training that is over, 0..1."""
        share = self.step / self.steps
        return min(1.0, share if self.budget is None else max(share, self.curve.seconds() / self.budget))

    def rate(self, peak, warmup):
        """Linear warm-up, then a cosine down to 2% of the peak."""
        return peak * min(1.0, (self.step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.progress())))

    def run(self, clock):
        """Trains until done; raises OutOfTime, with a checkpoint written, when the clock says so. With a larger budget than it ended with it goes on from its averaged weights."""
        path = self.directory / f"{self.name}.pt"
        stored = load_checkpoint(path, self.device)
        if stored:
            self.step = stored["step"]
        self.curve = Curve(self.directory / f"{self.name}-curve.csv", self.columns, self.step, stored["seconds"] if stored else 0.0)
        if stored and stored["done"] and self.progress() >= 1.0:
            return
        if stored:
            self.restore(stored["model"])
        saved = sampled = time.time()
        while self.progress() < 1.0:
            if clock.remaining() < 20:
                save_checkpoint(path, {"model": self.state(), "step": self.step, "done": False, "seconds": self.curve.seconds()})
                raise OutOfTime(self.name)
            self.curve.add(**self.train_step())
            self.step += 1
            if self.step % self.every == 0:
                self.curve.write(self.step)
            if time.time() - saved > 120:
                saved = time.time()
                save_checkpoint(path, {"model": self.state(), "step": self.step, "done": False, "seconds": self.curve.seconds()})
            if time.time() - sampled > (120 if self.device.type == "cuda" else 1800):
                sampled = time.time()
                self.sample()
        finished = {name: value for name, value in self.state().items() if name != "optimizer"}  # what nobody goes on from stays small
        save_checkpoint(path, {"model": finished, "step": self.step, "done": True, "seconds": self.curve.seconds()})
        self.sample()

    def sample(self):
        """Writes pictures to look at; nothing by default."""


def grid(images, columns, scale=1):
    """Lays images (float [N, 3, H, W] in -1..1) out as one PIL picture."""
    from PIL import Image

    pixels = images.float().cpu().clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(pixels[i : i + columns], axis=1) for i in range(0, len(pixels) - len(pixels) % columns, columns)]
    picture = Image.fromarray(np.concatenate(rows, axis=0))
    return picture.resize((picture.width * scale, picture.height * scale), Image.NEAREST)
