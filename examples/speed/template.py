"""A small template engine: the one file that may change. Make `render` faster; what it answers must stay the same.

    Hello {{ name | upper }}
    {% for pet in pets %} {{ pet.name }}{% if pet.old %} (old){% else %} (young){% end %} {% end %}

A value is a dotted name, looked up in the variables; a missing one is empty. Filters are `upper`, `trim`, `length` and
`escape`. What cannot be read raises TemplateError.
"""

import re


class TemplateError(ValueError):
    """The template cannot be read."""


FILTERS = {
    "upper": lambda value: as_text(value).upper(),
    "trim": lambda value: as_text(value).strip(),
    "length": lambda value: len(value) if isinstance(value, (str, list, dict)) else 0,
    "escape": lambda value: as_text(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
}


def render(template, variables):
    """The text of `template`, with its values from the dictionary `variables`. Raises TemplateError."""
    return evaluate(parse(template), variables)


def parse(template):
    """The template as a list of nodes."""
    return parse_block(tokenize(template), ())[0]


def tokenize(template):
    """Pairs of kind (text, value or tag) and content."""
    tokens = []
    for piece in re.split(r"(\{\{.*?\}\}|\{%.*?%\})", template, flags=re.DOTALL):
        if piece.startswith("{{") and piece.endswith("}}") and len(piece) >= 4:
            tokens.append(("value", piece[2:-2].strip()))
        elif piece.startswith("{%") and piece.endswith("%}") and len(piece) >= 4:
            tokens.append(("tag", piece[2:-2].strip()))
        elif "{{" in piece or "{%" in piece:
            raise TemplateError("a tag is never closed")
        elif piece:
            tokens.append(("text", piece))
    return tokens


def parse_block(tokens, ends):
    """The nodes up to one of the tags `ends`, and the tokens from there on."""
    nodes = []
    while tokens:
        kind, content = tokens[0]
        tokens = tokens[1:]
        if kind == "text":
            nodes.append(("text", content))
        elif kind == "value":
            nodes.append(("value", parse_value(content)))
        elif content in ends:
            return nodes, [("tag", content), *tokens]
        else:
            node, tokens = parse_tag(content, tokens)
            nodes.append(node)
    if ends:
        raise TemplateError("a block is never ended")
    return nodes, tokens


def parse_tag(content, tokens):
    """The node of a `for` or `if`, and the tokens after its end."""
    loop = re.fullmatch(r"for\s+([A-Za-z_]\w*)\s+in\s+(.+)", content)
    if loop:
        body, tokens = parse_block(tokens, ("end",))
        return ("for", loop[1], parse_value(loop[2]), body), tokens[1:]
    condition = re.fullmatch(r"if\s+(.+)", content)
    if not condition:
        raise TemplateError("an unknown tag")
    body, tokens = parse_block(tokens, ("end", "else"))
    other = []
    if tokens[0] == ("tag", "else"):
        other, tokens = parse_block(tokens[1:], ("end",))
    return ("if", parse_value(condition[1]), body, other), tokens[1:]


def parse_value(text):
    """A dotted name and its filters."""
    name, *filters = [part.strip() for part in text.split("|")]
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", name):
        raise TemplateError("not a name")
    for found in filters:
        if found not in FILTERS:
            raise TemplateError("an unknown filter")
    return name, filters


def evaluate(nodes, variables):
    """The text of `nodes`."""
    text = ""
    for node in nodes:
        if node[0] == "text":
            text += node[1]
        elif node[0] == "value":
            text += as_text(look_up(node[1], variables))
        elif node[0] == "if":
            text += evaluate(node[2] if look_up(node[1], variables) else node[3], variables)
        else:
            items = look_up(node[2], variables)
            for item in items if isinstance(items, list) else []:
                inner = dict(variables)
                inner[node[1]] = item
                text += evaluate(node[3], inner)
    return text


def look_up(value, variables):
    """The value of a dotted name after its filters."""
    name, filters = value
    found = variables
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    for filter in filters:
        found = FILTERS[filter](found)
    return found


def as_text(value):
    """A value as it stands in the text; what is missing is empty."""
    if value is None:
        return ""
    return str(value)
