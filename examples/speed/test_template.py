"""What the engine promises, on templates somebody would write."""

import pytest
from template import TemplateError, render

PETS = [{"name": "Rex", "old": True}, {"name": "<Tom>", "old": False}]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", ""),
        ("plain { text } with % signs", "plain { text } with % signs"),
        ("Hello {{ name }}!", "Hello Ada!"),
        ("{{name|upper}} {{ name | length }}", "ADA 3"),
        ("[{{ missing }}{{ name.too }}]", "[]"),
        ("{% for pet in pets %}{{ pet.name | escape }},{% end %}", "Rex,&lt;Tom&gt;,"),
        ("{% for pet in pets %}{% if pet.old %}old{% else %}young{% end %} {% end %}", "old young "),
        ("{% if missing %}a{% end %}b", "b"),
        ("{% for x in name %}never{% end %}", ""),
        ("{{ name }}\n{{ name }}", "Ada\nAda"),
    ],
)
def test_it_renders(template, text):
    assert render(template, {"name": "Ada", "pets": PETS}) == text


@pytest.mark.parametrize("template", ["{% for x in %}", "{% if name %}", "{% what %}", "{{ 1 }}", "{{ name | what }}"])
def test_it_refuses(template):
    with pytest.raises(TemplateError):
        render(template, {"name": "Ada"})
