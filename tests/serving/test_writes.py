"""How answers are written to a connection."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from taplens.serving.writes import GatheredTransport


class Wire(asyncio.Transport):
    """Records what is written to the connection, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def turn() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_head_and_body_leave_in_one_piece() -> None:
    wire = Wire()
    transport = GatheredTransport(wire)
    transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
    transport.write("闪退😀".encode())
    assert wire.pieces == []
    await turn()
    assert wire.pieces == [b"HTTP/1.1 200 OK\r\n\r\n" + "闪退😀".encode()]


async def test_a_closing_connection_is_sent_what_was_written_first() -> None:
    wire = Wire()
    transport = GatheredTransport(wire)
    transport.write("最后".encode())
    transport.close()
    assert (wire.pieces, wire.closed) == (["最后".encode()], True)
    await turn()
    assert len(wire.pieces) == 1


async def test_what_is_written_to_a_connection_that_the_client_closed_is_dropped() -> None:
    wire = Wire()
    transport = GatheredTransport(wire)
    transport.write(b"late")
    wire.closed = True
    await turn()
    assert wire.pieces == []


async def test_a_large_answer_is_not_held_back() -> None:
    wire = Wire()
    transport = GatheredTransport(wire)
    transport.write(b"head")
    transport.write(b"x" * 70_000)
    assert [len(piece) for piece in wire.pieces] == [70_004]


@given(st.lists(st.lists(st.binary(max_size=40_000), max_size=4), max_size=6))
def test_every_byte_arrives_once_and_in_order(turns: list[list[bytes]]) -> None:
    async def written() -> bytes:
        wire = Wire()
        transport = GatheredTransport(wire)
        for pieces in turns:
            for piece in pieces:
                transport.write(piece)
            await turn()
        transport.close()
        return b"".join(wire.pieces)

    assert asyncio.run(written()) == b"".join(piece for pieces in turns for piece in pieces)
