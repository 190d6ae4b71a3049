"""Continuous futures: chains of contracts seen as one price series."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from rustybt import _core
from rustybt._core import ContinuousFuture

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from rustybt.assets import Future

__all__ = [
    "ADJUSTMENT_STYLES",
    "CHAIN_PREDICATES",
    "ContinuousFuture",
    "ContractNode",
    "OrderedContracts",
    "delivery_predicate",
    "march_cycle_delivery_predicate",
]

ADJUSTMENT_STYLES = {"add", "mul", None}


def delivery_predicate(codes: Container[str], contract: Future) -> bool:
    """Whether the contract's month, the third letter from the end of its symbol, is one of `codes`."""
    return contract.symbol[-3] in codes


march_cycle_delivery_predicate: Callable[..., bool] = partial(delivery_predicate, frozenset("HMUZ"))

# the months that are traded, of roots that list others too; the core knows the same (rustybt/assets/futures.cpp)
CHAIN_PREDICATES = {
    **dict.fromkeys(("EL", "ME", "PA", "JY", "CD", "AD", "BP"), march_cycle_delivery_predicate),
    "PL": partial(delivery_predicate, frozenset("FJNV")),
    **dict.fromkeys(("GC", "XG"), partial(delivery_predicate, frozenset("GJMQVZ"))),
    **dict.fromkeys(("SV", "YS"), partial(delivery_predicate, frozenset("HKNUZ"))),
}


class ContractNode:
    """A contract and its neighbours in a chain: `node >> 2` is two places further, None beyond the end."""

    def __init__(self, contract: Future) -> None:
        self.contract = contract
        self.prev: ContractNode | None = None
        self.next: ContractNode | None = None

    def __rshift__(self, offset: int) -> ContractNode | None:
        node: ContractNode | None = self
        while offset > 0 and node is not None:
            node, offset = node.next, offset - 1
        return node

    def __lshift__(self, offset: int) -> ContractNode | None:
        node: ContractNode | None = self
        while offset > 0 and node is not None:
            node, offset = node.prev, offset - 1
        return node


class OrderedContracts(_core.OrderedContracts):
    """Contracts of a root in the order given; those that chain_predicate is false of are left out, and first ones that close
    before they start.

    chain = finder.get_ordered_contracts("ES")
    chain.contract_before_auto_close(pd.Timestamp("2014-06-05").value)
    """

    def __init__(
        self, root_symbol: str, contracts: Iterable[Future], chain_predicate: Callable[[Future], bool] | None = None
    ) -> None:
        self.chain_predicate = chain_predicate
        super().__init__(root_symbol, [c for c in contracts if chain_predicate is None or chain_predicate(c)])

    @cached_property
    def sid_to_contract(self) -> dict[int, ContractNode]:
        """ContractNode by sid."""
        nodes = {int(contract): ContractNode(contract) for contract in self.contracts}
        chain = list(nodes.values())
        for node, following in zip(chain, chain[1:]):
            node.next, following.prev = following, node
        return nodes
