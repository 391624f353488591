"""The OpenAPI document as pages for people: one HTML page that loads nothing, and Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple

from taplens import messages

_LANGUAGES = {"en": "en", "zh": "zh-CN"}
_DEPTH = 3  # how deep the tables follow objects in objects
_CODE = re.compile("`([^`]+)`")
EXAMPLE = {"model": "Qwen/QwQ-32B", "messages": [{"role": "user", "content": "你好"}]}


class Field(NamedTuple):
    """One line of a table: a dotted name, what may stand there, the default, what it is for."""

    name: str
    required: bool
    allowed: str
    default: str
    about: str


def html(document: dict[str, Any], locale: str, url: str) -> str:
    """The page in `locale`, with examples that call the server at `url`."""
    info = document["info"]
    style = files(__package__).joinpath("docs.css").read_text(encoding="utf-8")
    calls = list(_calls(document))
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="{_LANGUAGES[locale]}">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])}</title>\n<style>\n{style}</style>\n</head>\n<body>",
            f"<header><h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>",
            f"<p>{_prose(info['description'])}</p></header>\n<nav><ul>",
            *(_link(call) for call in calls),
            "</ul></nav>\n<main>",
            f"<pre><code>{escape(curl(url))}</code></pre>",
            *(_section(call, document, locale) for call in calls),
            f"<section><h2>{escape(messages.text('http.page.shapes', locale))}</h2>",
            *(
                f"<h3>{name}</h3>\n<pre><code>{escape(text)}</code></pre>"
                for name, text in shapes(document)
            ),
            "</section></main>\n</body>\n</html>\n",
        ]
    )


def curl(url: str) -> str:
    """A chat completion as a person types it."""
    body = json.dumps(EXAMPLE, ensure_ascii=False)
    return (
        f"curl {url}/v1/chat/completions \\\n  -H 'Authorization: Bearer <key>' \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{body}'"
    )


def markdown(document: dict[str, Any], locale: str) -> Iterator[str]:
    """The same as blocks of Markdown, for the reference."""
    yield document["info"]["description"] + "\n"
    for call in _calls(document):
        yield f"## {call['method']} {call['path']}\n\n{call['summary']}\n\n{call['description']}\n"
        fields = list(fields_of(call, document))
        if fields:
            yield _markdown_table(_heads(locale), (_markdown_row(field) for field in fields))
        rows = ((status, text, f"`{kind}`") for status, text, kind in _answers(call))
        yield _markdown_table(_answer_heads(locale), rows)
    yield f"## {messages.text('http.page.shapes', locale)}\n"
    for name, text in shapes(document):
        yield f"### {name}\n\n```\n{text}\n```\n"


def shapes(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The bodies that are answered, each by its name and as a sketch."""
    known = document["components"]["schemas"]
    names = {name for call in _calls(document) for _, _, text in _answers(call)
             for name in text.split(" | ")}  # fmt: skip
    for name, schema in known.items():
        if name in names and schema:
            yield name, "\n".join(_sketch(schema, ""))


def _sketch(schema: dict[str, Any], indent: str) -> Iterator[str]:
    """The lines of a body: names with what stands there; `?` marks what may be missing."""
    fields = schema.get("properties")
    if not fields:
        yield indent + _kind(schema)
        return
    yield indent + "{"
    for name, field in fields.items():
        mark = "" if name in schema.get("required", ()) else "?"
        inner, lists = _own_object(field)
        if inner:
            first, *rest = _sketch(inner, indent + "  ")
            yield f"{indent}  {name}{mark}: {lists}{first.strip()}"
            yield from rest
        else:
            yield f"{indent}  {name}{mark}: {_kind(field)}"
    yield indent + "}"


