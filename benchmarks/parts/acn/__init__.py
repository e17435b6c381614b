"""The allocator beside those of acnportal, in a simulated car park."""
