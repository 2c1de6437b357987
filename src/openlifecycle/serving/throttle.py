"""How fast one client may ask: a bucket of tokens that fills at a steady rate."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

#: An owner of IPv6 addresses has a whole network of this size: it is one client.
_IPV6_NETWORK = 64


class Throttle:
    """A bucket for each client, of those seen last."""

    def __init__(
        self, rate: float, burst: int, clients: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Give every client a full bucket."""
        self._rate, self._burst, self._most, self._clock = rate, burst, clients, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> int:
        """Take a token of a client (client_of); return 0, or the seconds until there is one."""
        now = self._clock()
        tokens, seen = self._buckets.pop(client, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - seen) * self._rate)
        enough = tokens >= 1
        self._buckets[client] = (tokens - 1 if enough else tokens, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0 if enough else max(1, math.ceil((1 - tokens) / self._rate))


def client_of(address: str) -> str:
    """Return what stands for a client: its address, or the network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
    return address
