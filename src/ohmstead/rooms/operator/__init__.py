"""The operator: admins and their tokens, settings, currencies and their rates, taxes, how it is reached."""
