"""What the training steps share: the rendered world, per-step random numbers, checkpoints, the training curve."""

import csv
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch


class World:
    """The rendered world: `images` [count, size, size, 3] uint8, and the captions of each image."""

    def __init__(self, directory):
        directory = Path(directory)
        about = json.loads((directory / "world.json").read_text())
        self.count, self.size = about["count"], about["size"]
        shape = (self.count, self.size, self.size, 3)
        self.images = np.memmap(directory / "images.u8", dtype=np.uint8, mode="r", shape=shape)
        self._captions = directory / "captions.jsonl"

    def pixels(self, indices):
        """Returns images as float32 [B, 3, H, W] in -1..1."""
        batch = torch.from_numpy(np.ascontiguousarray(self.images[indices.numpy()]))
        return batch.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)

    def captions(self):
        """Returns the captions of every image: a list of lists."""
        with open(self._captions, encoding="utf-8") as lines:
            return [json.loads(line)["captions"] for line in lines]


def step_generator(seed, step):
    """Random numbers that depend on the seed and the step alone, so that a resumed run repeats an unbroken one."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % (2**63))


def save_checkpoint(path, state):
    """Writes a checkpoint so that a crash leaves the old or the new one, never a half."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_checkpoint(path):
    """Returns the checkpoint at `path`, or None where there is none yet."""
    path = Path(path)
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


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
        """Adds one step's values."""
        self.count += 1
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)

    def write(self, step):
        """Appends a row of means and prints it."""
        means = [f"{self.sums[name] / self.count:.5f}" for name in self.columns]
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow([step, round(self.seconds()), *means])
        print(step, round(self.seconds()), *(f"{n}={m}" for n, m in zip(self.columns, means)), flush=True)
        self.sums, self.count = {}, 0


def learning_rate(step, steps, peak, warmup):
    """Linear warm-up, then a cosine down to 2% of the peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))


def grid(images, columns, scale=1):
    """Lays images (float [N, 3, H, W] in -1..1) out as one PIL picture."""
    from PIL import Image

    pixels = images.clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(pixels[i : i + columns], axis=1) for i in range(0, len(pixels), columns)]
    picture = Image.fromarray(np.concatenate(rows, axis=0))
    return picture.resize((picture.width * scale, picture.height * scale), Image.NEAREST)
