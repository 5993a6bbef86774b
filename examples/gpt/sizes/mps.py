"""Sizes for an Apple machine with 16 GB of memory. May change, where the task file says so, as train.py may."""

DEPTH = 6
HEADS = 6
HEAD_SIZE = 64
CONTEXT = 512  # tokens seen at once
BATCH = 64  # windows a step
MICRO_BATCH = 16  # windows at once: as many as memory holds
