"""Devices: what is done to the hardware: presence, settings, firmware, certificates, commands, and what they report."""
