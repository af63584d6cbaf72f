"""Basins: traps tell tasks apart, gates weigh experts, nothing learnt is touched again."""

import math
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.fields.memory.basins import Basins
from lawful.fields.memory.boundaries import BATCH, lowest_rows, sorted_rows
from lawful.fields.memory.dual import Dual, still_dual
from lawful.fields.memory.experience import Experience, Part, Stream
from lawful.fields.memory.experts import EXPERTS, NetworkExpert, Still
from lawful.fields.memory.gating import Choice, entropy, log_weights, mixture
from lawful.fields.memory.image_field import ImageField
from lawful.fields.memory.networks import numbers
from lawful.fields.memory.trap import Spread, Trap, density
from lawful.refusal import Refusal

SIDE, CLASSES = 8, 4


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(n, seed):
    """Bars of four kinds on a faint ground: a task that a small readout can learn."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (n,), generator=draw)
    images = 0.2 * torch.rand(n, SIDE, SIDE, generator=draw)
    images[:, :, 5:] = 0
    for row, label in enumerate(labels):
        images[row, label : label + 2, :5] += 0.5 + 0.3 * torch.rand((), generator=draw)
    return images, labels


def shuffled(seed):
    order = torch.randperm(SIDE * SIDE, generator=torch.Generator().manual_seed(seed))
    return lambda x: x.flatten(1)[:, order].reshape(x.shape)


def task(k, *, n=256, view=None):
    view = shuffled(k) if view is None and k else view
    train, validation = (Part(*drawn(m, 100 * k + s), view) for m, s in ((n, 0), (128, 1)))
    return Experience(f"task {k}", train, validation, tuple(range(CLASSES)))


def exam(k, n=128):
    return Part(*drawn(n, 100 * k + 2), shuffled(k) if k else None)


def made(**asked):
    return Basins(**{"classes": CLASSES, "side": SIDE, "epochs": 3, "rate": 1e-2, **asked})


def learnt(tasks=3, **asked):
    learner = made(**asked)
    for k in range(tasks):
        learner.train(task(k))
    return learner


# ---------------------------------------------------------------- traps


images = st.integers(0, 2**31).flatmap(
    lambda seed: st.tuples(st.just(seed), st.integers(1, 9), st.sampled_from((2, 3, 5)))
)


def random_images(seed, n, side):
    """Images with much that is blank, as ink is."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.rand(n, side, side, generator=draw)
    return x * (torch.rand(n, side, side, generator=draw) < 0.5)


@given(images)
@settings(max_examples=30, deadline=None)
def test_the_energy_is_a_cross_entropy(drawing):
    x, floor = random_images(*drawing), 0.01
    side = x.shape[-1]
    trap = Trap(side, floor=floor)
    trap.add(x)
    wide = density(x.double())
    mean = wide.mean(0)
    smooth = (mean + floor / side**2) / (1 + floor)  # a probability
    wanted = -(wide * smooth.log()).sum(1) - math.log1p(floor)
    torch.testing.assert_close(trap.energy(x).double(), wanted, rtol=1e-4, atol=1e-4)


@given(images, images)
@settings(max_examples=50, deadline=None)
def test_own_images_lie_lowest_in_their_own_trap(mine, other):
    """Gibbs' inequality: the mean energy of own images is least in the own trap."""
    side, floor = mine[2], 1e-3
    x, y = random_images(*mine), random_images(*other[:2], side)
    own, theirs = Trap(side, floor=floor), Trap(side, floor=floor)
    own.add(x)
    theirs.add(y)
    assert own.energy(x).mean() <= theirs.energy(x).mean() + math.log1p(floor) + 1e-4


def test_traps_do_not_depend_on_order_or_batches():
    x = drawn(200, 0)[0]
    forward, backward = Trap(SIDE), Trap(SIDE)
    for part in x.split(7):
        forward.add(part)
    backward.add(x.flip(0))
    torch.testing.assert_close(forward.mean, backward.mean, rtol=1e-14, atol=0)
    assert float(forward.mean.sum()) == pytest.approx(1.0, abs=1e-6)
    torch.testing.assert_close(forward.energy(x), backward.energy(x))


