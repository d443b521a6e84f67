"""Faults put into the core by hand, and the command that shows which test catches each."""
