"""The server of the Model Context Protocol on standard input and output: the tools of `ui.tools`.

The protocol is answered at once; the work runs in threads, and models open at the first question.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import anyio
from anyio import from_thread, to_thread
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from pydantic import ValidationError

from index.config import Config
from index.errors import DalilError
from index.weights import Progress
from rag.llm import check_llm
from ui.log import tell_error
from ui.tools import TOOLS, Collection, Tool

INSTRUCTIONS = (
    "Dalil answers questions in Arabic or English from a fixed collection of articles and proves "
    "every sentence by an exact quotation. Call ask for what the articles may hold; quote its "
    "citations verbatim with their markers. A status of not_found means that the articles do not "
    "hold the answer: say so, and do not fill it from memory. Call search to look around, "
    "list_articles to see what there is, read_article for a text."
)

_READS_ONLY = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def serve(config: Config, llm: str, progress: Progress) -> None:
    """Answer on standard input and output until the input ends.

    While it serves, whatever else is printed goes to standard error. `llm` is named as for
    `open_llm`; `progress` is told done and total bytes of models that are fetched. Raises
    `DalilError` where there is no collection or no such language model.
    """
    check_llm(llm)
    collection = Collection(config, llm, progress, from_thread.check_cancelled)
    # The thread that reads the input cannot be interrupted, and there is nothing to put away.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    anyio.run(_serve, server(collection))


def server(collection: Collection) -> Server:
    """The server of a collection, on no transport yet."""
    tools = {tool.name: tool for tool in TOOLS}

    async def list_tools(
        _: ServerRequestContext, __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in TOOLS])

    async def call_tool(
        _: ServerRequestContext, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if params.name not in tools:
            return _failed(f"There is no tool {params.name!r}. There is: {', '.join(tools)}.")
        work = partial(called, collection, tools[params.name], params.arguments or {})
        return await to_thread.run_sync(work)

    return Server(
        "dalil",
        title="Dalil",
        version=_version(),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def called(
    collection: Collection, tool: Tool, arguments: Mapping[str, object]
) -> types.CallToolResult:
    """What a tool gives back; an error is a result too, whose text says what to do."""
    # Assistants send null for what they leave out.
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        asked = tool.arguments.model_validate(given)
    except ValidationError as error:
        return _failed(_wrong(tool, error))
    try:
        reply = tool.run(collection, asked)
    except (DalilError, ValueError) as error:
        return _failed(str(error))
    except Exception as error:
        tell_error(error)
        return _failed(
            f"{tool.name} failed inside Dalil; what happened is in the server's log. Try again, or "
            "ask in other words."
        )
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text) for text in reply.texts],
        structured_content=reply.result.model_dump(mode="json"),
    )


async def _serve(serving: Server) -> None:
    async with stdio_server() as (incoming, outgoing):
        # The transport has taken the descriptor; what waits in Python's own buffer would be
        # written when the descriptor is given back.
        with redirect_stdout(sys.stderr):
            await serving.run(incoming, outgoing, serving.create_initialization_options())


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=tool.result.model_json_schema(mode="serialization"),
        annotations=_READS_ONLY,
    )


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


def _wrong(tool: Tool, error: ValidationError) -> str:
    """What is wrong with the arguments, a sentence for each."""
    known = ", ".join(tool.arguments.model_fields)
    sentences = []
    for each in error.errors(include_url=False):
        name = ".".join(map(str, each["loc"]))
        if each["type"] == "extra_forbidden":
            sentences.append(f"{tool.name} has no argument {name!r}; it has: {known}.")
        elif each["type"] == "missing":
            sentences.append(f"{tool.name} needs the argument {name!r}.")
        else:
            what = each["msg"].removeprefix("Value error, ")
            sentences.append(f"{name} = {each['input']!r}: {what[:1].lower()}{what[1:]}.")
    return " ".join(sentences)


def _version() -> str:
    try:
        return version("dalil")
    except PackageNotFoundError:
        return ""
