"""Exports: the ledger in other tools' formats."""
