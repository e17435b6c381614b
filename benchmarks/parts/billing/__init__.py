"""Parts of the billing benchmark."""
