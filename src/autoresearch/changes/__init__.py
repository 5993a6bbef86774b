"""What is known of a change from its text alone: where it stands, how large it is, and what it comes to."""
