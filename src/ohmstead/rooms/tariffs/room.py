"""The room of tariffs: what it exports."""

from ohmstead.rooms.tariffs import (
    preview,
    resolved,  # noqa: F401 - the listing for one user
)
from ohmstead.rooms.tariffs.display import actions
from ohmstead.rooms.tariffs.groups import tariff_groups
from ohmstead.rooms.tariffs.snapshot_resource import tariff_snapshots
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans
from ohmstead.rooms.tariffs.tariffs import tariffs

OPERATIONS = (tariffs, tariff_groups, tariff_snapshots, actions, preview.actions, subscription_plans)
