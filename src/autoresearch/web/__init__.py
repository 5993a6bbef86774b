"""The browser view: one page that follows a study's ledger. Extra `web`."""