def test_a_spread_of_parts_is_the_spread_of_all():
    values = torch.randn(50, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    spread = Spread()
    for part in (values[:1], values[1:20], values[:0], values[20:]):
        spread.add(part)
    assert spread.count == 50
    assert spread.mean == pytest.approx(float(values.mean()))
    assert spread.deviation == pytest.approx(float(values.std()))


def test_a_trap_of_one_hollow_a_class_lies_lowest_where_a_class_does():
    x, y = drawn(300, 0)
    whole, parts = Trap(SIDE), Trap(SIDE, hollows=CLASSES)
    whole.add(x)
    parts.add(x, y)
    torch.testing.assert_close(whole.mean, parts.mean)
    alone = []
    for k in range(CLASSES):
        one = Trap(SIDE)
        one.add(x[y == k])
        alone.append(one.energy(x))
    torch.testing.assert_close(parts.energy(x), torch.stack(alone, 1).amin(1))
    assert parts.energy(x).mean() < whole.energy(x).mean()
    with pytest.raises(Refusal, match="no labels"):
        parts.add(x)
    learner = learnt(3, traps="class")
    assert float(learner.eval([exam(k) for k in range(3)]).min()) > 0.9
    again = made(traps="class")
    again.restore(learner.state())
    assert torch.equal(again.energy(x), learner.energy(x))
    assert torch.equal(learner.energy(x)[:, 1], learner.basins[1].trap.energy(x))
    with pytest.raises(Refusal, match="a trap of"):
        made().restore(learner.state())


def test_brightness_is_nothing_to_a_trap_and_a_blank_image_lies_high():
    x = drawn(100, 0)[0]
    trap = Trap(SIDE)
    trap.add(x)
    torch.testing.assert_close(trap.energy(x), trap.energy(0.3 * x))
    blank = trap.energy(torch.zeros(1, SIDE, SIDE))
    assert float(blank) == pytest.approx(float(trap.potential.mean()), rel=1e-5)
    assert float(blank) > float(trap.energy(x).max())


# ---------------------------------------------------------------- gates


def spoken(b=6, basins=3, seed=0):
    draw = torch.Generator().manual_seed(seed)
    energies = 5 + torch.rand(b, basins, generator=draw)
    speech = torch.randn(b, basins, CLASSES, generator=draw).log_softmax(-1)
    return energies, speech


@given(st.integers(0, 1000), st.floats(0.01, 10), st.floats(0, 16))
@settings(max_examples=30, deadline=None)
def test_a_mixture_is_a_probability(seed, temperature, trust):
    energies, speech = spoken(seed=seed)
    said = mixture(log_weights(energies, speech, temperature, trust), speech)
    torch.testing.assert_close(said.exp().sum(1), torch.ones(len(said)))


def test_soft_gating_becomes_hard_as_it_cools():
    energies, speech = spoken()
    lowest = energies.argmin(1)
    hard = speech[torch.arange(len(speech)), lowest]
    apart = [
        float((mixture(log_weights(energies, speech, t, 1.0), speech) - hard).abs().max())
        for t in (1.0, 0.1, 0.01, 1e-5)
    ]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] < 1e-5


def test_heat_and_no_trust_weigh_all_alike():
    energies, speech = spoken()
    weights = log_weights(energies, speech, math.inf, 0.0)
    torch.testing.assert_close(weights.exp(), torch.full_like(energies, 1 / 3))


def test_trust_goes_to_the_sure():
    sure, even = torch.tensor([0.97, 0.01, 0.01, 0.01]), torch.full((4,), 0.25)
    speech = torch.stack([sure, even]).log()[None]
    weights = log_weights(torch.zeros(1, 2), speech, 1.0, 2.0)[0].exp()
    odds = math.exp(2 * float(entropy(speech)[0, 1] - entropy(speech)[0, 0]))
    assert float(weights[0] / weights[1]) == pytest.approx(odds, rel=1e-4)


