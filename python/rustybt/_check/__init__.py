"""One run of a strategy under observation, for `rustybt strategy check` (rustybt/cli/strategy_check.cpp).

The command starts a process per run and says in RUSTYBT_CHECK what the run may know; nothing of this is loaded otherwise.
"""

import json
import os


def install(script):
    """Observe the strategy `script` as RUSTYBT_CHECK asks: {"trace", "seed", "future", "sources", "trust"}."""
    from rustybt._check import _files, _trace

    wanted = json.loads(os.environ["RUSTYBT_CHECK"])
    trace = _trace.Trace(wanted["trace"], os.path.dirname(script))
    _trace.watch(trace)
    if wanted["seed"]:
        _trace.seed_everything()
    _files.watch(trace, wanted["future"], wanted["sources"], wanted["trust"])
