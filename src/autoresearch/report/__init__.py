"""The report: one picture and one page of what the ledger says."""
