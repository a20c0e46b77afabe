"""Addresses of the network, cut down to what tells no household."""

from ipaddress import IPv6Address, ip_address, ip_network


def neighbourhood(address: str | None) -> str:
    """The network that an address belongs to: /24 of IPv4, /48 of IPv6; nothing for what is none."""
    try:
        told = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(told, IPv6Address) and told.ipv4_mapped:
        told = told.ipv4_mapped
    bits = 48 if told.version == 6 else 24
    return str(ip_network((told, bits), strict=False).network_address)
