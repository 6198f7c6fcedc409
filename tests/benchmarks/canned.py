"""A server that reads a request and answers each with the same PutRecordBatch's answer: what is left is the client.

python -m tests.benchmarks.canned PORT
"""

import asyncio
import json
import sys

RECORDS = 500
BODY = json.dumps(
    {
        "FailedPutCount": 0,
        "Encrypted": False,
        "RequestResponses": [{"RecordId": f"{number:056d}"} for number in range(RECORDS)],
    }
).encode()
HEAD = f"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {len(BODY)}\r\n\r\n"
ANSWER = HEAD.encode() + BODY
LENGTH = b"content-length:"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            _, _, length = head.partition(LENGTH)
            await reader.readexactly(int(length.partition(b"\r\n")[0] or 0))
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
