"""The tool `fetch_image`: a picture of a description, for a model to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from taplens.tools.arguments import Arguments
from taplens.tools.context import ToolContext
from taplens.tools.registry import Operation, Picture, Result

if TYPE_CHECKING:
    from taplens.tapd.images import Picture as Fetched


class FetchImage(Arguments):
    """Arguments: the picture as descriptions name it, and its workspace."""

    image: Annotated[str, Field(max_length=500)]
    workspace: Annotated[str, Field(max_length=20)] = ""


class ImageTool(Operation):
    """A tool that answers with a picture."""

    async def answered(self, context: ToolContext, asked: FetchImage) -> Result:
        """See Operation."""
        found = await fetched(context, asked.image, asked.workspace)
        told = {"image": asked.image, "type": found.mime_type, "bytes": len(found.data)}
        text = f"{asked.image} ({found.mime_type}, {len(found.data)} bytes)"
        return Result(told, text, picture=Picture(found.data, found.mime_type))


async def fetched(context: ToolContext, image: str, workspace: str = "") -> Fetched:
    """The picture that `image` names, of a workspace of the caller's (the first where none is
    named). Raises NotFoundError for another workspace, and as tapd.images.fetch_image.
    """
    from taplens.tapd.images import fetch_image, path_of

    path = path_of(image)
    # The names of uploaded pictures hold the id of their workspace.
    named = [one for one in context.workspaces if f"_{one}_" in path][:1]
    (chosen, *_) = context.chosen((workspace,) if workspace else named)
    keeper = context.keeper
    return await fetch_image(keeper.client(), keeper.settings, chosen, image)


TOOL = ImageTool(
    name="fetch_image",
    description=(
        "A picture of a description, as image content: by what stands there between the"
        " parentheses, tapd-image:/tfl/..."
    ),
    arguments=FetchImage,
    example={"image": "tapd-image:/tfl/captures/2026-03/tapd_12345678_base64_1.png"},
    toolset="documents",
)
