"""What numbers depend on outside git."""
