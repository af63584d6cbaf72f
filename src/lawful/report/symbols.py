"""Names of columns and constants as symbols: theta2 is θ₂, vx is v with index x, omega_dot is ω̇."""

import re
from html import escape

# fmt: off
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}
# fmt: on
_INDICES = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def parts(name: str) -> tuple[str, str, str]:
    """A name's letter, its subscript, and whether a dot stands over it.

    >>> parts("vx"), parts("theta2"), parts("theta_dot"), parts("prey")
    (('v', 'x', ''), ('θ', '2', ''), ('θ', '', '˙'), ('prey', '', ''))
    """
    dot = re.fullmatch(r"(\w+?)_?dot|d(theta|phi|psi)\d*", name)
    if dot and dot[1]:
        letter, below, _ = parts(dot[1])
        return letter, below, "˙"
    split = (
        re.fullmatch(r"([A-Za-z]+)_?(\d+)", name)
        or re.fullmatch(r"([vpaugLBFwA])([xyzr]\d*)", name)
        or re.fullmatch(r"([^\W_]+)_(\w+)", name)
    )
    letter, below = (split[1], split[2]) if split else (name, "")
    if split and len(letter) > 1 and letter[0] in "vpaL" and letter[1:] in ("x", "y", "z"):
        letter, below = letter[0], letter[1:] + below
    return _GREEK.get(letter, letter), _GREEK.get(below, below), ""


def symbol_mathml(name: str) -> str:
    """A name as MathML.

    >>> symbol_mathml("x1")
    '<msub><mi>x</mi><mn>1</mn></msub>'
    """
    letter, below, dot = (escape(part) for part in parts(name))
    body = f"<mi>{letter}</mi>"
    if dot:
        body = f'<mover accent="true">{body}<mo>{dot}</mo></mover>'
    if not below:
        return body
    kind = "mn" if below.isdigit() else "mi"
    return f"<msub>{body}<{kind}>{below}</{kind}></msub>"


def symbol_text(name: str) -> str:
    """A name as one word of text; what cannot be written so stays as it is.

    >>> symbol_text("omega"), symbol_text("theta2"), symbol_text("c_1"), symbol_text("vx")
    ('ω', 'θ₂', 'c₁', 'vx')
    """
    letter, below, dot = parts(name)
    if dot:
        return name
    if below.isdigit() and len(letter) == 1:
        return letter + below.translate(_INDICES)
    return letter if not below else name
