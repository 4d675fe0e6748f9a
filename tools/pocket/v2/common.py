"""What the training phases share: device, the rendered world, schedules, averages, checkpoints, the training curve."""

import csv
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


def autocast(device):
    """bf16 where the device computes in it (an accelerator, or a CPU with AMX or AVX512-BF16); elsewhere float32, for emulation only costs."""
    capability = torch.backends.cpu.get_cpu_capability() if device.type == "cpu" else ""
    flags = Path("/proc/cpuinfo").read_text() if device.type == "cpu" and Path("/proc/cpuinfo").exists() else ""
    enabled = device.type == "cuda" or ("AVX512" in capability and ("amx_bf16" in flags or "avx512_bf16" in flags))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)


def tune(device):
    """Settings of torch that cost nothing: TF32 and convolution search on an accelerator."""
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
        self._captions = directory / "captions.jsonl"

    def pixels(self, indices):
        """Images as float32 [B, 3, H, W] in -1..1, on the world's device."""
        batch = self.images[indices.to(self.device)] if self.device.type == "cuda" else torch.from_numpy(np.ascontiguousarray(self.images[indices.numpy()]))
        return batch.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)

    def captions(self):
        """Captions of every image: a list of lists."""
        with open(self._captions, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


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

    A subclass offers `state()`, `restore(state)`, `train_step()` (a dict of figures) and, if it likes, `sample()`.
    """

    def __init__(self, directory, name, columns, steps, seconds=None, every=50):
        self.directory, self.name, self.steps, self.budget, self.every = Path(directory), name, steps, seconds, every
        self.columns, self.step, self.curve = columns, 0, None

    def progress(self):
        """Share of the training that is over, 0..1."""
        share = self.step / self.steps
        return min(1.0, share if self.budget is None else max(share, self.curve.seconds() / self.budget))

    def rate(self, peak, warmup):
        """Linear warm-up, then a cosine down to 2% of the peak."""
        return peak * min(1.0, (self.step + 1) / warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.progress())))

    def run(self, clock):
        """Trains until done; raises OutOfTime, with a checkpoint written, when the clock says so."""
        path = self.directory / f"{self.name}.pt"
        stored = load_checkpoint(path, self.device)
        if stored and stored["done"]:
            return
        if stored:
            self.restore(stored["model"])
            self.step = stored["step"]
        self.curve = Curve(self.directory / f"{self.name}-curve.csv", self.columns, self.step, stored["seconds"] if stored else 0.0)
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
