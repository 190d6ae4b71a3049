"""From the metrics_set of a run to what its frame is made with."""


def make(metrics_set):
    """A MetricsTracker, or None for the default set, which needs none."""
    from rustybt.finance import metrics

    if isinstance(metrics_set, str):
        if metrics_set == "default" and metrics.metrics_sets.get("default") is metrics.default_metrics:
            return None
        metrics_set = metrics.load(metrics_set)
    return metrics.MetricsTracker(metrics_set)
