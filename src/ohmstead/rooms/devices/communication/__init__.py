"""Communication: the log of frames, diagnostics that were uploaded, security events."""
