"""The report: complete in itself, well-formed, escaped, light, and true to the numbers."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.laws import Constant, Findings, Law
from lawful.report import write_report
from lawful.report.chart import Curve, Levels, curves, path, spectrum, thinned, ticks
from lawful.report.courses import courses
from lawful.report.formula import formula
from lawful.report.numbers import measured, number, unit_text
from lawful.report.page import page
from lawful.report.verdict import verdict
from lawful.store import Manifest
from lawful.trajectories import make

VOID = {"meta", "br", "link", "img", "hr", "input"}
GM = Constant("GM", 2.0, 1.9, 2.1, "m3 s-2")
ENERGY = Law(
    "energy",
    "0.5*v**2 + 2.0*x**2",
    "\\frac{v^2}{2}",
    "exact",
    1.02,
    1e-4,
    0.005,
    3e-4,
    "m2 s-2",
    (GM, Constant("c_1", 0.5001, 0.499, 0.501, exact="1/2")),
    spread=1.5,
    noise=0.01,
)
LEAK = Law(
    "heat", "v**2", "", "leaking", 1.1, 1e-3, 0.01, 0.2, constants=(GM,), balance="-2.0*v**2"
)
FINDINGS = Findings(
    (ENERGY,),
    (LEAK,),
    ("cos(a)**2 + sin(a)**2 is made up by simpler terms",),
    {"degree": 2, "terms": 5, "functions": ["log"], "variables": ["x", "v"], "left_out": ["log x"]},
    ("Few runs.",),
    {"runs": 6, "samples": 1800, "variables": {"x": {"units": "m", "noise": 0.01}}},
    {"within_total": [1e-6, 0.1, 0.4], "noise_ratio": [1.01, 50.0, 800.0]},
)


class Balanced(HTMLParser):
    """Fails on a tag that is not closed, or closed twice; gathers what it saw."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    seen = Balanced()
    seen.feed(text)
    seen.close()
    assert seen.open == []
    for piece in re.findall(r"<svg.*?</svg>|<math.*?</math>", text, re.DOTALL):
        ElementTree.fromstring(piece)
    return seen


def oscillators(names=("x", "v"), runs=6, samples=300, labels=None):
    t = np.linspace(0, 9, samples)
    a = np.linspace(1, 2, runs)[:, None]
    columns = {names[0]: a * np.cos(2 * t), names[1]: -2 * a * np.sin(2 * t)}
    return make(columns, t, runs=labels, units={names[0]: "m", names[1]: "m/s", "time": "s"})


# -------------------------------------------------------------------- the page


def test_the_page_is_well_formed_and_fetches_nothing():
    manifest = Manifest("discover", ("lawful", "discover", "a b.csv"), seed=3)
    text = page(FINDINGS, oscillators(), manifest=manifest)
    seen = parsed(text)
    assert "://" not in text
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(seen.tags)
    assert not {"src", "href", "srcset", "data"} & {name for name, _ in seen.attributes}
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text
    assert seen.tags.count("math") >= 2
    assert seen.tags.count("svg") >= 6


def test_the_page_says_what_was_found_and_how_to_make_it_again():
    manifest = Manifest("discover", ("lawful", "discover", "a b.csv"), seed=3)
    words = " ".join(parsed(page(FINDINGS, oscillators(), manifest=manifest)).text)
    for said in (
        "1 quantity stays the same: energy.",
        "1.02",
        "2.00 ± 0.10",
        "m³ s⁻²",
        "cos(a)**2 + sin(a)**2 is made up",
        "Few runs.",
        "What leaks",
        "it changes at the rate",
        "lawful discover 'a b.csv'",
        "seed 3",
        "gap: × ",
        "0.5*v**2 + 2.0*x**2",
    ):
        assert said in words, said


def test_charts_have_titles_and_tables_have_headers():
    text = page(FINDINGS, oscillators())
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        tree = ElementTree.fromstring(svg)
        assert [child.tag for child in tree][:2] == ["title", "desc"]
        assert tree.find("title").text
        assert tree.get("role") == "img"
    assert text.count("<table>") == text.count("<thead>")
    assert all('scope="' in th for th in re.findall(r"<th\b[^>]*>", text))


