"""Gateways: payment providers behind one interface, the calls to them and the events from them."""