def test_the_choice_finds_which_of_energy_and_sureness_knows():
    """Of two basins the lower is always right, then the surer: the tables must tell."""
    draw = torch.Generator().manual_seed(0)
    labels = torch.randint(CLASSES, (400,), generator=draw)
    right = torch.nn.functional.one_hot(labels, CLASSES) * 2.0
    wrong = torch.nn.functional.one_hot((labels + 1) % CLASSES, CLASSES) * 2.0
    for wrong_sureness, told in ((2.0, "energy"), (0.3, "sureness")):
        speech = torch.stack([right, wrong_sureness * wrong], 1).log_softmax(-1)
        low = torch.rand(400, 2, generator=draw)
        if told == "energy":
            low = torch.stack([low[:, 0], 1.5 + low[:, 1]], 1)
        choice = Choice()
        choice.add(low, speech, labels)
        temperature, trust = choice.best
        said = mixture(log_weights(low, speech, temperature, trust), speech)
        assert (said.argmax(1) == labels).double().mean() > 0.99
        if told == "energy":
            assert temperature < 1


def test_a_choice_adds_up_over_tasks_and_learns_nothing_of_one_basin():
    energies, speech = spoken(20)
    labels = torch.arange(20) % CLASSES
    whole, halves = Choice(), Choice()
    whole.add(energies, speech, labels)
    halves.add(energies[:8], speech[:8], labels[:8])
    halves.add(energies[:, :1], speech[:, :1], labels)
    halves.add(energies[8:], speech[8:], labels[8:])
    assert torch.equal(whole.hits, halves.hits)
    torch.testing.assert_close(whole.likelihood, halves.likelihood)
    assert Choice(0.7, 3.0).best == (0.7, 3.0)


# ---------------------------------------------------------------- experts


@pytest.mark.parametrize("name", ["field", "plain", "mlp", "dual", "dual-plain", "dual-mlp"])
def test_every_expert_learns_speaks_in_logarithms_and_keeps_its_state(name):
    one = task(0)
    expert = EXPERTS[name](side=SIDE, classes=CLASSES, epochs=6, rate=1e-2, batch=32, seed=3)
    told = []
    expert.fit(one.train, one.validation, progress=lambda share, words: told.append(share))
    x, y = exam(0).tensors()
    said = expert.scores(x)
    torch.testing.assert_close(said.exp().sum(1), torch.ones(len(x)))
    assert (said.argmax(1) == y).double().mean() > 0.9
    assert told == sorted(told)
    assert told[-1] == 1.0
    again = EXPERTS[name](side=SIDE, classes=CLASSES, seed=8)
    again.restore(expert.state())
    assert torch.equal(again.scores(x), said)
    assert again.numbers() == expert.numbers()


def test_controls_are_of_equal_size():
    for physics, controls in (("field", ("plain", "mlp")), ("dual", ("dual-plain", "dual-mlp"))):
        size = EXPERTS[physics](side=28, classes=10).numbers()
        for control in controls:
            assert EXPERTS[control](side=28, classes=10).numbers() == pytest.approx(size, rel=0.05)


def test_the_controls_evolve_nothing():
    x = torch.rand(3, SIDE, SIDE)
    for still in (Still(SIDE, CLASSES).density, still_dual(SIDE, CLASSES)):
        assert still.field.steps == 0
        assert not list(still.field.parameters())
    assert Dual(SIDE, CLASSES).field.steps == 6
    assert numbers(Still(SIDE, CLASSES)) <= numbers(ImageField(SIDE, CLASSES))
    assert Still(SIDE, CLASSES)(x).shape == (3, CLASSES)


