"""The source of randomness and the device of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.errors import InputError

if TYPE_CHECKING:
    import torch

    from zeoloom.cli.program_options import ComputeOptions


def generator_of(seed: int) -> torch.Generator:
    """The source of randomness of a run."""
    import torch

    return torch.Generator().manual_seed(seed)


def device_of(options: ComputeOptions) -> torch.device:
    """Where to compute; sets the number of threads too.

    Raises:
        InputError: if there is no such device.
    """
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: no CUDA device is available here; try --device cpu")
    return torch.device(options.device)
