"""Calendars, event rules, and the entry point of runs."""
