"""Properties of classes."""


class classproperty:
    """A property that is computed from the class.

    >>> class Folder:
    ...     parts = ("a", "b")
    ...     path = classproperty(lambda cls: "/".join(cls.parts))
    >>> Folder.path
    'a/b'
    """

    def __init__(self, fget):
        self.fget = fget

    def __get__(self, instance, owner):
        return self.fget(owner)
