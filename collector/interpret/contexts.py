"""Which SNMP contexts of a device show which VRFs, from what it says of them itself.

Source: CISCO-CONTEXT-MAPPING-MIB cContextMappingVrfName; SNMP-VIEW-BASED-ACM-MIB vacmContextName (RFC 3415).
"""

from collections.abc import Iterable

from collector.model import Context, Entity


def vrfs_by_context(entities: Iterable[Entity]) -> tuple[tuple[str, str], ...]:
    """Return (context name, VRF) of each context but the default one, in the order of their names.

    A context that no VRF is mapped to is taken to show the VRF of its own name: a device without
    CISCO-CONTEXT-MAPPING-MIB tells no more. One that is mapped to something else than a VRF (a topology, a bridge
    domain) is left out where the device maps others to VRFs.
    """
    names: set[str] = set()
    vrfs: dict[str, str] = {}
    for entity in entities:
        if isinstance(entity, Context) and entity.name:
            names.add(entity.name)
            if entity.vrf:
                vrfs[entity.name] = entity.vrf
    return tuple(sorted((name, vrfs[name]) for name in vrfs) if vrfs else ((name, name) for name in sorted(names)))