def _own_object(field: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The object written out within a field, if there is one, and the marks of lists around it."""
    for one in field.get("anyOf", (field,)):
        items = one.get("items", {}) if one.get("type") == "array" else one
        if items.get("properties"):
            return items, "[] of " if one is not items else ""
    return {}, ""


def _calls(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            yield {**call, "path": path, "method": method.upper()}


def fields_of(call: dict[str, Any], document: dict[str, Any]) -> Iterator[Field]:
    """What a call takes: its parameters, then the fields of its body."""
    for parameter in call.get("parameters", ()):
        schema, required = parameter["schema"], parameter["required"]
        yield Field(parameter["name"], required, *_facts(schema), parameter["description"])
    if "requestBody" in call:
        schema = call["requestBody"]["content"]["application/json"]["schema"]
        yield from _fields(schema, document["components"]["schemas"], "", _DEPTH)


def _fields(schema: dict[str, Any], known: dict[str, Any], at: str, depth: int) -> Iterator[Field]:
    schema = _resolved(schema, known)
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        path = f"{at}{name}"
        yield Field(path, name in required, *_facts(field), field.get("description", ""))
        inner, marks = _inner(field, known)
        if depth > 1:
            yield from _fields(inner, known, f"{path}{marks}.", depth - 1)


def _resolved(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = known[name] if name else schema
    return found


def _inner(field: dict[str, Any], known: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The object within a field, and the marks of the lists around it."""
    for one in field.get("anyOf", (field,)):
        resolved, marks = _resolved(one, known), ""
        if resolved.get("type") == "array":
            resolved, marks = _resolved(resolved["items"], known), "[]"
        if "properties" in resolved:
            return resolved, marks
    return {}, ""


def _facts(schema: dict[str, Any]) -> tuple[str, str]:
    """What is allowed, and the default."""
    default = schema.get("default")
    shown = "" if default is None else json.dumps(default, ensure_ascii=False)
    return str(schema.get("x-allowed") or _kind(schema)), shown


def _kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"[] of {_kind(schema['items'])}"
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return json.dumps(schema["const"]).strip('"')
    low, high = schema.get("minimum"), schema.get("maximum")
    limits = f", {low} <= x <= {high}" if high is not None else f", x >= {low}" if low else ""
    return str(schema.get("type", "object")) + limits


def _answers(call: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(status, meaning, name of the body's shape) of each answer."""
    for status, answer in call["responses"].items():
        names = [one["schema"]["$ref"].rpartition("/")[2] for one in answer["content"].values()]
        yield status, answer["description"], " | ".join(names)


def _heads(locale: str) -> list[str]:
    keys = ("name", "allowed", "default", "meaning")
    return [messages.text(f"http.page.{key}", locale) for key in keys]


def _answer_heads(locale: str) -> list[str]:
    return [messages.text(f"http.page.{key}", locale) for key in ("status", "meaning", "body")]


def _prose(text: str) -> str:
    """A text of the catalogue: what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _link(call: dict[str, Any]) -> str:
    name = f"<code>{call['method']} {escape(call['path'])}</code>"
    return f'<li><a href="#{call["operationId"]}">{name}</a> {escape(call["summary"])}</li>'


def _section(call: dict[str, Any], document: dict[str, Any], locale: str) -> str:
    fields = [
        (f"<code>{escape(f.name)}</code>{' *' if f.required else ''}", escape(f.allowed),
         f"<code>{escape(f.default)}</code>" if f.default else "", _prose(f.about))
        for f in fields_of(call, document)
    ]  # fmt: skip
    answers = [tuple(map(_prose, row)) for row in _answers(call)]
    return "\n".join(
        [
            f'<section id="{call["operationId"]}">',
            f"<h2><b>{call['method']}</b> <code>{escape(call['path'])}</code></h2>",
            f"<p>{_prose(call['description'])}</p>",
            _table(_heads(locale), fields) if fields else "",
            _table(_answer_heads(locale), answers),
            "</section>",
        ]
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"


def _markdown_row(field: Field) -> tuple[str, str, str, str]:
    name = f"`{field.name}`" + (" *" if field.required else "")
    return name, field.allowed, f"`{field.default}`" if field.default else "", field.about


def _markdown_table(heads: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines, ""])
