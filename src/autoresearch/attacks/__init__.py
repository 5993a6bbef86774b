"""Attacks: what an agent, or the code it wrote, may try on the referee, a module a family.

A family is data. `tests/attacks` plays it in a study of its own on every sandbox; `autoresearch check --attack` plays
what is portable of it on the user's own task and machine.
"""
