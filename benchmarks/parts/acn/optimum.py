"""The optimum: the kWh that somebody could have delivered who knew the whole day beforehand, by a linear program."""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from parts.acn.day import A_KWH, BOARDS, MOST_A, STEPS, Car, Site, board_of, line_of


def best_kwh(site: Site, visits: list[Car]) -> float:
    """The most energy within every cable, at up to 32 A a car and no more than it asks for."""
    cables = {f"board{number}": site.board for number in range(BOARDS)} | {"main": site.main}
    lines = [(cable, line, step) for cable in cables for line in range(3) for step in range(STEPS)]
    rows = {key: number for number, key in enumerate(lines)}
    entries: list[tuple[int, int, float]] = []
    moments = 0
    for number, car in enumerate(visits):
        for step in range(car.arrival, car.departure):
            for cable in ("main", board_of(car.socket)):
                entries.append((rows[cable, line_of(car.socket), step], moments, 1.0))
            entries.append((len(rows) + number, moments, A_KWH))
            moments += 1
    row, column, value = zip(*entries, strict=True)
    limits = [cables[cable] for cable, _, _ in lines] + [car.kwh for car in visits]
    matrix = coo_matrix((value, (row, column)), shape=(len(limits), moments))
    found = linprog(-np.ones(moments), A_ub=matrix, b_ub=limits, bounds=(0, MOST_A), method="highs")
    return -found.fun * A_KWH
