"""The network: what stands where: locations, zones, charge points, EVSEs, connectors, their models and downtime."""
