"""Attackers: processes that run only when a core is idle, as if they had machines of their own."""

import asyncio
import multiprocessing
import os


async def read_answer(reader):
    """Reads one response and gives its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"\r\ntransfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        after = head.partition(b"\r\ncontent-length: ")[2]
        await reader.readexactly(int(after.split(b"\r\n")[0] or 0))
    return int(head[9:12])


async def ask_again_and_again(port, make, source):
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), limit=1 << 20)
            try:
                while True:
                    writer.write(make())
                    await writer.drain()
                    await read_answer(reader)
            finally:
                writer.close()
        except (OSError, EOFError, ValueError):
            await asyncio.sleep(0.01)


async def _flood(port, make, connections, source):
    await asyncio.gather(*(ask_again_and_again(port, make, source) for _ in range(connections)))


def _attack(port, make, connections, source):
    # A lower priority is not enough: a thread of any priority keeps its core for its whole slice.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    asyncio.run(_flood(port, make, connections, source))


class Flood:
    """Connections that each send the request from `make` and read the response, again and again."""

    def __init__(self, port, make, connections, source="127.0.0.1"):
        arguments = (port, make, connections, source)
        self.process = multiprocessing.get_context("fork").Process(target=_attack, args=arguments, daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()
