"""Task files around set-ups that exist already."""
