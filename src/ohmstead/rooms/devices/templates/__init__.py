"""Configuration templates: variables written to many charge points, once or after each of their boots."""

from ohmstead.rooms.devices.templates.applying import actions
from ohmstead.rooms.devices.templates.bulk import bulk
from ohmstead.rooms.devices.templates.enforcing import TemplateWork
from ohmstead.rooms.devices.templates.resource import templates
from ohmstead.rooms.devices.templates.variables import template_variables

__all__ = ["TemplateWork", "actions", "bulk", "template_variables", "templates"]
