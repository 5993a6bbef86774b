"""Programs a task's command calls to measure set-ups made for other tools, as they are. Standard library only.

They run in the candidate box, beside the code they measure, and say `METRIC name=value`: nothing rests on their
honesty.
"""
