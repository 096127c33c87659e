"""Do the measures rank good repositories above poor ones?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.calibration.quality import Figures, of_folder


def show(good: Path, poor: Path, console: Console) -> None:
    """Print, for each measure, the probability that a good repository ranks above a poor one."""
    better, worse = _all(good), _all(poor)
    table = Table("measure", "P(good above poor)", "median good", "median poor", box=None)
    for name in better[0]:
        high, low = [one[name] for one in better], [one[name] for one in worse]
        table.add_row(name, f"{auc(high, low):.2f}", f"{_median(high):.3g}", f"{_median(low):.3g}")
    console.print(f"{len(better)} good, {len(worse)} poor repositories")
    console.print(table)


def auc(good: Sequence[float], poor: Sequence[float]) -> float:
    """Probability that one of `good` is above one of `poor`; a tie counts as half."""
    wins = sum((high > low) + (high == low) / 2 for high in good for low in poor)
    return wins / (len(good) * len(poor))


def _all(folder: Path) -> list[Figures]:
    return [of_folder(checkout) for checkout in sorted(folder.iterdir()) if checkout.is_dir()]


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
