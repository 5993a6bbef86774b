"""For authors of plug-ins and tests: fakes and a task that runs in a tenth of a second."""
