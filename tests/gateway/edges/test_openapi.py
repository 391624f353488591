"""The description of the HTTP interface: valid, complete, and readable without a network."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from taplens import messages
from taplens.gateway import docs_page, openapi
from taplens.gateway.responses_request import OWN
from taplens.llm.request import ChatRequest, Function, Message, ResponseFormat, Tool, json_schema

LOCALES = ("en", "zh")
URL = "http://127.0.0.1:8780"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_document_is_openapi_and_its_references_lead_somewhere(locale: str) -> None:
    document = openapi.document(locale)
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)):
        assert name in schemas
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert "$defs" not in json.dumps(document)


def test_every_documented_field_stands_there_with_its_range() -> None:
    properties = openapi.document("en")["components"]["schemas"]["ChatRequest"]["properties"]
    assert set(properties) == set(ChatRequest.model_fields)
    budget = next(one for one in properties["thinking_budget"]["anyOf"] if "maximum" in one)
    assert (budget["minimum"], budget["maximum"]) == (128, 32768)
    assert properties["max_tokens"]["default"] == 512


@pytest.mark.parametrize("model", [ChatRequest, Message, Tool, Function, ResponseFormat])
def test_the_english_field_texts_are_the_requests_own(model: type[BaseModel]) -> None:
    (key,) = openapi.FIELD_TEXTS[model.__name__]
    for name, field in model.model_fields.items():
        assert messages.text(f"http.{key}.{name}", "en") == field.description


def test_the_described_responses_fields_are_the_translated_ones() -> None:
    schemas = openapi.document("en")["components"]["schemas"]
    assert set(schemas["ResponsesRequest"]["properties"]) <= OWN
    for field in schemas["ResponsesRequest"]["properties"].values():
        assert field["description"]


class Page(HTMLParser):
    """What a page holds: texts, and everything that would be loaded or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert tag not in ("script", "link", "img", "iframe")
        assert not any(name in ("src", "onclick", "style") for name in found)
        if tag != "meta":
            self.open.append(tag)
        self.links += [found["href"] or ""] if "href" in found else []
        self.ids += [found["id"] or ""] if "id" in found else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_is_whole_and_loads_nothing(locale: str) -> None:
    text = docs_page.html(openapi.document(locale), locale, URL)
    page = Page(text)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert {operation.name for operation in openapi.OPERATIONS} <= set(page.ids)
    assert f"{URL}/v1/chat/completions" in text
    assert "@import" not in text and "url(" not in text
    assert "prefers-color-scheme: dark" in text
    for operation in openapi.OPERATIONS:
        assert docs_page.escape(messages.text(f"http.{operation.name}.short", locale)) in text


def test_the_page_speaks_the_readers_language() -> None:
    chinese = docs_page.html(openapi.document("zh"), "zh", URL)
    assert '<html lang="zh-CN">' in chinese
    assert "最多生成多少 token" in chinese
    for english in ("The most tokens to generate", "Who speaks", "The kind of tool"):
        assert english not in chinese


def test_nothing_that_a_client_sends_becomes_markup() -> None:
    page = docs_page.html(openapi.document("en"), "en", "http://<script>alert(1)</script>")
    assert "<script>" not in page


def test_the_reference_holds_every_call() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/reference/http.md").read_text("utf-8")
    for operation in openapi.OPERATIONS:
        assert f"## {operation.method.upper()} {operation.path}\n" in text


def test_what_is_allowed_is_told_in_the_readers_language_as_the_check_means_it() -> None:
    english = openapi.document("en")["components"]["schemas"]["ChatRequest"]["properties"]
    checked = json_schema("provider")["properties"]
    for name, field in checked.items():
        assert english[name]["x-allowed"] == field["x-allowed"]
    chinese = openapi.document("zh")["components"]["schemas"]
    assert chinese["ChatRequest"]["properties"]["messages"]["x-allowed"] == "对象数组，至少 1 项"
    assert "tool_calls 时" in chinese["Message"]["properties"]["content"]["x-allowed"]
