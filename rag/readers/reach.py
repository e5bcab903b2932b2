"""Tell how far inside the user's own network an IP address is.

A site may redirect only as far in as it is itself (see `fetch`): a page on the Internet says nothing about a machine at
home, and a printer at home says nothing about the machine that asks it. What is public is listed, not what is private:
an address of a kind that nobody thought of is private.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address


class Reach(IntEnum):
    """Where an address is, from the outside in."""

    PUBLIC = 0  # the Internet
    NETWORK = 1  # a private network, a provider's, and whatever is none of the others
    LINK = 2  # the same cable; cloud providers answer here with a machine's own secrets
    MACHINE = 3  # this machine


# Azure answers here with a machine's secrets, though it is a public address.
_AZURE = IPv4Address("168.63.129.16")
_THIS_HOST = IPv4Network("0.0.0.0/8")
# Set aside, although `ipaddress` calls all or a part of them global in some versions of Python.
_RESERVED_4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4")))
_UNICAST_6 = IPv6Network("2000::/3")
_RESERVED_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_MAPPED = IPv6Network("::ffff:0:0/96")  # the system connects to the IPv4 address
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how a network without IPv4 reaches any IPv4 address
# Local NAT64 (RFC 8215), IPv4-compatible, IPv4-translated (RFC 2765): an IPv4 address at the end, of a private meaning
_PRIVATE_MEANING = tuple(map(IPv6Network, ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))
_ISATAP = 0x5EFE  # RFC 5214: the bits above the IPv4 address, but for the one that says that it is unique
_UNIQUE = 1 << 25
_LOW_32 = 2**32 - 1


def reach_of(address: str) -> Reach:
    """Return where an IP address is; IPv4 addresses inside IPv6 addresses are looked at too.

    Args:
        address: as the system gives it, with or without a zone ("fe80::1%eth0").

    Raises:
        ValueError: if it is not an IP address.
    """
    parsed = ip_address(address.partition("%")[0])
    return _reach_4(parsed) if isinstance(parsed, IPv4Address) else _reach_6(parsed)


def _reach_4(address: IPv4Address) -> Reach:
    if address.is_loopback or address in _THIS_HOST:
        return Reach.MACHINE
    if address.is_link_local or address == _AZURE:
        return Reach.LINK
    reserved = any(address in network for network in _RESERVED_4)
    return Reach.PUBLIC if address.is_global and not reserved else Reach.NETWORK


def _reach_6(address: IPv6Address) -> Reach:
    last = IPv4Address(int(address) & _LOW_32)
    if address.is_loopback or address.is_unspecified:
        return Reach.MACHINE
    if address in _MAPPED or address in _NAT64:
        return _reach_4(last)
    if address.is_link_local:
        return Reach.LINK
    # Tunnels that hold an IPv4 address are obsolete: no site is served through one, whatever the address in it is.
    inside = [found for found in (address.sixtofour, *(address.teredo or ())) if found]
    isatap = (int(address) >> 32) & (2**32 - 1) & ~_UNIQUE == _ISATAP
    if isatap or any(address in network for network in _PRIVATE_MEANING):
        inside.append(last)
    if inside:
        return max(Reach.NETWORK, *map(_reach_4, inside))
    reserved = any(address in network for network in _RESERVED_6)
    return Reach.PUBLIC if address in _UNICAST_6 and not reserved else Reach.NETWORK
