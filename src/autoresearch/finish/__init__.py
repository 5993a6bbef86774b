"""Finishing: from what survived to branches a reviewer accepts, each with its evidence. Plumbing only.

    groups        which changes must go together, by the files they touch; pure
    refusals      why it cannot be handed over to a branch
    plan          what would be made
    branches      the commits, the proof that their union is what was certified, and their delivery
    evidence      what the ledger says for each change, as a commit says it
    measuring     each branch alone, in the epoch of now
    pull_request  the same as a page for the reviewer

The user's repository gets new branches at the very end, all of them or none; nothing else of it ever changes.
"""
