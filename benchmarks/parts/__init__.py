"""What the benchmarks are made of: servers in processes of their own, light load generators, CPU meters."""
