"""Sizes for one CUDA card with 80 GB of memory. May change, where the task file says so, as train.py may."""

DEPTH = 8
HEADS = 4
HEAD_SIZE = 128
CONTEXT = 1024  # tokens seen at once
BATCH = 512  # windows a step
MICRO_BATCH = 128  # windows at once: as many as memory holds
