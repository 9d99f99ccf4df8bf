"""The manner in which an account is shown the list of its own followers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListManner:
    """`latest_first` says whether the order is honoured that a request asks for; else the list has one of its own.

    At most `shown` people are listed (None: all). `told` says whether the reply then tells that it is cut short.
    """

    latest_first: bool = True
    shown: int | None = None
    told: bool = True


AS_ASKED = ListManner()
