"""The explanation: why a circuit leaves so much, and why an EVSE gets what it gets, as numbers, codes and sentences."""