def test_hostile_words_stay_words():
    evil = '<script>alert("1")</script>&amp;\'"</style><svg onload=x>'
    law = Law(evil, "x + y", evil, "exact", 1, 0, 0.01, 0, evil, (), evil, note=evil)
    found = Findings(
        (law,),
        (law,),
        (evil,),
        {"degree": 2, "variables": [evil], "functions": [evil], "terms": 2, "left_out": [evil]},
        (evil,),
        {"variables": {evil: {"units": evil, "role": evil}}, "notes": [evil]},
    )
    manifest = Manifest("discover", (evil,), data=({"name": evil, "sha256": evil},))
    runs = oscillators((evil, "v"), labels=[evil + str(k) for k in range(6)])
    text = page(found, runs, manifest=manifest)
    seen = parsed(text)
    assert "script" not in seen.tags
    assert "onload" not in {name for name, _ in seen.attributes}
    assert text.count("<style>") == text.count("</style>") == 1


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=30))
def test_any_name_and_any_expression_give_a_page(text):
    law = Law(text, text, text, "approximate", float("nan"), 0, 1, 0, text, note=text)
    parsed(page(Findings((law,), warnings=(text,)), oscillators()))


def test_no_law_is_an_answer():
    found = Findings((), library={"degree": 3, "variables": ["x", "y"], "terms": 9})
    words = " ".join(parsed(page(found, oscillators())).text)
    assert "No law within this library." in words
    assert "polynomials to degree 3 in x and y" in words


def test_nothing_recorded_still_gives_a_page():
    parsed(page(Findings(())))
    parsed(page(Findings((ENERGY,)), None))


def test_missing_numbers_are_dashes_not_faults():
    law = Law("q", "x", "", "exact", None, None, None, float("inf"), constants=())
    assert "–" in page(Findings((law,), spectrum={"within_total": [None, 0.1]}))


def test_a_law_that_cannot_be_drawn_is_still_said():
    law = Law("q", "x + not_measured", "", "exact", 1, 0, 0.01, 0)
    assert courses(law, oscillators()) is None
    assert "not_measured" in page(Findings((law,)), oscillators())


def test_a_page_for_a_million_samples_stays_light(tmp_path):
    noise = np.random.default_rng(1).standard_normal((50, 20_000))
    runs = make({"x": noise, "v": noise[::-1]}, np.arange(20_000.0))
    place = write_report(Findings((ENERGY,) * 8), runs, tmp_path / "report.html")
    assert place.stat().st_size < 1_000_000


def test_gaps_and_short_runs_are_drawn_around():
    x = np.tile(np.linspace(0, 1, 100), (3, 1))
    t = np.tile(np.arange(100.0), (3, 1))
    x[0, 40:50] = np.nan
    x[1, 60:] = t[1, 60:] = np.nan
    text = page(Findings((Law("q", "x", "", "exact", 1, 0, 0.1, 0),)), make({"x": x}, t))
    parsed(text)
    assert "nan" not in text.lower().replace("name", "")


# ------------------------------------------------------------------- the charts


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(5, 60), st.integers(1, 4000))
def test_thinning_keeps_the_extremes_of_every_column(seed, wide, size):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 1, size))
    y = np.where(rng.random(size) < 0.1, np.nan, rng.standard_normal(size))
    few_x, few_y = thinned(x, y, wide)
    assert few_x.size <= max(2 * wide, min(size, 2 * wide))
    assert np.all(np.diff(few_x) >= 0)
    if np.isfinite(y).any():
        assert np.nanmax(few_y) == np.nanmax(y)
        assert np.nanmin(few_y) == np.nanmin(y)


def test_a_path_returns_to_where_its_points_are():
    rng = np.random.default_rng(0)
    x, y = np.linspace(0, 400, 900), rng.uniform(0, 300, 900)
    numbers = np.array(re.findall(r"-?\d+(?:\.\d+)?", path(x, y)), dtype=float).reshape(-1, 2)
    np.testing.assert_allclose(np.cumsum(numbers, axis=0)[-1], [x[-1], y[-1]], atol=0.051)


@given(st.floats(-1e12, 1e12), st.floats(1e-12, 1e12), st.integers(2, 8))
def test_ticks_lie_inside_rise_and_differ(low, size, count):
    high = low + size
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        return
    marks, _ = ticks(low, high, count)
    places = [v for v, _ in marks]
    assert all(low - 1e-6 * size <= v <= high + 1e-6 * size for v in places)
    texts = [text for _, text in marks]
    assert len(set(texts)) == len(texts)
    assert 1 <= len(marks) <= count + 2


def test_constant_empty_and_infinite_curves_do_not_stop_the_page():
    flat = curves(
        [Curve("a", np.arange(3.0), np.full(3, 2.0))],
        title="t",
        description="d",
        x_label="x",
        y_label="y",
    )
    assert "<path" in flat
    none = curves(
        [Curve("a", np.arange(3.0), np.full(3, np.nan))],
        title="t",
        description="d",
        x_label="x",
        y_label="y",
    )
    assert "nothing finite" in none


