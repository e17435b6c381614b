"""Commands: operations that tell a charge point to do something now."""
