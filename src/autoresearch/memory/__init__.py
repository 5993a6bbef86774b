"""What a study remembers for whoever proposes next: ideas that were tried, claims, notes."""