def test_the_spectrum_marks_as_many_laws_as_it_is_told():
    svg = spectrum(
        Levels([1e-8, 1e-7, 0.1, 0.3], 2, 1.0, "noise"), title="t", description="", y_label="l"
    )
    assert svg.count('class="law"') == 2
    assert svg.count('class="other"') == 2
    assert "no eigenvalue" in spectrum(Levels([], 0), title="t", description="", y_label="l")


# ----------------------------------------------------------------- the formulas


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("x*vy - y*vx", "x·vy − y·vx"),
        ("0.5*v**2 - cos(theta)", "v²/2 − cos(θ)"),
        ("-1.5e-3*x", "−0.0015·x"),
        ("1.25e-07*exp(q2 - q1)", "1.25×10⁻⁷·exp(q₂ − q₁)"),
        ("log(prey) - 0.5*prey", "ln(prey) − prey/2"),
        ("(x + 1)**3/y", "(x + 1)³/y"),
        ("Abs(x)", "abs(x)"),
    ],
)
def test_formulas_as_text(expression, text):
    assert formula(expression).text == text


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_a_formula_says_as_text_is_what_it_is(seed):
    """The text, read back as an expression, has the same values."""
    from lawful.expressions import compiled

    rng = np.random.default_rng(seed)
    terms = [
        f"{rng.uniform(-9, 9):.3f}*{a}**{rng.integers(1, 4)}*{f}({b})"
        for a, b, f in zip(
            rng.choice(["x", "vx", "q1"], 3),
            rng.choice(["x", "vx", "q1"], 3),
            rng.choice(["sin", "cos", "exp"], 3),
            strict=True,
        )
    ]
    expression = " + ".join(terms).replace("+ -", "- ")
    back = formula(expression).text
    for mark, plain in (("·", "*"), ("−", "-"), ("₁", "1")):
        back = back.replace(mark, plain)
    back = re.sub(r"×10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: "*10**(" + _lowered(m[1]) + ")", back)
    back = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda m: "**" + _lowered(m[0]), back)
    at = {"x": 0.7, "vx": -0.4, "q1": 1.3}
    assert compiled(back)(at) == pytest.approx(compiled(expression)(at), rel=1e-3, abs=1e-3)


def _lowered(text):
    return text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))


def test_constants_take_their_names_and_exact_ones_do_not():
    dressed = formula(ENERGY.expression, ENERGY.constants)
    assert dressed.text == "v²/2 + GM·x²"
    assert "<mi>GM</mi>" in dressed.mathml


def test_a_distance_is_called_r_unless_there_is_an_r():
    assert formula("1/sqrt(x**2 + y**2)").where_text == "r = √(x² + y²)"
    assert formula("r/sqrt(x**2 + y**2)").where_text == ""


# ------------------------------------------------------------------ the numbers


@given(st.floats(-1e15, 1e15), st.floats(1e-9, 1e3), st.floats(1e-9, 1e3))
def test_a_measured_number_says_its_value_to_within_its_interval(value, below, above):
    low, high = value - below, value + above
    if not low < value < high:
        return
    text = measured(Constant("c", value, low, high))
    body, _, power = text.replace("−", "-").partition("×10")
    first = re.search(r"-?\d+(?:\.\d+)?", body)[0]
    said = float(first) * 10.0 ** int(_lowered(power) or 0)
    assert abs(said - value) <= max(below, above, 1.01e-11 * abs(value))


# Above, rounding up may leave what a float can hold.
@given(st.floats(-1e307, 1e307), st.integers(1, 7))
def test_a_number_is_said_to_its_digits(value, digits):
    mantissa, _, power = number(value, digits).replace("−", "-").partition("×10")
    said = float(mantissa) * 10.0 ** int(_lowered(power) or 0)
    assert said == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))


@pytest.mark.parametrize(
    ("units", "text"),
    [("m s-1", "m s⁻¹"), ("au3/day2", "au³/day²"), ("kg * m**2", "kg·m²"), ("", ""), ("1", "")],
)
def test_units_raise_their_powers(units, text):
    assert unit_text(units) == text


def test_the_verdict_sorts_laws_by_grade():
    rough = Law("momentum", "v", "", "approximate", 9, 1e-4, 0.01, 0.1)
    assert verdict(Findings((ENERGY, rough))) == (
        "2 quantities stay the same: energy; approximately momentum."
    )
    assert verdict(Findings((rough,), (LEAK,))) == (
        "1 quantity stays the same, approximately: momentum. Heat leaks, by a known source."
    )
