"""The words of OCPP 2.1, where a station's are other than in 2.0.1."""
