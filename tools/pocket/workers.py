"""Data-parallel training in processes of one thread each: on small tensors they beat threads, which wait for each other in every op."""

import os
import tempfile

import torch
import torch.distributed as distributed


def launch(main, options):
    """Runs `main(options, rank)` in `options.workers` processes."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        arguments = (main, options, f"file://{folder}/store")
        torch.multiprocessing.start_processes(_worker, arguments, nprocs=options.workers, start_method="spawn")


def _worker(rank, main, options, store):
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=options.workers)
    main(options, rank)
    distributed.barrier()
    distributed.destroy_process_group()


def share(batch, rank, workers):
    """The rows of a batch that belong to this worker."""
    return slice(rank * batch // workers, (rank + 1) * batch // workers)


def average_gradients(parameters, workers):
    """Replaces each gradient by its mean over the workers."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= workers
    at = 0
    for gradient in gradients:
        gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient))
        at += gradient.numel()
