"""Addresses compared as servers understand them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foncier._util.addresses import is_within

BASE = "https://moi:mdp@miroir.example/copie/"


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("https://miroir.example/copie/a", True),
        ("HTTPS://Miroir.EXAMPLE:443/copie/a/b?x=1", True),
        ("https://miroir.example./copie/a", True),
        ("https://miroir.example/copie", True),
        ("http://miroir.example/copie/a", False),
        ("https://miroir.example:8443/copie/a", False),
        ("https://miroir.example.org/copie/a", False),
        ("https://miroir.example@autre.example/copie/a", False),
        ("https://miroir.example/copies/a", False),
        ("https://miroir.example/copie/../prive", False),
        ("https://miroir.example/copie/%2e%2e/prive", False),
        ("https://miroir.example/copie/..%2fprive", False),
        ("https://miroir.example/Copie/a", False),
        ("https://miroir.example/", False),
        ("https://miroir.example:port/copie/a", False),
        ("miroir.example/copie/a", False),
        ("", False),
    ],
)
def test_what_lies_in_a_folder_of_a_server(address: str, within: bool) -> None:
    assert is_within(address, BASE) == within


@given(st.lists(st.text("abc%2e./", max_size=6), max_size=4))
def test_nothing_climbs_out_of_the_folder(steps: list[str]) -> None:
    address = "https://miroir.example/copie/" + "/".join(steps)
    if is_within(address, BASE):
        assert ".." not in address.replace("%2e", ".").replace("%2E", ".").split("/")
