"""The policies by name. Imports nothing, so that a command line can offer them without a solver."""

from typing import Final

POLICIES: Final = ("none", "rule", "rule-tuned", "ballast", "ballast-told", "oracle")
"""`ballast-told` is told the truth of its horizon instead of a forecast."""
USUAL: Final = ("none", "rule", "rule-tuned", "ballast", "oracle")
