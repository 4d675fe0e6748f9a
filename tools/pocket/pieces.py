"""The command line that the recipes share: presets, pieces of time, phases one after the other."""

import argparse
import shutil
import sys
import time
from pathlib import Path

from common import Clock, OutOfTime, pick_device, tune


def read_options(presets, phases, more=None):
    """The options of a recipe: those of the preset, and whatever the command line says otherwise. `more` gives further options with a text each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", choices=sorted(presets), default="gpu")
    parser.add_argument("--piece", type=float, help="seconds after which this piece ends with a checkpoint")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "cpu"))
    parser.add_argument("--only", nargs="*", default=[], help=f"phases to run: {' '.join(phases)}")
    parser.add_argument("--threads", type=int, default=0, help="threads of torch on a CPU")
    for name, default in (more or {}).items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=str(default))
    for name, value in presets["gpu"].items():
        if name != "compile":
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=None)
    parser.add_argument("--compile", nargs="*", default=None, help=f"phases whose nets are compiled: {' '.join(presets['gpu']['compile'])}")
    options = parser.parse_args()
    for name, value in presets[options.preset].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.device = pick_device(options.device)
    return options


def keep_records(options, phases):
    """Copies the training curves of phases, and their samples where they draw some, to the recipe's records."""
    records = Path(options.records)
    records.mkdir(parents=True, exist_ok=True)
    for phase in phases:
        for name in (f"{phase}-curve.csv", f"{phase}-samples.png"):
            if (Path(options.data) / name).exists():
                shutil.copyfile(Path(options.data) / name, records / name)


def run_phases(phases, options, write):
    """Runs the phases that are wanted; where the piece's time is over, `write(options)` exports what there is and the exit code is 3."""
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    tune(options.device)
    clock, started = Clock(options.piece), time.time()
    Path(options.data).mkdir(parents=True, exist_ok=True)
    for name, phase in phases.items():
        if options.only and name not in options.only:
            continue
        if clock.remaining() < 25:
            print(f"out of time before {name}: run the same command again", flush=True)
            write(options)
            sys.exit(3)
        print(f"[{time.time() - started:.0f} s] {name} on {options.device}", flush=True)
        try:
            phase(options, clock)
        except OutOfTime:
            print(f"[{time.time() - started:.0f} s] {name} is not finished: run the same command again", flush=True)
            write(options)
            sys.exit(3)
    print(f"[{time.time() - started:.0f} s] all done", flush=True)
