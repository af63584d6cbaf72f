"""What training conserves, by Noether's theorem: weights W{k}_{i}_{j} and biases b{k}_{j}.

    a neuron j of layer k whose function is …        and each pair i, j of linear ones
    ReLU     Σ W[k]²[·,j] + b[k]²[j] − Σ W[k+1]²[j,·]
    linear   Σ W[k][·,i] W[k][·,j] + b[k][i] b[k][j] − Σ W[k+1][i,·] W[k+1][j,·]
    softmax  Σ W[K][i,·] of each neuron i below it, Σ b[K]

Sources: S. S. Du, W. Hu and J. D. Lee, arXiv:1806.00900 (2018); D. Kunin and others,
arXiv:2012.04728 (2021). Laws found are held against these as functions: evaluated at
random weights, what is found must lie in the span of what is known, and fill it.
"""

from itertools import combinations_with_replacement, pairwise

import numpy as np

POINTS = 1500
ALIKE = 1e-2  # of a law's spread may lie outside the span of theory


def weights(layers):
    """Random weights by name."""
    rng, drawn = np.random.default_rng(0), {}
    for k, (n, m) in enumerate(pairwise(layers), 1):
        for j in range(1, m + 1):
            drawn[f"b{k}_{j}"] = rng.standard_normal(POINTS)
            for i in range(1, n + 1):
                drawn[f"W{k}_{i}_{j}"] = rng.standard_normal(POINTS)
    return drawn


def laws(layers, function, softmax, w):
    """Values of the laws of first degree, and of the other ones, at weights."""
    linear, squares = [], []
    for k in range(1, len(layers) - 1):
        below, here, above = (range(1, layers[k + d] + 1) for d in (-1, 0, 1))
        for i, j in combinations_with_replacement(here, 2):
            if function == "linear" or (function == "relu" and i == j):
                come = sum(w[f"W{k}_{h}_{i}"] * w[f"W{k}_{h}_{j}"] for h in below)
                go = sum(w[f"W{k + 1}_{i}_{h}"] * w[f"W{k + 1}_{j}_{h}"] for h in above)
                squares.append(come + w[f"b{k}_{i}"] * w[f"b{k}_{j}"] - go)
    if softmax:
        last, outputs = len(layers) - 1, range(1, layers[-1] + 1)
        for i in range(1, layers[-2] + 1):
            linear.append(sum(w[f"W{last}_{i}_{j}"] for j in outputs))
        linear.append(sum(w[f"b{last}_{j}"] for j in outputs))
    return linear, squares


def with_products(linear, squares):
    """All laws of first and second degree: products of those of first degree are such, too."""
    return [*linear, *squares, *(a * b for a, b in combinations_with_replacement(linear, 2))]


def judged(expressions, layers, function, softmax):
    """How many laws there are, how many of them are found, and how many are none.

    Returns
    -------
    counts
        `independent` and `found` of them; `theory`, with the products that follow, and
        `following` from what is found; `false`; and `off`, the largest part of a law's
        spread that lies outside the span of theory.
    """
    from lawful.expressions import compiled

    w = weights(layers)
    linear, squares = laws(layers, function, softmax, w)
    span = centred(with_products(linear, squares))
    values = [np.broadcast_to(compiled(text)(w), POINTS) for text in expressions]
    found = centred(values)
    inside = span @ np.linalg.lstsq(span, found, rcond=None)[0]
    off = np.linalg.norm(found - inside, axis=0) / np.linalg.norm(found, axis=0)
    true = [v for v, o in zip(values, off, strict=True) if o <= ALIKE]
    # A law of first degree doubles where its weights do.
    twice = {name: 2 * one for name, one in w.items()}
    first = [
        v
        for v, text, o in zip(values, expressions, off, strict=True)
        if o <= ALIKE and np.allclose(compiled(text)(twice), 2 * v)
    ]
    return {
        "independent": len(linear) + len(squares),
        "found": rank(centred(true)),
        "theory": span.shape[1],
        "following": rank(centred([*true, *with_products(first, [])])),
        "false": int((off > ALIKE).sum()),
        "off": float(np.max(off, initial=0.0)),
    }


def centred(values):
    """Columns with mean 0 and length 1; shape (points, 0) for none."""
    table = np.array(values).reshape(-1, POINTS).T
    table = table - table.mean(axis=0)
    return table / np.linalg.norm(table, axis=0)


def rank(table):
    """How many columns are independent, beyond what digits leave open."""
    return int(np.linalg.matrix_rank(table, tol=ALIKE)) if table.size else 0