def test_a_class_that_a_task_has_not_is_never_said():
    x, y = drawn(200, 0)
    part = Part(x[y < 2], y[y < 2])
    expert = EXPERTS["field"](side=SIDE, classes=CLASSES, epochs=1)
    expert.fit(part, part)
    assert float(expert.scores(x)[:, 2:].exp().max()) == 0.0


def test_calibration_makes_confidence_as_high_as_accuracy():
    """Noise in a third of the labels: a network that has learnt them by heart is too sure."""
    draw = torch.Generator().manual_seed(1)

    def noisy(n, seed):
        x, y = drawn(n, seed)
        wrong = torch.rand(n, generator=draw) < 0.33
        return Part(x, torch.where(wrong, torch.randint(CLASSES, (n,), generator=draw), y))

    expert = EXPERTS["mlp"](side=SIDE, classes=CLASSES, epochs=30, rate=2e-2)
    expert.fit(noisy(200, 0), noisy(600, 1))
    x, y = noisy(600, 2).tensors()
    said = expert.scores(x)
    right, sure = (said.argmax(1) == y).double().mean(), said.exp().amax(1).mean()
    assert float(expert.beta) < 1
    assert abs(float(right) - float(sure)) < 0.1


def test_few_images_are_gone_through_more_often_unless_it_is_said_how_often():
    for epochs, wanted in ((None, 400), (2, 4)):
        told = []
        expert = EXPERTS["mlp"](side=SIDE, classes=CLASSES, epochs=epochs, batch=64)
        part = Part(*drawn(128, 0))
        expert.fit(part, part, progress=lambda share, words, told=told: told.append(words))
        assert len(told) == wanted


# ---------------------------------------------------------------- basins


@pytest.mark.parametrize("gating", ["hard", "soft"])
def test_tasks_are_told_apart_and_learnt(gating):
    learner = learnt(4, gating=gating)
    tests = [exam(k) for k in range(4)]
    assert float(learner.eval(tests).min()) > 0.9
    stream = Stream("four", tuple(task(k) for k in range(4)), tuple(tests), CLASSES, SIDE)
    extras = learner.extras(stream)
    assert extras["routed"].tolist() == [1.0] * 4
    assert extras["energies"].shape == (4, 4)
    assert extras["energies"].argmin(1).tolist() == [0, 1, 2, 3]
    assert ("temperature" in extras) == (gating == "soft")


@pytest.mark.parametrize("gating", ["hard", "soft"])
def test_a_single_basin_is_its_expert(gating):
    learner = learnt(1, gating=gating, seed=5)
    alone = EXPERTS["field"](side=SIDE, classes=CLASSES, epochs=3, rate=1e-2, seed=5)
    one = task(0)
    alone.fit(one.train, one.validation)
    x = exam(0).tensors()[0]
    assert torch.equal(learner.scores(x), alone.scores(x))


def test_nothing_is_forgotten_to_the_last_bit():
    learner = learnt(1)
    x = exam(0).tensors()[0]
    before, trap = learner.scores(x), learner.basins[0].trap.total.clone()
    for k in (1, 2):
        learner.train(task(k))
    assert learner.energy(x).argmin(1).unique().tolist() == [0]
    assert torch.equal(learner.scores(x), before)
    assert torch.equal(learner.basins[0].trap.total, trap)


def test_every_input_is_answered_by_the_basin_that_it_lies_lowest_in():
    learner = learnt(3)
    x = torch.cat([exam(k, 10).tensors()[0] for k in (2, 0, 1)])
    said, which = learner.scores(x), learner.energy(x).argmin(1)
    assert which.tolist() == [2] * 10 + [0] * 10 + [1] * 10
    for row in range(0, 30, 7):
        expert = learner.basins[which[row]].expert
        torch.testing.assert_close(said[row], expert.scores(x[row : row + 1])[0])


