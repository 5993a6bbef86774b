"""Sizes for one core. May change, where the task file says so, as train.py may."""

DEPTH = 2
HEADS = 4
HEAD_SIZE = 32
CONTEXT = 128  # tokens seen at once
BATCH = 8  # windows a step
MICRO_BATCH = 8  # windows at once: as many as memory holds
