"""The shapes of a table file once it is read: modules of tables of columns.

Instances compare by identity: they are made once per load and are keys of caches.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from collector.model import Entity, Happening, Level

Decode: TypeAlias = Callable[[int, bytes], object]
"""(value tag, value content octets) to a model value; `None` for a value that is absent; raises WireError."""

Kind: TypeAlias = Literal["static", "counter", "gauge"]
Renews: TypeAlias = Literal["change", "backwards"]
Says: TypeAlias = Literal["local_address", "remote_address", "reason"]
"""Fields of a `model.Notification` that one object of it fills."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndexPart:
    """One object of an INDEX clause, in its order."""

    name: str
    number: int | None
    """Its column where it is a column of the same table; `None` where another table defines it."""
    syntax: str
    fixed_size: int | None = None
    """Octets of a string whose length is not encoded (IpAddress: 4)."""
    implied: bool = False
    """The last string of an INDEX with IMPLIED: its length is not encoded, it takes what is left."""
    tag: int
    """The tag that its value would have on the wire."""
    field: str | None
    enum: Mapping[int, str] | None = None
    typed_by: str | None = None
    """The earlier part that tells how to read this one (an InetAddressType, an identity type)."""
    value_type: type
    """What `decode` returns when it does not return `None`."""
    decode: Decode


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One accessible object: a column of a table, or a scalar."""

    name: str
    number: int
    """Last arc of a column; 1, 2, … in the order of the file for the scalars of a group. Unique in its table."""
    oid: bytes
    """OID content octets without an instance."""
    syntax: str
    tag: int
    """The tag that the MIB's syntax has on the wire; devices send others too."""
    kind: Kind
    """`class` in the file: a static column is read once per row, the others at every poll."""
    slow: bool = False
    """Says little that other columns do not: read by full polls, or in rotation."""
    field: str | None
    """The field of the entity that it fills; `None` if it only serves other columns (`wraps`, `typed_by`)."""
    enum: Mapping[int, str] | None = None
    typed_by: str | None = None
    """The column or index part that tells how to read this one."""
    fallback: str | None = None
    """The column or index part whose value is taken, where it is an address, while this one is absent."""
    superseded_by: str | None = None
    """A column that says the same better (`…HcInOctets` for `…InOctets` and `…InOctWraps`). Steady polls may skip this
    one once the other has answered *with something else than 0* on any row of the table: devices were seen whose
    64-bit column stays 0 while the 32-bit one counts, and then the interpretation needs both."""
    wraps: str | None = None
    """The 32-bit column whose wraps at 2^32 this one counts."""
    renews: Renews | None = None
    """What in this column tells that the row of this index is another one than before, so that its static columns are
    to be read again: any `change`, or going `backwards`."""
    label: str | None = None
    """In a group with `each`: the value of the field that tells this scalar's entity from the others'."""
    value_type: type
    """What `decode` returns when it does not return `None`."""
    decode: Decode


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A conceptual table, or a group of scalars: one row with index `0`."""

    name: str
    mib: str
    oid: bytes
    """Content octets of the table's OID; of the longest common prefix for a group of scalars."""
    entity: type[Entity]
    scalars: bool
    columns: tuple[Column, ...]
    index: tuple[IndexPart, ...] = ()
    augments: str | None = None
    """The table whose rows of the same index the rows of this one complete."""
    constants: Mapping[str, str]
    """Fields that are the same for every row of the table."""
    each: str | None = None
    """For scalars that each make an entity of their own: the field that their `label` fills."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Module:
    """Tables that are polled together."""

    name: str
    tables: tuple[Table, ...]
    interval_seconds: float | None
    """`None`: the target's own interval."""
    contexts: Literal["each", "default"]
    scheduled: bool = True
    """Whether it is polled at an interval, or only read when something asks (context discovery)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NotifiedObject:
    """An object as a notification carries it: a column, scalar or index object of a table, or one that no table has."""

    name: str
    mib: str
    oid: bytes
    """OID content octets without an instance."""
    syntax: str
    enum: Mapping[int, str] | None = None
    index: tuple[IndexPart, ...] = ()
    """Of the table that it is of; none for scalars and for objects that no table has."""
    type_oid: bytes | None = None
    """The object that tells, with the same instance, how to read this one."""
    says: Says | None = None
    decode: Decode


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NotificationType:
    """One NOTIFICATION-TYPE: what a trap or inform of this OID is about."""

    name: str
    mib: str
    oid: bytes
    happening: Happening
    level: Level | None = None
    table: Table | None = None
    """The table a row of which it is about; its index is in the instances of objects whose INDEX begins like it."""
    module: str | None = None
    """Tables a poll of which tells more: those among which `table` is, where it is about a row."""
    up: bool | None = None
    """What it says of the tunnel, the routing session or the link."""
    up_when: tuple[str, str] | None = None
    """The object, and the label of it, that says that it is up; any other label says that it is down."""
    objects: tuple[NotifiedObject, ...] = ()
    """What the MIB says that it carries, in its order; devices leave out some and add others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """Everything that a directory of table files says."""

    modules: Mapping[str, Module]
    tables: Mapping[str, Table]
    left_out: Mapping[str, str]
    """Objects, or whole subtrees, that are not mapped, and why."""
    objects: Mapping[str, tuple[bytes, int]]
    """OID content octets (without an instance) and value tag of every column, scalar and index object, by name."""
    notifications: Mapping[str, NotificationType]
    """By name."""
    notified: Mapping[bytes, NotifiedObject]
    """Every object that can be read in a notification, by its OID: all of `objects`, and those of no table."""

    def scheduled(self) -> tuple[str, ...]:
        """Return the names of the modules that are polled at an interval."""
        return tuple(module.name for module in self.modules.values() if module.scheduled)
