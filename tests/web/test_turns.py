"""Fair turns: whoever asks for much waits behind those who ask for little."""

import asyncio

import pytest

from rag.web.turns import Turns, client_at, client_of, in_turn


async def begin(turns, client):
    turn = turns.take(client)
    try:
        await turn
    except asyncio.CancelledError:
        turns.leave(client, turn)
        raise


def order(asked, at_once=1, given_up=()):
    """The requests ("a1" is the first of client a) in the order of their turns."""

    async def run():
        turns, begun = Turns(at_once), []

        async def one(name):
            await begin(turns, name[0])
            begun.append(name)
            await asyncio.sleep(0)
            turns.end()

        tasks = {name: asyncio.create_task(one(name)) for name in asked}
        await asyncio.sleep(0)
        for name in given_up:
            tasks[name].cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        assert turns.free == at_once, "every place is free again"
        return begun

    return asyncio.run(run())


def test_clients_take_turns_however_many_requests_one_of_them_has_waiting():
    asked = [f"a{n}" for n in range(16)] + ["b0", "b1", "c0"]
    assert order(asked)[:6] == ["a0", "a1", "b0", "c0", "a2", "b1"]
    assert sorted(order(asked)) == sorted(asked), "and all of them have theirs"
    assert order(["a0", "a1", "a2"], at_once=3) == ["a0", "a1", "a2"], "nobody waits where there is room"


def test_a_request_that_is_given_up_neither_takes_a_turn_nor_loses_a_place():
    assert order(["a0", "a1", "b0", "c0"], given_up=["b0"]) == ["a0", "a1", "c0"]
    assert order(["a0", "a1", "b0", "b1"], given_up=["a1", "b1"]) == ["a0", "b0"]


def test_a_turn_that_comes_as_its_request_is_given_up_goes_to_the_next():
    async def run():
        turns = Turns(1)
        await begin(turns, "a")
        waits = [asyncio.create_task(begin(turns, client)) for client in "bcd"]
        await asyncio.sleep(0)
        waits[0].cancel()  # before it has heard of either
        turns.end()
        waits[1].cancel()  # it has the turn, and has not heard of it
        await asyncio.sleep(0.01)
        assert waits[2].done()
        turns.end()
        return turns.free

    assert asyncio.run(run()) == 1


def test_what_waits_is_put_in_turn_and_stays_so():
    assert in_turn(["a1", "a2", "a3", "b1", "c1", "b2"], lambda name: name[0]) == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert in_turn(["b1", "a2", "b2", "a3", "c1"], lambda name: name[0]) == ["b1", "a2", "c1", "b2", "a3"]


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:200::1", "2001:db8:1:200::/56"), ("2001:db8:1:2ff:9::5", "2001:db8:1:200::/56"),
        ("2001:db8:1:300::1", "2001:db8:1:300::/56"), ("testclient", "testclient"),
    ],
)  # fmt: skip
def test_a_client_is_an_address_or_the_network_of_one(address, client):
    assert client_at(address) == client_of({"client": (address, 5)}) == client


def test_a_request_from_nowhere_has_turns_too():
    assert client_of({"client": None}) == client_of({}) == ""
