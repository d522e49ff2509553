"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Rounds and sizes of all benchmarks."""

    servers: int = 4
    rounds: int = 2
    stations: int = 100
    warm_s: float = 0.4
    window_s: float = 1.6
    blocks: int = 20
    round_trips: int = 50
    starts: int = 10


QUICK = Plan(servers=1, rounds=1, warm_s=0.2, window_s=0.8, blocks=4, starts=3)
