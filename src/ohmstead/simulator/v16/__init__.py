"""OCPP 1.6J as a charge point speaks it: messages, settings by their names, readings and commands."""
