"""Descriptions of a data file, without their markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taplens.descriptions.cleaning import Cleaned, clean

if TYPE_CHECKING:
    from taplens.tools.classic.items import Item

ORIGINAL = "description_html"  # where the original stays, beside what was made of it


def html_of(item: Item) -> str:
    """The description as TAPD has it, also where it was cleaned before."""
    return str(item.get(ORIGINAL) or item.get("description") or "")


def documents_of(cleaned: Cleaned) -> list[str]:
    """The addresses of Tencent documents in a description."""
    return [link.address for link in cleaned.links if link.is_document]


def pictures_of(cleaned: Cleaned) -> list[str]:
    """The paths of its pictures."""
    return [image.path for image in cleaned.images if image.path]


def preview_of(item: Item, kind: str, most: int) -> dict[str, Any]:
    """What cleaning would make of an item's description."""
    html = html_of(item)
    cleaned = clean(html)
    name = "name" if kind == "story" else "title"
    return {
        "id": item.get("id", ""),
        "type": kind,
        name: item.get(name, ""),
        "original_length": len(html),
        "cleaned_length": len(cleaned.markdown),
        "original_preview": _begun(html, most),
        "cleaned_preview": _begun(cleaned.markdown, most),
        "document_links": documents_of(cleaned),
        "image_paths": pictures_of(cleaned),
    }


def _begun(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"
