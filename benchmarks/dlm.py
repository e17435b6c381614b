"""Load management benchmark: a site of 48 outlets in a closed loop, with everything that real charge points do to it.

The server is a whole node, the stations are a process of their own, and the clock of both runs faster. What flowed is
held against every limit, and the energy against the best that somebody could have done who knew everything beforehand.
Run it with `scripts/bench dlm`; `--only allocation` measures the engine alone, `--only curve` draws what settings cost.
"""

import argparse
import asyncio
import csv
from pathlib import Path

import uvloop
from parts.allocation import measure_all
from parts.site.curve import draw
from parts.site.figures import fairness, lateness, share
from parts.site.layout import CONDUCTORS, OUTLETS
from parts.site.optimum import allocated, best_wh
from parts.site.record import Record
from parts.site.scenario import SCENES, Scenario, scenario
from parts.site.scene import Run, play
from parts.site.verdict import EXCUSES, carried, judge

MINUTES, SPEED = 30.0, 8.0


async def main(given: argparse.Namespace) -> None:
    for scene in given.scene or SCENES:
        chosen = scenario(scene, given.seed, 60 * given.minutes)
        run = await play(chosen, given.speed)
        report(run, given.speed)
        keep(run, given.csv, given.log)


def report(run: Run, speed: float) -> None:
    """The figures of a scene."""
    chosen, record = run.scenario, run.record
    hours = chosen.seconds / 3600
    print(f"\nfaults: {chosen.scene}; {len(OUTLETS)} EVSEs, {len(record.stays)} cars, {60 * hours:.0f} minutes of the "
          f"site's time at {speed:g} times the speed, seed {chosen.seed}")  # fmt: skip
    safety(run)
    energy(chosen, record)
    late = lateness(chosen, record)
    print(f"decreases that were necessary: {len(late)}, followed after p50 {share(late, 0.5):.1f} s, "
          f"p99 {share(late, 0.99):.1f} s")  # fmt: skip
    print(f"profiles: {record.profiles / len(OUTLETS) / hours:.1f} per EVSE and hour")
    print(f"server: {run.cpu_s / hours:.0f} s of CPU in an hour of the site's, {run.memory_mb:.0f} MB; "
          + ", ".join(f"{word} {count}" for word, count in run.said().items()))  # fmt: skip
    pace(record, speed)


def safety(run: Run) -> None:
    """What was above a limit."""
    verdict = judge(run.scenario, run.record)
    print("phase-seconds above a limit: " + ", ".join(f"{name} {verdict.seconds(name):.0f}" for name in EXCUSES))
    for name in EXCUSES:
        if worst := verdict.worst(name):
            print(f"  worst ({name}): {worst.amps:.1f} A on {worst.cable} L{worst.line + 1} at {worst.at_s:.0f} s")


def energy(chosen: Scenario, record: Record) -> None:
    """What was delivered, of what could have been, and how it was shared."""
    perfect = allocated(chosen)
    delivered, possible = (sum(stay.energy_wh for stay in stays) for stays in (record.stays, perfect))
    best = best_wh(chosen)
    print(f"energy: {delivered / 1000:.1f} kWh, {delivered / best:.3f} of the best {best / 1000:.1f} kWh; "
          f"the allocation alone, told the truth at once: {possible / best:.3f}")  # fmt: skip
    ours, ideal = (fairness(chosen.visits, stays) for stays in (record.stays, perfect))
    print(f"fairness (Jain of A over weight): {ours[0]:.2f}, smallest share {ours[1]:.2f} of the mean; the allocation "
          f"alone: {ideal[0]:.2f}, {ideal[1]:.2f}")  # fmt: skip


def pace(record: Record, speed: float) -> None:
    """Whether the machine kept up with the clock: its own delays count so many times as much in the figures above."""
    took = [one.took_s for one in record.reports]
    gaps = [after.at_s - before.at_s for before, after in zip(record.samples, record.samples[1:], strict=False)]
    print(f"pace, in s of the site's time: the stations' loop late by p99 {speed * share(record.lags, 0.99):.2f}, "
          f"at most {speed * share(record.lags, 1.0):.2f}; a meter report took p50 {share(took, 0.5):.2f}, "
          f"p99 {share(took, 0.99):.2f}; longest time between two looks {share(gaps, 1.0):.1f}")  # fmt: skip


def keep(run: Run, currents: str | None, log: str | None) -> None:
    """What there is to look at afterwards."""
    if currents:
        write_currents(Path(currents), run.record)
    if log:
        Path(log).write_text(run.log)


def write_currents(file: Path, record: Record) -> None:
    """Each line of each circuit, second by second, for a spreadsheet."""
    with file.open("w", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(["at_s", *(f"{cable} L{line + 1}" for cable, line in CONDUCTORS)])
        for sample in record.samples:
            table.writerow([f"{sample.at_s:.1f}", *(f"{amps:.1f}" for amps in carried(sample).values())])


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--scene", choices=SCENES, action="append", help="one of the scenes; all without it")
    options.add_argument("--minutes", type=float, default=MINUTES, help="of the site's time")
    options.add_argument("--speed", type=float, default=SPEED, help="of the clock; lower it on a busy machine")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--csv", help="a file for the currents of the last scene")
    options.add_argument("--log", help="a file for the server's log of the last scene")
    options.add_argument("--only", choices=["loop", "allocation", "curve"], help="a part of it")
    chosen_options = options.parse_args()
    if chosen_options.only in (None, "loop"):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main(chosen_options))
    if chosen_options.only in (None, "allocation"):
        measure_all()
    if chosen_options.only == "curve":
        draw(chosen_options.scene or ["none"], chosen_options.seed, chosen_options.minutes)
