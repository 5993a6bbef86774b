"""What hears every record while a study runs, and can stop nothing."""
