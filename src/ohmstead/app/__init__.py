"""The only place that knows everyone: settings, commands, and the system put together."""

import gc

# Nearly all that is made while modules are imported stays: to look for garbage meanwhile takes a tenth of a start.
gc.set_threshold(100_000, 50, 100)