def test_a_cold_soft_learner_answers_as_a_hard_one():
    hard, soft = learnt(3), learnt(3, gating="soft", temperature=1e-6, trust=0.0)
    x = torch.cat([exam(k).tensors()[0] for k in range(3)])
    torch.testing.assert_close(soft.scores(x), hard.scores(x), rtol=1e-4, atol=1e-5)


def test_novelty_flags_what_is_new():
    learner = learnt(2)
    own = learner.novelty(exam(0).tensors()[0])
    new = learner.novelty(exam(7).tensors()[0])
    assert abs(float(own.mean())) < 0.5
    assert 0.5 < float(own.std()) < 2
    assert float(new.min()) > 4
    assert float(new.min()) > float(own.max())


@pytest.mark.parametrize("gating", ["hard", "soft"])
@pytest.mark.parametrize("boundaries", ["known", "unknown"])
def test_a_learner_goes_on_where_another_was(gating, boundaries):
    asked = {"gating": gating, "boundaries": boundaries, "expert": "dual", "epochs": 1}
    whole, first, second = made(**asked), made(**asked), made(**asked)
    whole.train(task(0))
    whole.train(task(1))
    first.train(task(0))
    second.restore(first.state())
    second.train(task(1))
    assert second.state().keys() == whole.state().keys()
    for name, value in whole.state().items():
        assert torch.equal(second.state()[name], value), name
    x = exam(1).tensors()[0]
    assert torch.equal(second.scores(x), whole.scores(x))
    assert torch.equal(second.novelty(x), whole.novelty(x))


def test_size_counts_what_is_kept():
    learner = learnt(3)
    size = learner.size()
    each = numbers(ImageField(SIDE, CLASSES)) + 1 + CLASSES + SIDE**2 + 4
    assert (size.parameters, size.per_task, size.stored_examples) == (3 * each, each, 0)
    soft = learnt(2, gating="soft").size()
    assert soft.parameters == 2 * each + soft.shared
    big = Basins(classes=10, side=28)
    big._open()
    assert big.size().per_task <= 20_000


def test_an_expert_of_ones_own():
    maker = partial(NetworkExpert, lambda side, classes: ImageField(side, classes, planes=2))
    learner = learnt(2, expert=maker)
    assert float(learner.eval([exam(0), exam(1)]).min()) > 0.8
    assert "partial" in learner.settings()["expert"]


# ---------------------------------------------------------------- unknown boundaries


@pytest.mark.parametrize("seed", range(5))
def test_as_many_basins_open_as_there_are_tasks_in_a_stream_without_labels(seed):
    """One stream: 0 1 2 1 0, the tasks permuted anew; what comes again is known."""
    views = [None, shuffled(10 * seed + 1), shuffled(10 * seed + 2)]
    traps, first, order = [], 0, (0, 1, 2, 1, 0)
    pieces = []
    for turn, k in enumerate(order):
        x = drawn(2 * BATCH, 1000 * seed + turn)[0]
        pieces.append(x if views[k] is None else views[k](x))
    whole = torch.cat(pieces)
    fallen = sorted_rows(Part(whole, torch.zeros(len(whole), dtype=torch.int64)), traps, new_trap)
    assert len(traps) == 3
    found = torch.empty(len(whole), dtype=torch.int64)
    for k, rows in fallen.items():
        found[rows] = k
        first += len(rows)
    assert first == len(whole)
    assert found.tolist() == [k for k in order for _ in range(2 * BATCH)]


def new_trap():
    return Trap(SIDE)


@pytest.mark.parametrize("seed", range(5))
def test_one_task_opens_one_basin_however_long_it_goes_on(seed):
    traps = []
    sorted_rows(Part(*drawn(40 * BATCH, seed)), traps, new_trap)
    assert len(traps) == 1
    validation = Part(*drawn(300, seed + 50))
    assert {k: len(rows) for k, rows in lowest_rows(validation, traps).items()} == {0: 300}


