"""Lets tests import `parts` as the benchmarks do; last in the path, for a benchmark may be called as a library is."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
