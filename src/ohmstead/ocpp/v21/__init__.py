"""OCPP 2.1, where it is not the same as 2.0.1: load management."""
