"""OCPP 2.0.1 as a charge point speaks it: messages, variables by their components, readings and commands."""
