"""Every known attack, played on a real study through the public command line, on every sandbox of this machine.

One night per family and sandbox: a toy repository is laid out, `autoresearch run` is started in it, and a hostile agent
plays the family's attacks, one an experiment, with an honest improvement after each. Then one test per row looks at its
experiments: not kept, the right outcome and reason, nothing stolen or changed outside, and the honest improvement after
it kept. Attacks on a property of the sandbox are also played in no sandbox at all, where they must work: an attack that
never works proves nothing.

To add a row, add an `Attack` to its family's module in `src/autoresearch/attacks/`:

    Attack(74, "what is tried", (Draft(edit),), (Outcome.VIOLATION,), "pattern of the reason", "what it fails at")

Its acts are `Draft(function)`, an edit by an agent in no box, which the intake must judge alone; `InAgentBox(code)` and
`InCandidateBox(code)`, Python that runs in the box and finds `BAIT` (see `bait.py`) and

    attempt("what", function, *arguments)    # worked unless it raises OSError or returns False
    trying("what")                           # for what only shows in the verdict: say at least that it is tried
    worked("what")                           # says so, and scores better than any honest improvement

`check --attack` plays every `portable` row on real studies, so hostile code only opens what is the user's and writes
nothing there; and it judges a row by what it can see on any task: a draft the intake must refuse, or code that calls
`attempt`. A row that its own stage must judge is not portable.
What must be improved, to prove that a refusal was for the attack alone, `ground.claim()` improves.

An attack on the sandbox names the property it rests on in `needs`. Where that is not given the row is not played; the
test then asserts that the property is reported as not given, and that requiring it is a hard error.

To add a family, add a module with `FAMILY` and its line in `catalogue.py`, and here a file like `test_git.py`. A family
that needs another repository or evaluation than the plain one gives its own `Stage`. Then `make attacks` writes the
tables of `docs/explanation/trust.md` and `docs/reference/attacks.md`.
"""
