"""One process or several that train together (torchrun): who I am, and what only the first of us does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Ranks:
    """One process among `count`; the first of them reports and writes."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process reports and writes."""
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        """The process's GPU where there is one, else the CPU."""
        if not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))

    def shared(self, network: nn.Module) -> nn.Module:
        """The network, with gradients averaged over the processes."""
        return DistributedDataParallel(network) if self.count > 1 else network

    def agreed(self, value: bool) -> bool:
        """Whether it is true in any of the processes."""
        if self.count == 1:
            return value
        told = torch.tensor(float(value), device=self.device)
        torch.distributed.all_reduce(told, torch.distributed.ReduceOp.MAX)
        return bool(told)

    def wait(self) -> None:
        """Until all processes are here."""
        if self.count > 1:
            torch.distributed.barrier()


@contextlib.contextmanager
def joined() -> Iterator[Ranks]:
    """The processes that torchrun started, or this one alone."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Ranks()
        return
    torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Ranks(torch.distributed.get_rank(), count)
    finally:
        torch.distributed.destroy_process_group()
