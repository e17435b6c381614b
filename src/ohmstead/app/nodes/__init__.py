"""Nodes: several processes of Ohmstead on one database, each doing its part, none doing another's."""
