"""What a family is, and what its series are about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from collector.model import Entity

Type = Literal["counter", "gauge", "info"]


class Label(NamedTuple):
    """A label and the dotted path from a subject's row to its value."""

    name: str
    path: str
    covers: tuple[str, ...] = ()
    """Fields (`Entity.field`) that it tells, where the path itself does not say so."""


class Part(NamedTuple):
    """One of several values of a family that a row has: of the family's label `by`, and the path to its value."""

    label: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kind of thing that series are about: its rows, and the labels that tell them apart."""

    name: str
    labels: tuple[Label, ...] = ()
    """Its own labels."""
    entities: Mapping[str, tuple[type[Entity], ...]] = field(default_factory=dict)
    """Entities that paths lead to, by their first part; by the empty text those that the row itself stands for."""
    scope: tuple[str, ...] = ("target", "vrf")
    """Labels of the context, before its own."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels of every series about it."""
        return self.scope + tuple(label.name for label in self.labels)

    def covered_by(self, path: str) -> frozenset[str]:
        """Return the fields (`Entity.field`) that a path tells."""
        root, _, last = path.rpartition(".")
        return frozenset(
            f"{entity.__name__}.{last}" for entity in self.entities.get(root, ()) if last in entity.__dataclass_fields__
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric: what the world calls a fact.

    A counter's and an info's name is the name of its samples, with `_total` and `_info`.
    """

    name: str
    type: Type
    subject: Subject
    text: str
    """What it says, as a sentence without its full stop."""
    sources: tuple[str, ...] = ()
    """The MIB objects that it is polled from."""
    path: str = ""
    """Dotted path from the subject's row to the value; empty for an info."""
    labels: tuple[Label, ...] = ()
    """Labels of an info, beside those of its subject."""
    needs: str = ""
    """Dotted path from an info's row to what there must be for a sample of it; empty for nothing."""
    further_labels: str = ""
    """Dotted path from an info's row to pairs of names and values that are labels too, from the configuration."""
    by: str = ""
    """A label that tells a row's values apart, where it has several: `parts` instead of `path`."""
    parts: tuple[Part, ...] = ()
    scale: float | None = None
    """What the value is multiplied with to be in base units."""
    covers: tuple[str, ...] = ()
    """Fields that it tells, where its paths do not say so."""

    @property
    def help(self) -> str:
        """The HELP text, with where the fact is from."""
        return f"{self.text} ({', '.join(self.sources)}; polled)." if self.sources else f"{self.text}."

    @property
    def label_names(self) -> tuple[str, ...]:
        """All labels of its series, but those from the configuration."""
        own = (label.name for label in self.labels)
        return (*self.subject.label_names, *own, *filter(None, [self.by]))

    @property
    def covered(self) -> frozenset[str]:
        """The fields (`Entity.field`) that it tells, subject labels included."""
        labels = (*self.subject.labels, *self.labels)
        paths = [self.path, *(label.path for label in labels)]
        explicit = {*self.covers, *(name for label in labels for name in label.covers)}
        return frozenset(explicit).union(*(self.subject.covered_by(path) for path in paths))


def counter(subject: Subject, name: str, path: str, text: str, sources: str = "") -> Family:
    """Declare a counter; its name gets `_total`."""
    return Family(
        name=f"{name}_total", type="counter", subject=subject, path=path, text=text, sources=tuple(sources.split())
    )


def gauge(
    subject: Subject,
    name: str,
    path: str,
    text: str,
    sources: str = "",
    *,
    scale: float | None = None,
    covers: str = "",
) -> Family:
    """Declare a gauge."""
    return Family(
        name=name,
        type="gauge",
        subject=subject,
        path=path,
        text=text,
        sources=tuple(sources.split()),
        scale=scale,
        covers=tuple(covers.split()),
    )


def counter_by(label: str, *parts: Part, subject: Subject, name: str, text: str, sources: str) -> Family:
    """Declare a counter of which a row has several values, told apart by a label; its name gets `_total`."""
    return Family(
        name=f"{name}_total",
        type="counter",
        subject=subject,
        by=label,
        parts=parts,
        text=text,
        sources=tuple(sources.split()),
    )


def info(
    subject: Subject,
    name: str,
    own_labels: tuple[Label, ...],
    text: str,
    sources: str = "",
    *,
    needs: str = "",
    further_labels: str = "",
) -> Family:
    """Declare an info; its name gets `_info`."""
    return Family(
        name=f"{name}_info",
        type="info",
        subject=subject,
        labels=own_labels,
        text=text,
        sources=tuple(sources.split()),
        needs=needs,
        further_labels=further_labels,
    )


def labels(*names: str, root: str = "", prefix: str = "") -> tuple[Label, ...]:
    """Declare labels that are called as the fields that they tell."""
    return tuple(Label(prefix + name, f"{root}.{name}" if root else name) for name in names)
