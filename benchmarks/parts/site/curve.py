"""What settings cost: energy against profiles and margin, each point a run of the scenario without a server."""

from collections.abc import Iterator

import structlog

from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.steadiness import EXACT, Band
from ohmstead.rooms.power.management.tuning import Tuning
from parts.site.direct import Direct
from parts.site.figures import fairness
from parts.site.layout import OUTLETS
from parts.site.optimum import best_wh
from parts.site.scenario import Scene, scenario
from parts.site.verdict import judge

BANDS = ((EXACT, "none"), (Band(2.0, 0.2), "20 %"), (Band(4.0, 0.4), "40 %"), (Band(), "60 %"))
HOLDS, LEASES, MARGINS = (30.0, 60.0, 120.0), (600.0, 900.0, 3600.0), (0.0, 5.0, 10.0, 15.0, 20.0)


def points() -> Iterator[tuple[str, Tuning, bool]]:
    """What is said of it, how the tree is run, and whether the meter told of the weeks before."""
    yield "as it is", Tuning(), True
    for band, said in BANDS:
        yield f"band {said}", Tuning(band=band), True
    for hold in HOLDS:
        yield f"{hold:.0f} s between changes", Tuning(pace=Pace(hold=hold, renew=0.8, short_hold=15.0)), True
    for lease in LEASES:
        yield f"lease {lease:.0f} s", Tuning(lease=lease), True
    yield "nothing is known of the building", Tuning(), False
    for margin in MARGINS:
        yield f"margin {margin:.0f} A", Tuning(margin=margin), True


def draw(scenes: list[Scene], seed: int, minutes: float) -> None:
    """A line for each point."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    for scene in scenes:
        chosen = scenario(scene, seed, 60 * minutes)
        best = best_wh(chosen)
        print(f"\nfaults: {scene}; {minutes:g} minutes, seed {seed}, without a server")
        print(f"{'':34} {'energy':>7} {'Jain':>6} {'profiles':>9} {'above a limit':>14}")
        for said, tuning, known in points():
            record = Direct(chosen, tuning, known).play()
            energy = sum(stay.energy_wh for stay in record.stays) / best
            profiles = record.profiles / len(OUTLETS) / (minutes / 60)
            above = judge(chosen, record).seconds("none")
            jain = fairness(chosen.visits, record.stays)[0]
            print(f"{said:34} {energy:7.3f} {jain:6.2f} {profiles:9.1f} {above:12.0f} s", flush=True)
