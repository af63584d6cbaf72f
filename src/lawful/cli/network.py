"""Options that `train`, `evaluate` and `pipeline` share, and the folders that trainings leave."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from lawful.cli.options import Flag, Words, words
from lawful.refusal import Refusal, missing_extra

if TYPE_CHECKING:
    from lawful.laws.physicsnet.settings import NetSettings
    from lawful.studies.physicsnet.folder import TrainingRun
    from lawful.studies.physicsnet.material import Material
    from lawful.studies.sources import Reading

TRAININGS = Path("lawful-physicsnet")
NETWORK = "network.safetensors"  # as `studies.physicsnet.folder` writes it

Engine = Literal["operon", "pysr"]

_NETWORK = Group("Network", sort_key=1)
_SYSTEM = Group("Runs of a system, which is simulated", sort_key=2)
FORMULAS = Group("Formulas from a network", sort_key=3)
_PICTURES = Group("Pictures", sort_key=4)


@Parameter(name="*", group=_NETWORK)
@dataclass(frozen=True)
class NetworkOptions:
    """The network and its training; loss = α · prediction + β · conservation + γ · smoothness."""

    epochs: int = 100
    """Times that as many pieces are drawn as the training runs hold."""
    batch_size: int = 64
    """Runs in a batch."""
    alpha: float = 1.0
    """Weight of the prediction."""
    beta: float = 0.5
    """Weight of conservation; 0 for a network that knows nothing of it."""
    gamma: float = 0.1
    """Weight of the latent state's smoothness."""
    latent_dim: int = 32
    """Numbers of the latent state."""
    hidden: int = 128
    """Units of each layer."""
    window: int | None = None
    """Samples that the encoder sees; by what is observed and its noise when not given."""
    horizon: int = 3
    """Steps that each piece is predicted forward."""
    observe: Words = ()
    """Columns that the network sees: x,y for positions alone. All when not given."""
    quantities: int | None = None
    """Conserved quantities that are looked for; by the number of variables when not given."""
    conservation: Literal["variance", "change"] = "variance"
    """Within runs over between runs, or the plain squared change, which a constant wins."""
    rate: float = 3e-3
    """The learning rate at its highest."""
    weight_decay: float = 1e-6
    """Weight of the squared weights (L2)."""
    patience: int = 25
    """Epochs without a better validation loss until training ends; 0 for never."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it is trained; CUDA where there is one when not given."""

    def settings(self, seed: int) -> "NetSettings":
        """The same, as the network takes it."""
        from lawful.laws.physicsnet.settings import NetSettings

        return NetSettings(**{**asdict(self), "observe": words(self.observe), "seed": seed})


@Parameter(name="*", group=_SYSTEM)
@dataclass(frozen=True)
class SimulationOptions:
    """How a system is simulated; files are taken as they are."""

    runs: int = 600
    """How many."""
    samples: int | None = None
    """Samples of each."""
    duration: float | None = None
    """How long each is followed; the system's own when not given."""
    noise: float = 0.0
    """Measurement noise as a fraction of each variable's spread."""

    def material(self, data: Sequence[str], reading: "Reading | None", seed: int) -> "Material":
        """What the network is trained on."""
        from lawful.studies.physicsnet.material import material

        return material(data, reading, **asdict(self), seed=seed)


@Parameter(name="*", group=FORMULAS)
@dataclass(frozen=True)
class FormulaOptions:
    """The search for formulas."""

    engine: Engine = "operon"
    """operon, or pysr, which brings Julia and is installed apart: lawful[pysr]."""
    niterations: int = 40
    """Effort of the search."""

    def checked(self) -> "FormulaOptions":
        """Refuse, before anything is trained, what would be refused after."""
        if self.niterations < 1:
            raise Refusal(f"--niterations {self.niterations}", "a whole number from 1 up")
        from lawful.laws.symbolic.engines import engine

        engine(self.engine)
        return self


@Parameter(name="*", group=_PICTURES)
@dataclass(frozen=True)
class PageOptions:
    """What is drawn."""

    pictures: Annotated[bool, Parameter(negative="--no-pictures", show_default=False)] = True
    """Draw them (the default)."""
    animate: Annotated[bool, Flag] = False
    """Animations too: a run as it is predicted."""
    theme: Literal["light", "dark"] = "light"
    """Of the pictures and the page."""
    format: Literal["png", "svg"] = "png"
    """Of the pictures."""


AS_NETWORK, AS_SIMULATED = NetworkOptions(), SimulationOptions()
AS_FORMULAS, DRAWN = FormulaOptions(), PageOptions()


def folder_name(name: str, tag: str = "") -> str:
    """What the folder of a training is called.

    >>> folder_name("orbit", "run1"), folder_name("trials of May.csv"), folder_name("../a.nc")
    ('orbit-run1', 'trials-of-May', 'a')
    """
    import re

    stem = Path(name).name.partition(" and ")[0]
    stem = stem.rpartition(".")[0] or stem
    parts = (re.sub(r"[^\w.-]+", "-", part).strip("-.") for part in (stem, tag))
    return "-".join(part for part in parts if part) or "data"


def training_in(name: str) -> "TrainingRun":
    """The training that a folder holds, or a refusal that says how to get one."""
    from lawful.store import MANIFEST
    from lawful.studies.physicsnet.folder import read_training

    if not (Path(name) / MANIFEST).is_file():
        raise Refusal(
            f"{name!r} is no training's folder", "one that `lawful train` left", _nearest(name)
        )
    if find_spec("torch") is None:
        raise missing_extra("torch", "torch")
    return read_training(name)


def is_training(name: str) -> bool:
    """Whether a folder holds a trained network."""
    return (Path(name) / NETWORK).is_file()


def _nearest(name: str) -> str:
    """Where a training of that name is, or how to make one."""
    for place in (TRAININGS / name, Path(name)):
        if held := _trainings(place):
            return f"did you mean {' or '.join(held)}?"
    return f"train a network first: lawful train {name}"


def _trainings(place: Path) -> list[str]:
    """The folder itself, or those right in it, that hold a network."""
    near = [place, *(sorted(place.iterdir()) if place.is_dir() else [])]
    return [str(one) for one in near if is_training(str(one))][:3]
