"""What a search is asked to do."""

from dataclasses import dataclass

from lawful.laws.features import FUNCTIONS
from lawful.refusal import Refusal


@dataclass(frozen=True)
class Settings:
    """What a search was asked to do; frozen, and kept with its result."""

    degree: int | None = None
    functions: tuple[str, ...] = FUNCTIONS
    noise: float | None = None
    confidence: float = 0.95
    fdr: float = 0.05
    surrogates: int = 199
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise Refusal(f"confidence {self.confidence}", "a number between 0 and 1")
        if not 0 < self.fdr < 1:
            raise Refusal(f"false discovery rate {self.fdr}", "a number between 0 and 1")
        if self.seed < 0:
            raise Refusal(f"seed {self.seed}", "a whole number from 0 up")
        if self.noise is not None and not 0 <= self.noise < 1:
            raise Refusal(
                f"noise {self.noise}", "a fraction of each variable's spread, from 0 to 1"
            )
        if self.surrogates < 19:
            raise Refusal(f"{self.surrogates} surrogates", "at least 19, for p-values of 0.05")
