"""Names that exist already and say so when they are used before their part is built."""


def raise_not_yet(what):
    from rustybt.errors import NotYetSupported

    raise NotYetSupported(f"{what} is not supported yet")


def not_yet_class(name, module, base=object):
    """A class that can be imported and subclassed in annotations, but not constructed."""

    def __init__(self, *args, **kwargs):
        raise_not_yet(name)

    return type(name, (base,), {"__init__": __init__, "__module__": module, "__doc__": "Not supported yet."})
