"""Spellings: how names say that a column is a component, a velocity, an angle, a rate.

    [v|d|p|u] axis [body] [_dot]      x, vx, x1, vx_sun, x_dot
    body _ [v|d|p|u] axis             sun_x, sun_vx, pos_x, vel_x

What a name says is only a hint; `roles` weighs it against the other columns.
"""

import re
from collections.abc import Sequence

ANGLE = re.compile(
    r"(theta|vartheta|phi|varphi|psi|th|θ|ϑ|φ|ϕ|ψ|azimuth|heading|yaw|pitch|roll)(_?\d+|_\w+)?"
    r"|angle\w*|\w+_angle",
    re.IGNORECASE,
)
LINE = re.compile(r"(x|y|z|q|s|pos|position|displacement|height|elongation)(_?\d+)?", re.I)
POINT = re.compile(r"(?P<kind>[vdpu]_?)?(?P<axis>[xyz])(?P<body>_?\d+|_\w+|[a-h])?")
PREFIXED = re.compile(r"(?P<body>\w+)_(?P<kind>[vdpu]_?)?(?P<axis>[xyz])")
VELOCITY_WORDS = {"v", "vel", "velocity", "p", "mom", "momentum", "d", "u", "dot", "speed"}
POSITION_WORDS = {"pos", "position", "r", "coord", "coordinate", "location"}
VECTOR = re.compile(
    r"(?P<base>[^\W\d_]|omega|gamma|spin|field|mag|torque|force|acc|acceleration|angmom"
    r"|angular_momentum)_?(?P<axis>[xyz])",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"(?P<base>L|M|m|S|J|w|W|omega|Omega|ω|Ω|g|G|gamma|Gamma|γ|Γ|B|E)_?(?P<axis>[123])"
)
POPULATION = re.compile(
    r"(prey|predators?|population\w*|\w+_population|pop(_?\d+|_\w+)?|counts?(_?\d+|_\w+)?|\w+_counts?"
    r"|rabbits?|hares?|foxes|lynx|wolves|moose|susceptibles?|infected|infectious|recovered|removed"
    r"|exposed|bacteria|abundance\w*|biomass\w*)",
    re.IGNORECASE,
)


def point_in(name: str) -> tuple[str, str, str] | None:
    """`(kind, body, axis)` of a component's name, kind being position, pos or velocity."""
    text, dotted = name.casefold(), False
    if (stripped := re.sub(r"(_?dot|_?dt|_vel|_velocity)(?=_?\d*$)", "", text)) != text:
        text, dotted = stripped, True
    if match := POINT.fullmatch(text):
        body = (match["body"] or "").strip("_")
        return ("velocity" if dotted or match["kind"] else "position"), body, match["axis"]
    if not (match := PREFIXED.fullmatch(text)):
        return None
    if len(match["body"]) == 1 and match["body"] not in VELOCITY_WORDS | POSITION_WORDS:
        return None  # B_x, L_x: a vector
    words = match["body"].split("_")
    moving = dotted or match["kind"] or any(word in VELOCITY_WORDS for word in words)
    placed = any(word in POSITION_WORDS for word in words)
    body = "_".join(w for w in words if w not in VELOCITY_WORDS | POSITION_WORDS)
    return ("velocity" if moving else "pos" if placed else "position"), body, match["axis"]


def is_rate(name: str, names: Sequence[str]) -> bool:
    """Whether `name` is spelled as the rate of another column."""
    return any(name in rates_of(other) for other in names if other != name)


def rates_of(name: str) -> list[str]:
    """How the rate of `name` may be called."""
    number = number_in(name)
    stem = name[: len(name) - len(number)].rstrip("_") if number else name
    marks = [f"{name}_dot", f"{name}dot", f"d{name}", f"d{name}_dt", f"d{name}dt", f"dot_{name}"]
    marks += [f"{stem}{dot}{gap}{number}" for dot in ("_dot", "dot") for gap in ("", "_")]
    marks += [f"{mark}{gap}{name}" for mark in ("v", "p", "vel") for gap in ("", "_")]
    return [*marks, f"{name}_vel", f"{name}_velocity", f"{name}_rate"]


def number_in(name: str) -> str:
    """The number that a name ends in; "" without one.

    >>> number_in("theta_12"), number_in("x")
    ('12', '')
    """
    match = re.search(r"\d+$", name)
    return match.group() if match else ""
