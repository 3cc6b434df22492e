"""Lists and calls every tool with the official Python client, in both eras, over standard input and over HTTP.

    client.py BINARY URL
"""

import asyncio
import json
import sys
import time

from mcp import Client, StdioServerParameters

binary, url = sys.argv[1:]


async def walk(server, mode):
    async with Client(server, mode=mode) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["evaluate", "explain", "table", "plot", "functions"], tools
        assert all(tool.annotations.read_only_hint and not tool.annotations.open_world_hint for tool in tools)

        async def call(tool, **arguments):
            return await client.call_tool(tool, arguments)

        answer = await call("evaluate", expr="2**100")
        assert answer.structured_content["text"] == str(2**100) and not answer.is_error, answer
        assert json.loads(answer.content[0].text) == answer.structured_content, answer
        answer = await call("evaluate", expr="2x")
        assert answer.is_error and answer.structured_content["error"]["fix"] == "2*x", answer
        answer = await call("explain", expr="2+3*4")
        assert [step["text"] for step in answer.structured_content["steps"]] == ["2+3*4", "2+12", "14"], answer
        answer = await call("table", expr="x*y", columns={"x": [1, 2], "y": [0.5, 1.5]})
        assert answer.structured_content["rows"] == [[1, 0.5, 0.5], [2, 1.5, 3]], answer
        answer = await call("plot", expr=["x**2", "x"])
        assert answer.content[0].mime_type == "image/png", answer
        answer = await call("functions")
        assert "gcd" in sum(answer.structured_content["sections"].values(), []), answer
        many = await asyncio.gather(*(call("evaluate", expr=f"{n}+{n}") for n in range(200)))
        assert [answer.structured_content["result"] for answer in many] == [2 * n for n in range(200)]
        return client.protocol_version


async def main():
    stdio = StdioServerParameters(command=binary, args=["mcp"])
    for mode, version in [("auto", "2026-07-28"), ("legacy", "2025-11-25")]:
        for name, server in [("standard input", stdio), ("HTTP", url)]:
            begun = time.perf_counter()
            spoken = await walk(server, mode)
            assert spoken == version, spoken
            print(f"{version}, {name}: {1000 * (time.perf_counter() - begun):.0f} ms")


asyncio.run(main())
