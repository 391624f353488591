"""`taplens image`: a picture of a description, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from taplens import messages
from taplens.cli import calls, options, output

if TYPE_CHECKING:
    from taplens.tapd.images import Picture
    from taplens.tools.context import ToolContext


def build() -> click.Command:
    """The command."""

    @options.command(
        "image",
        click.argument("image"),
        options.option("--out", key="image_out", required=True, metavar="FILE",
                       type=click.Path(dir_okay=False, path_type=Path)),
        options.workspace(),
        options.home(),
    )  # fmt: skip
    def image(*, image: str, out: Path, workspace: tuple[str, ...], home: Path | None) -> None:
        from taplens.tables import check_path, replacing
        from taplens.tools.fetch_image import fetched

        check_path(out)

        async def work(context: ToolContext) -> Picture:
            return await fetched(context, image)

        found = calls.with_context(options.settings_of(home, workspace), work)
        with replacing(out) as path:
            path.write_bytes(found.data)
        told = {"path": out, "type": found.mime_type, "bytes": len(found.data)}
        output.say(messages.text("cli.image.written", **told))

    return image
