"""What a study of phases leaves in its run folder.

phases.json                    everything, in numbers
diagram.nc, diagram-1.nc, …    the maps of each level, labelled by their two settings
metrics.jsonl                  how long it took
report.html, pictures/         by `lawful.report.phases`
"""

from lawful.netcdf import write_netcdf
from lawful.store import RunFolder
from lawful.studies.phases.run import Phases

RECORD, MAPS, REPORT = "phases.json", "diagram.nc", "report.html"
MOST_CELLS = 20_000  # of all levels, whose maps are written as text, too


def write_data(done: Phases, folder: RunFolder) -> None:
    """The record and the maps of a study, into its run folder."""
    cells = sum(level.solved.size for level in done.levels)
    folder.write_json(RECORD, done.to_dict(maps=cells <= MOST_CELLS))
    folder.log(
        {
            "seconds": done.seconds,
            "networks": done.networks,
            "network_steps_per_second": done.networks * done.plan.steps / done.seconds,
            "engine": done.engine,
        }
    )
    for level in done.levels:
        write_netcdf(level.to_dataset(), folder.path / map_name(level.level))


def map_name(level: int) -> str:
    """The file of a level's maps.

    >>> map_name(0), map_name(2)
    ('diagram.nc', 'diagram-2.nc')
    """
    return MAPS if level == 0 else f"diagram-{level}.nc"
