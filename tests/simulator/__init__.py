"""The charge point simulator against a scripted central system."""
