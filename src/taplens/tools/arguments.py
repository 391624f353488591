"""Arguments of tools: tolerant of how models write them, strict about what they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from taplens.errors import ArgumentError
from taplens.tools.pictures import ChartTheme

MOST_ROWS = 200
_TOO_LONG = {"too_long": "argument_list_too_long", "string_too_long": "argument_text_too_long"}
_SEPARATORS = re.compile(r"[,，、;；\n]")
# Keywords that cost a model more to read than an error that names the limit.
_NOISE = {"title", "default", "additionalProperties", "maxLength", "maxItems"}


def _list(value: Any) -> Any:
    """A list from what may be one value, a JSON list as text, or values with commas between."""
    if isinstance(value, bool | dict):
        return value
    if isinstance(value, str):
        value = _json_list(value) or _SEPARATORS.split(value)
    elif isinstance(value, int | float):
        value = [value]
    return [part.strip() if isinstance(part, str) else part for part in value if part != ""]


def _json_list(text: str) -> list[Any] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, list) else None


Texts = Annotated[tuple[str, ...], BeforeValidator(_list), Field(max_length=50)]
# In fewer bytes of a schema, where every byte counts: texts with commas between, a picture
# (or its theme).
Names = Annotated[Texts, WithJsonSchema({"type": "string"})]
Picture = Annotated[ChartTheme, WithJsonSchema({"type": "boolean"})]
Day = Annotated[str, Field(max_length=40)]
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS)]
Where = Annotated[str, Field(max_length=4000)]


class Arguments(BaseModel):
    """Base of all arguments models: "20" is a number, one text a list, surplus space no matter."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True
    )


M = TypeVar("M", bound=Arguments)


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of an arguments model, without what no model needs to read."""
    schema = model.model_json_schema()
    kept = {"type": "object", "properties": {k: _lean(v) for k, v in schema["properties"].items()}}
    return kept | ({"required": schema["required"]} if schema.get("required") else {})


def _lean(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in _NOISE}


def checked(model: type[M], raw: Mapping[str, Any] | None) -> M:
    """`raw` as `model`; null means not given.

    Raises ArgumentError naming the first argument that is wrong, and what it should be.
    """
    given = {name: value for name, value in (raw or {}).items() if value is not None}
    try:
        return model.model_validate(given)
    except ValidationError as fault:
        raise _argument_error(model, fault) from None


def _argument_error(model: type[Arguments], fault: ValidationError) -> ArgumentError:
    """The fault in our words: pydantic's speak of its own types."""
    first = fault.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return ArgumentError(
            "argument_unknown", name=name[:60], known=", ".join(model.model_fields)
        )
    if first["type"] == "missing":
        return ArgumentError("argument_missing", name=name)
    if first["type"] in _TOO_LONG:
        return ArgumentError(_TOO_LONG[first["type"]], name=name, most=first["ctx"]["max_length"])
    schema = model.model_json_schema()["properties"][name]
    return _value_error(name, schema, first["input"])


def _value_error(name: str, schema: Mapping[str, Any], value: Any) -> ArgumentError:
    shown = json.dumps(value, ensure_ascii=False, default=str)[:80]
    if "minimum" in schema:
        low, high = schema["minimum"], schema["maximum"]
        return ArgumentError("argument_number", name=name, low=low, high=high, value=shown)
    if "enum" in schema:
        choices = ", ".join(schema["enum"])
        return ArgumentError("argument_choice", name=name, choices=choices, value=shown)
    return ArgumentError("argument_type", name=name, kind=schema["type"], value=shown)
