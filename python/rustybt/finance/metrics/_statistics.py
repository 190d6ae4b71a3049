"""Statistics of daily returns as empyrical defines them, for metrics in Python (the engine has its own)."""

import numpy as np

_DAYS = 252


def annual_volatility(returns):
    """Sample deviation, by the year; NaN for fewer than two returns."""
    return np.nanstd(returns, ddof=1) * np.sqrt(_DAYS) if len(returns) > 1 else np.nan


def sharpe_ratio(returns):
    """Mean over sample deviation, by the year."""
    if len(returns) < 2:
        return np.nan
    with np.errstate(all="ignore"):
        return np.nanmean(returns) / np.nanstd(returns, ddof=1) * np.sqrt(_DAYS)


def sortino_ratio(returns):
    """Mean over downside deviation, by the year."""
    if len(returns) < 2:
        return np.nan
    risk = np.sqrt(np.nanmean(np.clip(returns, -np.inf, 0) ** 2)) * np.sqrt(_DAYS)
    with np.errstate(all="ignore"):
        return np.float64(np.nanmean(returns) * _DAYS) / risk


def max_drawdown(returns):
    """Deepest fall from a peak, as a negative fraction."""
    if len(returns) < 1:
        return np.nan
    value = 100.0 * np.concatenate([[1.0], np.cumprod(1.0 + np.nan_to_num(returns))])
    peak = np.fmax.accumulate(value)
    return np.nanmin((value - peak) / peak)


def cumulative_return(returns):
    """Of the whole period."""
    return np.prod(1.0 + np.nan_to_num(returns)) - 1.0


def alpha_beta(returns, benchmark):
    """Regression on the benchmark, alpha by the year."""
    if len(returns) < 2:
        return np.nan, np.nan
    x = np.where(np.isnan(returns), np.nan, benchmark)
    y = np.where(np.isnan(benchmark), np.nan, returns)
    residual = x - np.nanmean(x)
    variance = np.nanmean(residual * residual)
    beta = np.nan if variance < 1.0e-30 else np.nanmean(residual * y) / variance
    with np.errstate(all="ignore"):
        mean = np.nan if np.isnan(beta) else np.nanmean(returns - beta * benchmark)
        return np.power(mean + 1.0, _DAYS) - 1.0, beta
