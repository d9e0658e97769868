"""Turns of those that have work."""

import asyncio

from collector.sources.turns import Turns


class Worker:
    """Works in portions, and notes whose turn it was."""

    def __init__(self, name, portions, noted):
        self.name, self.left, self.noted = name, portions, noted

    def do_some(self):
        self.noted.append(self.name)
        self.left -= 1
        if self.name == "bad" and self.left == 1:
            raise RuntimeError("bad")
        return self.left > 0


async def test_in_rotation(wait_until):
    """Each does a portion at a time, until its work is done."""
    turns, noted = Turns(), []
    for name, portions in (("a", 3), ("b", 1), ("c", 2)):
        turns.ask(Worker(name, portions, noted))
    assert not noted
    await wait_until(lambda: len(noted) == 6)
    assert noted == ["a", "b", "c", "a", "c", "a"]


async def test_the_loop_has_its_turn(wait_until):
    """When the slice of time is over, the rest of the loop is run before the next."""
    turns, noted = Turns(seconds=0), []
    turns.ask(Worker("a", 100, noted))

    def other():
        noted.append("other")
        if noted.count("a") < 100:
            asyncio.get_running_loop().call_soon(other)

    asyncio.get_running_loop().call_soon(other)
    await wait_until(lambda: noted.count("a") == 100)
    assert "aaa" not in "".join(noted)


async def test_an_error_costs_a_portion(wait_until):
    """The others, and what the worker has left, are not held up by it."""
    errors = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(str(context["exception"])))
    turns, noted = Turns(), []
    turns.ask(Worker("bad", 3, noted))
    turns.ask(Worker("good", 2, noted))
    await wait_until(lambda: len(noted) == 5)
    assert errors == ["bad"]
    assert noted.count("bad") == 3
