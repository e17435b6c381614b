"""Rights: each name that may be asked for needs some."""

from typing import get_args

from ohmstead.kit.operations import Actor
from ohmstead.rooms.notices.names import NOTIFICATIONS, Asked, told
from ohmstead.rooms.notices.rights import UNTOLD, lacking


def test_nothing_is_told_to_a_token_without_rights() -> None:
    nobody = Actor(1, 1, frozenset({"notifications.*"}))
    assert [name for name in get_args(Asked) if not [*lacking(nobody, told(name))]] == []
    assert not [*lacking(Actor(1, 1, frozenset({"*.read"})), "evse.changed")]


def test_what_is_told_says_its_rights_itself() -> None:
    assert not {one.name for one in NOTIFICATIONS} & UNTOLD.keys()
