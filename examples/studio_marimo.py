"""The studio's views in marimo: `marimo edit examples/studio_marimo.py`.

Needs `pip install 'lawful[notebook]' marimo`. As a script it does the same without a picture.
"""

import marimo

app = marimo.App(width="medium", app_title="The studio in a notebook")


@app.cell
def _():
    import marimo as mo

    import lawful
    from lawful.learning import NeuralNetwork, datasets
    from lawful.widgets import EnergyView, LatentView, NetworkView, TrajectoryView, linked

    return (
        *(EnergyView, LatentView, NetworkView, NeuralNetwork, TrajectoryView),
        *(datasets, lawful, linked, mo),
    )


@app.cell
def _(mo):
    mo.md("""
    # A network that learns

    Press Space to let it learn. Drag a weight, and see what the boundary makes of it.
    """)
    return


@app.cell
def _(NetworkView, NeuralNetwork, datasets, mo):
    network = NeuralNetwork([2, 8, 8, 1], activation="tanh", seed=0)
    learning = NetworkView(network, datasets.dataset("circles"))
    mo.ui.anywidget(learning)
    return (learning,)


@app.cell
def _(learning):
    # The training is an object here as well; this cell makes a hundred steps of it.
    learning.session.step(100)
    f"{learning.session.moment.step} steps, {learning.network.parameters.size} numbers"
    return


@app.cell
def _(mo):
    mo.md("""
    # What stays the same along an orbit

    The three views share a cursor: point at the energy, and see where on the orbit it is.
    """)
    return


@app.cell
def _(EnergyView, LatentView, TrajectoryView, lawful, linked, mo):
    runs = lawful.simulate("orbit", runs=40, seed=0)
    findings = lawful.find_laws(runs)
    views = linked(
        TrajectoryView(runs, findings), EnergyView(runs, findings), LatentView(runs, findings)
    )
    mo.vstack([mo.ui.anywidget(view) for view in views])
    return (findings,)


@app.cell
def _(findings):
    [f"{law.name}: {law.expression} ({law.grade})" for law in findings.laws]
    return


if __name__ == "__main__":
    app.run()
