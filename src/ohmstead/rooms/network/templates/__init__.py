"""Configuration templates: variables written to many charge points, once or after each of their boots."""

from ohmstead.rooms.network.templates.applying import actions
from ohmstead.rooms.network.templates.bulk import bulk
from ohmstead.rooms.network.templates.enforcing import TemplateWork
from ohmstead.rooms.network.templates.resource import templates
from ohmstead.rooms.network.templates.variables import template_variables

__all__ = ["TemplateWork", "actions", "bulk", "template_variables", "templates"]
