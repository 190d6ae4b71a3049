"""One fill, as a user's commission model sees it."""


class Transaction:
    """Signed amount at a price; `commission` is charged separately."""

    __slots__ = ("asset", "amount", "dt", "price", "order_id", "commission")

    def __init__(self, asset, amount, dt, price, order_id):
        self.asset, self.amount, self.dt, self.price, self.order_id = asset, amount, dt, price, order_id
        self.commission = None

    @property
    def sid(self):
        return self.asset

    def __getitem__(self, name):
        return getattr(self, name)

    def __repr__(self):
        return f"Transaction(asset={self.asset}, dt={self.dt}, amount={self.amount}, price={self.price})"
