"""Documents: invoices, pro formas, credit notes and receipts, which prove what was sold and paid."""
