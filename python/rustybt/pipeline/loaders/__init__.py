"""Where the terms of pipelines get their values."""
