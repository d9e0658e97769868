"""The walks that the hub starts from: `name.index = value` lines of a real router, with the values' types restored."""

import re
from importlib.resources import files

VRF1 = "ios-3745b-context-vrf1-after-ping"
VRF2 = "ios-3745b-context-vrf2-after-ping"

Recorded = int | bytes | str

_LABEL = re.compile(r"\w+\((\d+)\)")
_ADDRESS = re.compile(r"(?:[0-9a-f]{2} ){3}[0-9a-f]{2}")


class Walk:
    """One recorded walk, asked by the names that it uses."""

    def __init__(self, name: str) -> None:
        text = (files(__package__) / "walks" / f"{name}.txt").read_text(encoding="ascii")
        lines = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
        self.rows: dict[str, Recorded] = {name.strip(): _value(text.strip()) for name, _, text in lines}

    def number(self, instance: str) -> int:
        """Give a number or the number of an enumeration's label."""
        value = self.rows[instance]
        if not isinstance(value, int):
            raise TypeError(instance)
        return value

    def octets(self, instance: str) -> bytes:
        """Give an address."""
        value = self.rows[instance]
        if not isinstance(value, bytes):
            raise TypeError(instance)
        return value

    def numbers(self, prefix: str, names: str, index: str) -> tuple[int, ...]:
        """Give several columns of one row; `names` are what follows the prefix, with blanks between."""
        return tuple(self.number(f"{prefix}{name}.{index}") for name in names.split())


def _value(text: str) -> Recorded:
    if label := _LABEL.fullmatch(text):
        return int(label[1])
    if _ADDRESS.fullmatch(text):
        return bytes.fromhex(text)
    if text.startswith("0x"):
        return int(text, 16)
    return int(text) if text.isdigit() else text
