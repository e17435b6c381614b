"""The operator: admins and their tokens, settings, currencies, taxes."""
