"""A mapping of the file: frozen, all its problems reported at once, unknown keys with what they may have meant."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails

from collector.config.problems import Below, NestedProblemsError, is_plain_key

T = TypeVar("T")
MAX_NAME: Final = 64


class Section(BaseModel):
    """The base of every mapping."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    foreign_keys: ClassVar[Mapping[str, str]] = {}
    """Keys that people can be expected to write here, and what to tell them."""

    @model_validator(mode="wrap")
    @classmethod
    def _report_unknown_keys(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(value, dict):
            return handler(value)
        guesses = {key: cls._meant_by(key) for key in value if key not in cls.model_fields}
        problems = [
            Below((key,), cls._unknown_key(key, guess, value[key]), of_key=True) for key, guess in guesses.items()
        ]
        known = {key: item for key, item in value.items() if key not in guesses}
        return validate_with(problems, known, handler, not_missing=guesses.values())

    @classmethod
    def _meant_by(cls, key: str) -> str:
        """Guess the valid key (or `section.key`) that an unknown one stands for; empty if there is none near."""
        for name, section in cls.sections():
            if key in section.model_fields:
                return f"{name}.{key}"
        return nearest(key.lower().replace("-", "_"), cls.model_fields)

    @classmethod
    def _unknown_key(cls, key: str, guess: str, value: object) -> str:
        if key in cls.foreign_keys:
            return f"{key!r} {cls.foreign_keys[key]}"
        if guess:
            return f"unknown key {key!r}; did you mean {guess!r}?"
        # "{version: 2c, public}" makes a key of what was meant as a value: without a value it is not shown.
        return f"unknown key {key!r}" if is_plain_key(key) and value else "unknown key"

    @classmethod
    def sections(cls) -> Iterator[tuple[str, "type[Section]"]]:
        """Give the keys of this mapping whose value is one mapping of a fixed kind."""
        for name, field in cls.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
                yield name, field.annotation


def nearest(name: str, valid: Iterable[str]) -> str:
    """Find the valid name that a wrong one was probably meant to be; empty if there is none."""
    # The comparison takes quadratic time.
    return next(iter(get_close_matches(name, valid, n=1)), "") if len(name) <= MAX_NAME else ""


def validate_with(
    problems: Sequence[Below],
    value: object,
    handler: Callable[[Any], T],
    not_missing: Collection[str] = (),
) -> T:
    """Run pydantic's own validation, and report its errors together with problems that are known already.

    Keys in `not_missing` are not reported as missing: a problem names what stands in their place.
    """
    errors: list[InitErrorDetails] = []
    try:
        result = handler(value)
    except ValidationError as error:
        found = error.errors(include_url=False)
        replaced = {(key,) for key in not_missing}
        errors = [_again(each) for each in found if each["type"] != "missing" or each["loc"] not in replaced]
    else:
        if not problems:
            return result
    if problems:
        nested = NestedProblemsError(problems)
        errors.append(InitErrorDetails(type="value_error", loc=(), input=None, ctx={"error": nested}))
    raise ValidationError.from_exception_data("configuration", errors, hide_input=True)


def _again(error: ErrorDetails) -> InitErrorDetails:
    # Without its input, which may hold a secret.
    return InitErrorDetails(type=error["type"], loc=error["loc"], input=None, ctx=error.get("ctx", {}))
