"""A charge point simulator: stations that speak OCPP over real WebSockets, cars, crowds, and a prompt for one."""
