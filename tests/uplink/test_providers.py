"""Providers, keys and prices."""

from __future__ import annotations

import pytest

from autoresearch.errors import TaskError, UserError
from autoresearch.uplink import PROVIDERS, Price, Prices, Usage, named
from autoresearch.uplink.prices import TABLE, listed


def test_a_key_goes_where_its_wire_wants_it() -> None:
    key = {name: f"secret-{name}" for provider in PROVIDERS.values() for name in provider.key_env}
    found = {name: provider.key(key) for name, provider in PROVIDERS.items()}
    headers = {name: one.headers for name, one in found.items() if one}
    assert headers == {
        "anthropic": {"x-api-key": "secret-ANTHROPIC_API_KEY"},
        "openai": {"authorization": "Bearer secret-OPENAI_API_KEY"},
        "gemini": {"x-goog-api-key": "secret-GEMINI_API_KEY"},
        "openrouter": {"authorization": "Bearer secret-OPENROUTER_API_KEY"},
    }


def test_the_token_of_a_subscription_is_a_bearer() -> None:
    found = named("anthropic").key({"CLAUDE_CODE_OAUTH_TOKEN": " token\n"})
    assert found is not None
    assert found.headers["authorization"] == "Bearer token"
    assert found.headers["anthropic-beta"].startswith("oauth-")


def test_a_missing_key_is_said_in_one_sentence() -> None:
    with pytest.raises(UserError, match="OPENAI_API_KEY is not set") as caught:
        named("openai").key({"OPENAI_API_KEY": ""})
    assert caught.value.fix == "export OPENAI_API_KEY=..."


def test_a_key_is_never_shown() -> None:
    key = named("openai").key({"OPENAI_API_KEY": "very-secret"})
    assert "very-secret" not in f"{key!r} {key}"
    with pytest.raises(UserError, match="control characters"):
        named("openai").key({"OPENAI_API_KEY": "two\r\nlines"})


def test_another_address_does_not_get_the_key_of_the_first() -> None:
    provider = named("openai", url="https://somebody.example/v1")
    assert provider.key({"OPENAI_API_KEY": "secret"}) is None
    asked = named("openai", url="https://somebody.example/v1", key_env=["THEIRS"])
    assert asked.key_env == ("THEIRS",)


@pytest.mark.parametrize(
    "url",
    ["ftp://host/", "http://192.0.2.1/v1", "http://user@127.0.0.1/", "https:///v1", "http://localhost.evil.example"],
)
def test_a_url_that_is_none_or_in_the_open_is_refused(url: str) -> None:
    with pytest.raises(TaskError):
        named("mine", url=url)


def test_an_unknown_name_is_told_its_neighbour() -> None:
    with pytest.raises(TaskError, match="did you mean 'anthropic'"):
        named("antropic")
    with pytest.raises(TaskError, match="use one of|speaks"):
        named("openai", wire="telepathy")


def test_listed_prices_are_dated_and_have_sources() -> None:
    text = TABLE.read_text()
    assert text.count("source = ") == len(listed().models) >= 10
    for price in listed().models.values():
        assert 0 <= price.cached <= price.input <= price.output


def test_what_usage_costs() -> None:
    prices = Prices({"m": Price(input=1.0, output=10.0, cached=0.1, written=2.0)})
    price = prices.of("m-20260101")
    assert price is not None
    assert price.of(Usage(input=1_000_000, cached=1_000_000, written=500_000, output=100_000)) == pytest.approx(3.1)
    assert prices.of("m2") is None


def test_long_requests_cost_what_long_requests_cost() -> None:
    price = listed().of("claude-haiku-5-5")
    assert price is not None
    assert price.of(Usage(cached=100_000, output=1_000_000)) == pytest.approx(0.501)
    assert price.of(Usage(cached=100_001, output=1_000_000)) == pytest.approx(2.505, abs=1e-4)


def test_prices_of_ones_own() -> None:
    own = listed().changed({"mine": {"input": 1, "output": 2}})
    assert own.of("mine") == Price(input=1.0, output=2.0, cached=1.0, written=1.0)
    odd = {"input": 1, "output": 2, "long": {"input": 1, "output": 2}}
    for wrong in ({"mine": {"input": 1}}, {"mine": odd}, {"mine": {"input": -1, "output": 2}}, {"mine": 3}, 7):
        with pytest.raises(TaskError, match=r"agent\.prices"):
            listed().changed(wrong)
