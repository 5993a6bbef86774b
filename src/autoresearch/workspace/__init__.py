"""The git side of a study."""
