"""The operator: admins and their tokens, settings, currencies and their rates, taxes, terms, how it is reached."""
