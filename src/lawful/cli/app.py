"""The commands, gathered under one name, and the help that stands above them."""

from cyclopts import App

from lawful import __version__
from lawful.cli.discover import EXAMPLES as DISCOVER
from lawful.cli.discover import discover
from lawful.cli.evaluate import EXAMPLES as EVALUATE
from lawful.cli.evaluate import evaluate
from lawful.cli.export import EXAMPLES as EXPORT
from lawful.cli.export import export
from lawful.cli.inspect import EXAMPLES as INSPECT
from lawful.cli.inspect import inspect
from lawful.cli.learn import EXAMPLES as LEARN
from lawful.cli.learn import learn
from lawful.cli.monitor import EXAMPLES as MONITOR
from lawful.cli.monitor import monitor
from lawful.cli.open import EXAMPLES as OPEN
from lawful.cli.open import open_studio
from lawful.cli.phases import EXAMPLES as PHASES
from lawful.cli.phases import phases
from lawful.cli.pipeline import EXAMPLES as PIPELINE
from lawful.cli.pipeline import pipeline
from lawful.cli.remember import EXAMPLES as REMEMBER
from lawful.cli.remember import remember
from lawful.cli.simulate import EXAMPLES as SIMULATE
from lawful.cli.simulate import simulate
from lawful.cli.study import EXAMPLES as STUDY
from lawful.cli.study import study
from lawful.cli.systems import EXAMPLES as SYSTEMS
from lawful.cli.systems import systems
from lawful.cli.train import EXAMPLES as TRAIN
from lawful.cli.train import train

HELP = "Finds what stays the same in anything that evolves: laws from raw trajectories."
FOOT = """
Examples:

```console
lawful discover planets
lawful discover my.csv --run trial --time t
lawful simulate orbit --runs 200 --out orbit.nc
lawful train orbit --observe x,y
lawful learn xor --layers 2-2-1 2-3-1
lawful phases xor --x learning_rate=0.1:100:log --y momentum=0:1
lawful study laws-of-learning
lawful remember digits --scenario rotated
lawful open
```

Exit codes: 0 done; 1 a law breaks (monitor), or every training diverges (learn,
phases); 2 input
that cannot be meant; 70 a fault in lawful, --debug shows where; 130 stopped with Ctrl-C.
"""

app = App(
    name="lawful",
    help=HELP,
    help_epilogue=FOOT,
    help_format="markdown",
    version=__version__,
    suppress_keyboard_interrupt=False,
)
app.command(discover, help_epilogue=DISCOVER)
app.command(simulate, help_epilogue=SIMULATE)
app.command(systems, help_epilogue=SYSTEMS)
app.command(inspect, help_epilogue=INSPECT)
app.command(monitor, help_epilogue=MONITOR)
app.command(train, help_epilogue=TRAIN)
app.command(evaluate, help_epilogue=EVALUATE)
app.command(pipeline, help_epilogue=PIPELINE)
app.command(learn, help_epilogue=LEARN)
app.command(phases, help_epilogue=PHASES)
app.command(study, help_epilogue=STUDY)
app.command(remember, help_epilogue=REMEMBER)
app.command(open_studio, name="open", help_epilogue=OPEN)
app.command(export, help_epilogue=EXPORT)
