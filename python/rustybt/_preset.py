"""The preset of policies that calls take when none is named; activating the zipline alias sets it to "zipline"."""

default = "rustybt"
reason = "default"
