"""What the quantities of a training mean, in one calm line each."""

ENERGIES = {
    "potential": "the loss: how high the network stands in its landscape",
    "kinetic": "its motion: a network that moves fast carries energy, too",
    "energy": "U + K: without friction and without a hand it stays",
    "heat": "heat given off by friction, less what a bath gives back",
    "steps": "what steps of finite length cost, or win: it vanishes as they shrink",
    "hand": "work of your hand: a slider was turned, or a weight was moved",
}
ACCOUNTS = {
    "friction": "heat: what friction takes of the motion at every step",
    "bath": "heat taken from the bath: its kicks feed the motion",
    "kick": "what a push of the slope costs because it comes in one piece",
    "curvature": "what the slope here does not know of the ground on the way",
    "hand": "work of the hand: a slider was turned, or a weight was moved",
}
OPTIMIZERS = {
    "gradient_descent": "straight down: friction takes all motion at every step",
    "momentum": "a heavy ball that keeps a part of its motion",
    "nesterov": "a heavy ball that feels the slope ahead of it",
    "rmsprop": "each weight at a rate of its own",
    "adam": "a rate for each weight, and momentum",
    "heavy_ball": "a ball of mass m with friction γ rolls down and comes to rest",
    "hamiltonian": "no friction: it rolls for ever, and E stays",
    "langevin": "a bath of temperature T shakes it: wide valleys win over deep cracks",
    "discrete_gradient": "E falls by the heat of friction and by nothing else, at any step",
}
NO_LEDGER = {
    "dynamics": "{name} changes the mass of every weight as it goes: it keeps no books",
    "batch": "each step sees other samples, in another landscape: no books are kept",
}


def rate_called(name: str) -> str:
    """What the rate of a dynamics is called.

    >>> rate_called("time_step")
    'time step'
    """
    return name.replace("_", " ")
