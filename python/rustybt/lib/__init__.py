"""Parts that loaders and engines of pipelines are made of."""
