"""The referee's arithmetic: pure functions on numbers, no I/O, replayable from stored measurements."""
