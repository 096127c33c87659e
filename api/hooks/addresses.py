"""Which addresses may be connected to on behalf of people who type them. Pure: an address in, a reason out.

The ranges are those of IANA's special-purpose registries, written out: what Python's `is_global` knows differs from
release to release.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

METADATA: Final = frozenset(
    ip_address(one)
    for one in (
        "169.254.169.254",  # AWS, Azure, Google Cloud, DigitalOcean, OpenStack
        "169.254.170.2",  # AWS, containers
        "169.254.170.23",
        "168.63.129.16",  # Azure's host: a public address that only its own machines reach
        "100.100.100.200",  # Alibaba Cloud
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google Cloud
    )
)
"""They hand out credentials. Only an entry for the single address opens one, never a network around it."""

_NOT_PUBLIC: Final[tuple[tuple[str, str], ...]] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider's customers"),
    ("127.0.0.0/8", "this machine"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.31.196.0/24", "reserved"),
    ("192.52.193.0/24", "reserved"),
    ("192.88.99.0/24", "a relay to IPv6"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "reserved"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::1/128", "this machine"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "IPv4 inside IPv6"),
    ("2620:4f:8000::/48", "reserved"),
    ("3fff::/20", "for documentation"),
)
NOT_PUBLIC: Final = tuple((ip_network(network), why) for network, why in _NOT_PUBLIC)
PUBLIC_IPV6: Final = IPv6Network("2000::/3")
NAT64: Final = IPv6Network("64:ff9b::/96")


def refusal(address: Address, allowed: Sequence[Network] = ()) -> str | None:
    """Why `address` must not be connected to; None where it may be.

    An IPv4 address that is written as an IPv6 one (mapped, or translated by NAT64) is judged as what it is.
    """
    inner = _inside(address)
    if inner in METADATA:
        single = any(network.num_addresses == 1 and inner in network for network in allowed)
        return None if single else "hands out credentials of this machine"
    if any(network.version == inner.version and inner in network for network in allowed):
        return None
    for network, why in NOT_PUBLIC:
        if network.version == inner.version and inner in network:
            return why
    if isinstance(inner, IPv6Address) and inner not in PUBLIC_IPV6:
        return "not public"
    return None


def _inside(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        plain = IPv6Address(int(address))  # without a zone
        if plain in NAT64:
            return IPv4Address(int(plain) & 0xFFFF_FFFF)
        return plain
    return address


def networks(text: str) -> tuple[Network, ...]:
    """The networks in a setting: separated by commas."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
