"""The clock of a run."""
