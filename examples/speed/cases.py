"""What the candidate is asked. Sealed: templates that are timed, and templates that nobody would write."""

import os

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

WORDS = ["name", "pets", "pet", "pet.name", "pet.old", "title", "missing", "missing.too", "count"]
FILTERS = ["", "", " | upper", " | trim", " | length", " | escape", "|escape|upper"]
FRAGMENTS = ["{{", "}}", "{%", "%}", "{", "}", "%", "|", ".", " ", "\n", "for x in pets", "if name", "else", "end"]

# An alphabet written out: the whole of Unicode costs Hypothesis two seconds to look through in every fresh process.
LETTERS = st.text("ab{}%|<& .\n\tßé中\u2028\0", max_size=6)


def page(random):
    """A page of some forty lines with loops, conditions and values, and what it is filled with."""
    return ["".join(line(random) for _ in range(40)), variables(random)]


def line(random):
    """One line of a page."""
    value = f"{{{{ {random.choice(WORDS)}{random.choice(FILTERS)} }}}}"
    return random.choice(
        [
            f"<p>{word(random)} {value} {word(random)}</p>\n",
            f"{{% if {random.choice(WORDS)} %}}{word(random)}{{% else %}}{value}{{% end %}}\n",
            f"{{% for pet in pets %}}<li>{{{{ pet.name | escape }}}} {value}</li>{{% end %}}\n",
        ]
    )


def variables(random):
    """Values for the names of a page."""
    pets = [{"name": word(random), "old": random.random() < 0.5} for _ in range(6)]
    return {"name": word(random), "title": f"<{word(random)}>", "count": random.randrange(100), "pets": pets}


def word(random):
    """Some letters."""
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz &<>", k=random.randrange(3, 12)))


def odd_templates(n_cases):
    """Whole and broken templates: tags never closed, blocks never ended, signs in any order."""
    value = st.builds("{{{{ {}{} }}}}".format, st.sampled_from(WORDS), st.sampled_from([*FILTERS, " | unknown", "|"]))
    tag = st.sampled_from(["{% if name %}", "{% for pet in pets %}", "{% else %}", "{% end %}"])
    piece = st.one_of(value, tag, st.sampled_from(FRAGMENTS), LETTERS)
    whole = st.lists(piece, max_size=12).map("".join)
    cut = st.builds(cut_short, whole, st.one_of(value, tag), st.integers(1, 3))
    values = st.dictionaries(
        st.sampled_from(["name", "pets", "pet", "title"]),
        st.one_of(st.none(), st.integers(), LETTERS, st.lists(st.dictionaries(st.just("name"), LETTERS))),
    )
    return drawn(st.tuples(st.one_of(whole, cut), values), n_cases)


def cut_short(start, last, lost):
    """A template that ends within its `last` value or tag, as a file does that was not written to its end."""
    return start + last[:-lost]


def drawn(strategy, n_cases):
    """At most `n_cases` distinct values of a Hypothesis strategy, from the referee's seed for this run."""
    found = []

    @seed(int(os.environ["AUTORESEARCH_SEED"]))
    @settings(
        max_examples=n_cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found
