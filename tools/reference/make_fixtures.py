"""Make the committed reference fixtures. `make_fixtures.py [--only AREA ...] [--out DIR]`; see README.md beside it."""

from __future__ import annotations

import argparse
import importlib
import time
from importlib import metadata
from pathlib import Path

from common import FIXTURES, fresh_area

# area folder -> modules whose `make(folder)` fills it, in the order in which one needs another's files.
AREAS = {
    "modules": ["text_encoder", "unet", "vae"],
    "sd3-modules": ["text_projection", "t5", "sd3_transformer"],
    "gradients": ["gradients"],
    "safetensors": ["safetensors_files"],
    "tiny-sd15": ["tiny_sd15"],
    "random": ["torch_random"],
    "schedulers": ["schedulers"],
    "optimizers": ["optimizers"],
    "engram": ["engram_rules"],
    "training": ["training_loop"],
    "ops": ["ops"],
    "tokens": ["tokens"],
    "t5-tokens": ["t5_tokens"],
    "image": ["image"],
    "tiny-sd3": ["tiny_sd3"],
    "image-sd3": ["image_sd3"],
    "keys": ["key_lists", "key_lists_sd3"],
}


def check_versions() -> None:
    """Fixtures are made with the versions that requirements.txt names, and no others. @raises SystemExit naming every difference."""
    pinned = dict(line.split("==") for line in (Path(__file__).parent / "requirements.txt").read_text().splitlines() if "==" in line)
    wrong = [f"{name} {found}, wanted {pinned[name]}" for name in pinned
             if (found := metadata.version(name).split("+")[0]) != pinned[name].strip()]
    if wrong:
        raise SystemExit("make_fixtures.py: installed " + "; ".join(wrong))


def main() -> None:
    """Make the areas asked for, all of them by default."""
    check_versions()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(AREAS), default=list(AREAS))
    parser.add_argument("--out", type=Path, default=FIXTURES)
    arguments = parser.parse_args()
    for area in AREAS:
        if area not in arguments.only:
            continue
        started = time.time()
        folder = fresh_area(arguments.out, area)
        for name in AREAS[area]:
            importlib.import_module(name).make(folder)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{area}: {size / 1024:.0f} KiB, {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
