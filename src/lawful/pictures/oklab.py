"""Oklab: colours as lightness and two hues, in which equal distances look equal.

    l, m, s = M₁ rgb;   L, a, b = M₂ (∛l, ∛m, ∛s)     rgb in linear light

Source: B. Ottosson, "A perceptual color space for image processing" (2020),
https://bottosson.github.io/posts/oklab/; the curve of sRGB is IEC 61966-2-1's.
"""

import numpy as np
from numpy.typing import NDArray

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light from sRGB in 0…1, shape (…, 3)."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Oklab (lightness, green-red, blue-yellow) from sRGB in 0…1, shape (…, 3)."""
    return np.cbrt(linear(rgb) @ _TO_LMS.T) @ _TO_LAB.T


def from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Back to sRGB, shape (…, 3); outside 0…1 where the screen cannot show it.

    >>> grey = np.array([0.5, 0.5, 0.5])
    >>> bool(np.allclose(from_oklab(oklab(grey)), grey, atol=1e-6))
    True
    """
    light = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T
    light = np.clip(light, 0.0, None)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
