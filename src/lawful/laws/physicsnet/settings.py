"""What a training of PhysicsNet is told.

    loss = log(α prediction + β keeping) + γ smoothness + conservation,   weight decay (L2)

The four losses are in `losses`; the heads' own, conservation, needs no weight, for they learn
apart.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lawful.refusal import Refusal

CONSERVATIONS = ("variance", "change")
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class NetSettings:
    """Settings of the network and of its training.

    Attributes
    ----------
    epochs
        How often as many pieces are drawn as the training runs hold, at least `losses.LEAST`
        batches each.
    batch_size
        Runs in a batch; each gives `losses.PIECES` pieces.
    alpha
        Weight of the prediction: x̂ against x, in units of the change between samples.
    beta
        Weight of keeping: what predictions pay for letting go what stays the same. With 0 they
        know nothing of it; the quantities are found all the same.
    gamma
        Weight of smoothness: predicted and seen latent states agree, step after step.
    weight_decay
        Of all weights, decoupled (AdamW).
    latent_dim, hidden
        Numbers of the latent state; units of each layer.
    window
        Samples that the encoder sees; by what is observed and its noise when not given.
    horizon
        Steps that each piece is predicted forward.
    quantities
        How many conserved quantities are looked for; by the number of variables when not given.
    conservation
        "variance": within runs over between runs (Wilks' ratio). "change": the plain squared
        change, which a constant wins; kept as the ablation.
    observe
        Columns that the network sees; all when not given.
    rate
        The learning rate at its highest.
    patience
        Epochs without a better validation loss until training ends; 0 for never.
    seed
        Of the split, the weights and the pieces drawn.
    device
        "cpu", "cuda" or "auto".

    Examples
    --------
    >>> NetSettings(epochs=3) == NetSettings.from_dict(NetSettings(epochs=3).to_dict())
    True
    >>> NetSettings(beta=-1)
    Traceback (most recent call last):
    ...
    lawful.refusal.Refusal: beta -1; expected a finite number from 0 up
    """

    epochs: int = 100
    batch_size: int = 64
    alpha: float = 1.0
    beta: float = 0.5
    gamma: float = 0.1
    weight_decay: float = 1e-6
    latent_dim: int = 32
    hidden: int = 128
    window: int | None = None
    horizon: int = 3
    quantities: int | None = None
    conservation: str = "variance"
    observe: tuple[str, ...] = ()
    rate: float = 3e-3
    patience: int = 25
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        least = {"epochs": 1, "batch_size": 2, "latent_dim": 1, "hidden": 1, "horizon": 1}
        least |= {"window": 1, "quantities": 1, "patience": 0, "seed": 0}
        for name, low in least.items():
            value = getattr(self, name)
            optional = name in ("window", "quantities") and value is None
            if not optional and (not _whole(value) or value < low):
                raise Refusal(f"{name} {value!r}", f"a whole number from {low} up")
        for name in ("alpha", "beta", "gamma", "weight_decay", "rate"):
            value = getattr(self, name)
            if not _number(value) or value < 0:
                raise Refusal(f"{name} {value!r}", "a finite number from 0 up")
        if self.alpha == 0 and self.beta == 0:
            raise Refusal("alpha 0 and beta 0", "something to learn", "give one of them a weight")
        if self.rate == 0:
            raise Refusal("rate 0", "a number above 0")
        if self.conservation not in CONSERVATIONS:
            raise Refusal(
                f"conservation {self.conservation!r}", "one of " + ", ".join(CONSERVATIONS)
            )
        if self.device not in DEVICES:
            raise Refusal(f"device {self.device!r}", "one of " + ", ".join(DEVICES))
        object.__setattr__(self, "observe", tuple(self.observe))

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {**asdict(self), "observe": list(self.observe)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "NetSettings":
        """The inverse of `to_dict`; refuses what is unknown."""
        known = {f.name for f in fields(cls)}
        for name in record.keys() - known:
            raise Refusal(f"an unknown setting {name!r}", "one of " + ", ".join(sorted(known)))
        return cls(**record)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and math.isfinite(value)  # type: ignore[arg-type]
