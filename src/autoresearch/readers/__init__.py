"""Reading other tools' ledgers: liberal in what is read, strict in what is claimed. No row is dropped or guessed."""

from autoresearch.readers.foreign import Foreign, Segment
from autoresearch.readers.read import read

__all__ = ["Foreign", "Segment", "read"]