def test_a_learner_without_boundaries_opens_basins_and_goes_on_with_known_ones():
    learner = made(boundaries="unknown")
    for k in (0, 1, 0, 1):
        learner.train(task(k))
    assert (len(learner.basins), learner.homes) == (2, [0, 1, 0, 1])
    assert [basin.expert.fits for basin in learner.basins] == [2, 2]
    assert learner.basins[0].trap.count == 512
    assert float(learner.eval([exam(0), exam(1)]).min()) > 0.9


def test_an_experience_of_two_tasks_fills_two_basins():
    (x, y), (z, t) = drawn(256, 0), drawn(384, 5)
    both = Part(torch.cat([x, shuffled(3)(z)]), torch.cat([y, t]))
    learner = made(boundaries="unknown", expert="mlp")
    learner.train(Experience("both", both, both, tuple(range(CLASSES))))
    assert [basin.trap.count for basin in learner.basins] == [256, 384]
    assert learner.homes == [1]


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"expert": "oracle"}, "expert='oracle'"),
        ({"gating": "firm"}, "gating='firm'"),
        ({"gating": "soft", "temperature": 0.0}, "temperature=0.0"),
        ({"gating": "soft", "temperature": math.nan}, "temperature=nan"),
        ({"gating": "soft", "trust": -1.0}, "trust=-1.0"),
        ({"temperature": 0.1}, "hard gating"),
        ({"boundaries": "vague"}, "boundaries='vague'"),
        ({"threshold": 0.0}, "threshold=0.0"),
        ({"floor": 0.0}, "floor=0.0"),
        ({"traps": "none"}, "traps='none'"),
        ({"side": 0}, "side=0"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(asked, words):
    with pytest.raises(Refusal, match=words):
        made(**asked)


@pytest.mark.parametrize("asked", [{"epochs": 0}, {"batch": 1}, {"rate": math.inf}])
def test_an_expert_refuses_what_cannot_be_meant(asked):
    with pytest.raises(Refusal, match=next(iter(asked))):
        made(**asked).train(task(0))


def test_refusals_of_a_learner():
    learner = made()
    x = torch.rand(2, SIDE, SIDE)
    assert torch.equal(learner.scores(x), torch.zeros(2, CLASSES))
    with pytest.raises(Refusal, match="without basins"):
        learner.energy(x)
    with pytest.raises(Refusal, match="no image"):
        Trap(SIDE).energy(x)
    big = Part(torch.rand(20, 9, 9), torch.zeros(20, dtype=torch.int64))
    with pytest.raises(Refusal, match="side 9"):
        learner.train(Experience("big", big, big, (0,)))
    high = Part(torch.rand(20, 8, 8), torch.full((20,), CLASSES))
    with pytest.raises(Refusal, match="labels up to 4"):
        learner.train(Experience("high", high, high, (0,)))
    learner.train(task(0))
    with pytest.raises(Refusal, match=r"\(2, 3, 3\)"):
        learner.energy(torch.rand(2, 3, 3))
    with pytest.raises(Refusal, match="another network"):
        learner.basins[0].expert.restore(EXPERTS["mlp"](side=SIDE, classes=CLASSES).state())
    picky = made(expert=lambda side, classes, seed: None)
    with pytest.raises(Refusal, match="cannot be made with side, classes, seed, epochs"):
        picky.train(task(0))
    alike = Part(torch.ones(20, SIDE, SIDE), torch.zeros(20, dtype=torch.int64))
    learner.train(Experience("alike", alike, alike, (0,)))
    with pytest.raises(Refusal, match="no spread"):
        learner.novelty(x)


def test_divergence_is_refused():
    with pytest.raises(Refusal, match="lower the rate"):
        made(rate=1e30, expert="mlp").train(task(0))


def test_a_state_of_other_tables_is_refused():
    fixed = learnt(2, gating="soft", temperature=0.5)
    with pytest.raises(Refusal, match="same temperature"):
        made(gating="soft").restore(fixed.state())
