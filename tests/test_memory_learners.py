"""Networks that learn one experience after the other, and the strategies against forgetting."""

import copy
import importlib.util
import sys
import types
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from torch import nn
from torch.nn.functional import cross_entropy

from lawful.fields.memory import Experience, Part, Stream
from lawful.fields.memory.avalanche import AvalancheLearner, Seen, benchmark
from lawful.fields.memory.network_learner import NetworkLearner
from lawful.fields.memory.networks import mlp, numbers, width_of
from lawful.fields.memory.strategies import STRATEGIES, strategy
from lawful.fields.memory.strategies.derpp import DarkReplay
from lawful.fields.memory.strategies.ewc import OnlineEWC, fisher
from lawful.fields.memory.strategies.joint import Joint, together
from lawful.fields.memory.strategies.lwf import LearningWithoutForgetting
from lawful.fields.memory.strategies.naive import Naive
from lawful.fields.memory.strategies.replay import Replay
from lawful.fields.memory.strategies.sampling import admit, admitted, drawn, filled
from lawful.fields.memory.strategies.si import SynapticIntelligence
from lawful.fields.memory.strategies.strategy import Memory
from lawful.fields.memory.tuning import Tuning, strengths, tuned
from lawful.refusal import Refusal

torch.set_num_threads(1)

SIDE, CLASSES = 4, 3
small = partial(mlp, SIDE, CLASSES, (6,))


def memory(seed=0, classes=CLASSES):
    return Memory(classes, torch.Generator().manual_seed(seed))


def images(n, seed=0, classes=CLASSES, view=None):
    draw = torch.Generator().manual_seed(seed)
    x = torch.rand(n, SIDE, SIDE, generator=draw)
    return Part(x, torch.randint(classes, (n,), generator=draw), view)


def experience(seed=0, n=70, view=None):
    return Experience(f"of {seed}", images(n, seed, view=view), images(20, 50 + seed), (0, 1, 2))


def learner(chosen, **options):
    usual = {"classes": CLASSES, "side": SIDE, "batch": 16, "rate": 0.01, "epochs": 2}
    return NetworkLearner(small, chosen, **(usual | options))


def same_bits(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def shuffled(seed):
    order = torch.randperm(SIDE**2, generator=torch.Generator().manual_seed(seed))
    return lambda x: x.flatten(1)[:, order].reshape(x.shape)


# ---------------------------------------------------------------- networks


@given(side=st.integers(1, 9), classes=st.integers(1, 9), size=st.integers(20, 5000))
@settings(max_examples=50, deadline=None)
def test_a_width_is_the_widest_that_fits(side, classes, size):
    try:
        width = width_of(size, side, classes)
    except Refusal:
        assert numbers(mlp(side, classes, (1, 1))) > size
        return
    assert numbers(mlp(side, classes, (width, width))) <= size
    assert numbers(mlp(side, classes, (width + 1, width + 1))) > size


def test_the_numbers_of_a_network_are_what_its_state_dict_keeps():
    layer = nn.BatchNorm1d(5)
    layer.register_buffer("lost", torch.zeros(100), persistent=False)
    assert numbers(layer) == 2 * 5 + 2 * 5 + 1
    assert numbers(mlp(28, 10)) == 785 * 256 + 257 * 256 + 257 * 10


# ---------------------------------------------------------------- EWC


def trained(chosen, experiences=2):
    one = learner(chosen)
    for k in range(experiences):
        one.train(experience(k, view=shuffled(k)))
    return one


def test_the_pull_of_ewc_is_the_gradient_of_its_penalty():
    chosen = OnlineEWC(lam=7.0, samples=50)
    one = trained(chosen)
    network, kept = one.network.double(), one.memory
    kept.kept = {name: value.double() for name, value in kept.kept.items()}
    with torch.no_grad():
        for p in network.parameters():
            p += 0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1))
            p.grad = None
    by_autograd = torch.autograd.grad(chosen.penalty(network, kept), list(network.parameters()))
    chosen.pulled(network, kept)
    for p, slope in zip(network.parameters(), by_autograd, strict=True):
        torch.testing.assert_close(p.grad, slope)
    weight, step = network[1].weight, 1e-5
    with torch.no_grad():
        weight[2, 3] += step
        up = chosen.penalty(network, kept)
        weight[2, 3] -= 2 * step
        down = chosen.penalty(network, kept)
    assert float((up - down) / (2 * step)) == pytest.approx(float(weight.grad[2, 3]), rel=1e-6)
    assert weight.grad.abs().max() > 0


def test_ewc_trains_as_with_its_penalty_in_the_loss():
    class Whole(OnlineEWC):
        def loss(self, network, x, y, output, memory):
            return cross_entropy(output, y) + self.penalty(network, memory)

        def pulled(self, network, memory):
            pass

    chosen = {"lam": 5.0, "samples": 30}
    one, other = (trained(kind(**chosen)).network for kind in (OnlineEWC, Whole))
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-4, atol=1e-5)


def test_the_fisher_of_a_logistic_regression_is_its_analytic_one():
    """E_y[(1[y=c] − p_c)²] x² = p_c (1 − p_c) x², and with true labels (1[y=c] − p_c)² x²."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, CLASSES)).double()
    part = Part(images(12).images.repeat(400, 1, 1), images(12).labels.repeat(400))
    wide = nn.Sequential(_Double(), network)
    x = part.images.double().flatten(1)
    p = network(part.images.double()).softmax(-1).detach()
    missed = (nn.functional.one_hot(part.labels, CLASSES) - p) ** 2
    true = fisher(wide, part)
    torch.testing.assert_close(true["1.1.weight"], missed.T @ x**2 / len(x))
    torch.testing.assert_close(true["1.1.bias"], missed.mean(0))
    sampled = fisher(wide, part, generator=torch.Generator().manual_seed(0))
    expected = (p * (1 - p)).T @ x**2 / len(x)
    torch.testing.assert_close(sampled["1.1.weight"], expected, rtol=0.15, atol=0.0)
    assert not torch.allclose(true["1.1.weight"], expected, rtol=0.15)


class _Double(nn.Module):
    def forward(self, x):
        return x.double()


@pytest.mark.parametrize("gamma", [1.0, 0.5, 0.0])
def test_the_fisher_information_adds_up_and_decays(gamma):
    chosen = OnlineEWC(gamma=gamma, labels="true", samples=1000)
    network, kept = small(), memory()
    chosen.finished(network, images(30, 0), kept)
    chosen.finished(network, images(30, 1), kept)
    old, new = fisher(network, images(30, 0)), fisher(network, images(30, 1))
    for name in old:
        torch.testing.assert_close(kept.kept[f"fisher.{name}"], gamma * old[name] + new[name])


def test_a_strong_spring_holds_the_weights():
    one = learner(OnlineEWC(lam=1e6, labels="true"), optimizer="sgd", rate=1e-7)
    one.train(experience(0))
    held = copy.deepcopy(one.network.state_dict())
    one.train(experience(1))
    for name, value in one.network.state_dict().items():
        torch.testing.assert_close(value, held[name], atol=1e-4, rtol=0)


# ---------------------------------------------------------------- SI


def test_the_path_integral_is_the_fall_of_the_loss_on_a_quadratic():
    """L = ½ Σ a θ²: each ω is ½ a (θ(0)² − θ(T)²), in the limit of small steps."""
    a, start = torch.tensor([0.5, 1.0, 4.0, 0.0]).double(), torch.tensor([1.0, -2, 0.5, 3]).double()
    network = nn.Module()
    network.theta = nn.Parameter(start.clone())
    chosen, kept = SynapticIntelligence(c=0.0, xi=0.1), memory()
    stepper = torch.optim.SGD(network.parameters(), lr=2e-3)
    chosen.begun(network, kept)
    for _ in range(1000):
        stepper.zero_grad()
        (0.5 * a * network.theta**2).sum().backward()
        chosen.pulled(network, kept)
        stepper.step()
        chosen.stepped(network, *[torch.zeros(0)] * 3, kept, first=True)
    path = kept.kept["path.theta"].clone()
    end = network.theta.detach()
    torch.testing.assert_close(path, 0.5 * a * (start**2 - end**2), rtol=1e-2, atol=0)
    chosen.finished(network, images(1), kept)
    expected = path / ((end - start) ** 2 + 0.1)
    torch.testing.assert_close(kept.kept["importance.theta"], expected)
    assert set(kept.kept) == {"importance.theta", "anchor.theta"}


def test_the_path_integral_takes_the_loss_alone_and_the_pull_is_that_of_the_penalty():
    network = nn.Module()
    network.theta = nn.Parameter(torch.tensor([2.0, 3.0]))
    kept, chosen = memory(), SynapticIntelligence(c=0.5)
    chosen.begun(network, kept)
    kept.kept["importance.theta"] += torch.tensor([1.0, 4.0])
    kept.kept["anchor.theta"] -= 1.0
    network.theta.grad = torch.tensor([10.0, 20.0])
    chosen.pulled(network, kept)
    assert network.theta.grad.tolist() == [11.0, 24.0]  # g + 2 c Ω (θ − θ*)
    with torch.no_grad():
        network.theta -= 0.1
    chosen.stepped(network, *[torch.zeros(0)] * 3, kept, first=True)
    torch.testing.assert_close(kept.kept["path.theta"], torch.tensor([1.0, 2.0]))


# ---------------------------------------------------------------- LwF


def test_what_agrees_with_the_old_network_is_not_pulled():
    chosen, network, kept = LearningWithoutForgetting(), small(), memory()
    chosen.finished(network, images(40), kept)
    x = images(9, 3).images
    divergence = chosen.divergence(network(x), chosen.taught(network, x, kept), kept)
    slopes = torch.autograd.grad(divergence, list(network.parameters()))
    assert float(divergence.detach()) == pytest.approx(0, abs=1e-6)
    assert max(float(slope.abs().max()) for slope in slopes) < 1e-6
    moved = copy.deepcopy(network)
    with torch.no_grad():
        moved[-1].bias += torch.tensor([1.0, 0.0, -1.0])
    apart = chosen.divergence(moved(x), chosen.taught(moved, x, kept), kept)
    assert apart > 0.01
    torch.testing.assert_close(chosen.taught(moved, x, kept), network(x).detach())


def test_the_old_network_gives_nothing_to_classes_that_it_has_not_met():
    chosen, network, kept = LearningWithoutForgetting(temperature=1.0), small(), memory()
    part = Part(images(40).images, images(40, classes=2).labels)
    chosen.finished(network, part, kept)
    assert kept.kept["met"].tolist() == [1, 1, 0]
    taught, output = torch.tensor([[0.0, 0.0, 50.0]]), torch.tensor([[1.0, 1.0, 1.0]])
    # q = (½, ½, 0) and p = (⅓, ⅓, ⅓)
    assert float(chosen.divergence(output, taught, kept)) == pytest.approx(np.log(1.5))


def test_lwf_weighs_by_the_number_of_experiences():
    chosen, network, kept = LearningWithoutForgetting(alpha=3.0), small(), memory()
    part = images(10)
    x, y = part.tensors()
    output = network(x)
    assert torch.equal(chosen.loss(network, x, y, output, kept), cross_entropy(output, y))
    for _ in range(2):
        chosen.finished(small(), part, kept)
    old = chosen.divergence(output, chosen.taught(network, x, kept), kept)
    expected = cross_entropy(output, y) / 3 + 2 / 3 * 3.0 * old
    torch.testing.assert_close(chosen.loss(network, x, y, output, kept), expected)


# ---------------------------------------------------------------- reservoirs


def test_every_image_is_kept_with_the_same_probability():
    """Batches of uneven sizes, one of them larger than the reservoir."""
    total, capacity, seeds = 60, 8, 800
    counts = np.zeros(total)
    for seed in range(seeds):
        draw, slots, met = torch.Generator().manual_seed(seed), torch.full((capacity,), -1), 0
        for size in (5, 20, 1, 30, 4):
            into, rows = admitted(met, size, capacity, draw)
            slots[into] = rows + met
            met += size
        assert len(slots.unique()) == capacity
        counts[slots.numpy()] += 1
    assert chisquare(counts).pvalue > 1e-3


def test_a_batch_is_as_good_as_one_by_one():
    """Drawn from the same numbers, algorithm R one by one ends with the same images."""
    met, size, capacity = 11, 40, 6
    chance = torch.rand(size, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    by_hand = {}
    for row in range(size):
        slot = int(chance[row] * (met + row + 1))
        if slot < capacity:
            by_hand[slot] = row
    slots, rows = admitted(met, size, capacity, torch.Generator().manual_seed(3))
    assert dict(zip(slots.tolist(), rows.tolist(), strict=True)) == by_hand


def test_a_reservoir_keeps_rows_together():
    kept = memory()
    for start in range(0, 50, 7):
        ids = torch.arange(start, start + 7)
        admit(kept, 10, images=ids[:, None, None].float().repeat(1, 2, 2), labels=ids)
        assert filled(kept, 10) == min(10, start + 7)
    held = kept.kept
    assert torch.equal(held["images"][:, 0, 0].long(), held["labels"])
    rows = drawn(kept, 10, 4)
    assert len(rows.unique()) == 4
    assert len(drawn(kept, 10, 99)) == 10


@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_der_without_scores_is_replay(weight):
    ends = []
    for chosen in (Replay(examples=20, weight=weight), DarkReplay(20, alpha=0.0, beta=weight)):
        one = trained(chosen, experiences=3)
        ends.append(one.network.state_dict())
    same_bits(*ends)
    other = trained(DarkReplay(20, alpha=1.0, beta=weight), experiences=3).network.state_dict()
    assert not torch.equal(other["1.weight"], ends[0]["1.weight"])


def test_der_pulls_to_the_scores_that_were_kept():
    chosen, network, kept = DarkReplay(5, alpha=2.0, beta=0.0), small(), memory()
    x, y = images(5).tensors()
    output = network(x).detach()
    chosen.stepped(network, x, y, output, kept, first=True)
    new = cross_entropy(output, y)
    torch.testing.assert_close(chosen.loss(network, x, y, output, kept), new)
    kept.kept["scores"] += 0.5
    torch.testing.assert_close(chosen.loss(network, x, y, output, kept), new + 2.0 * 0.25)


def test_each_image_is_offered_once_however_many_epochs():
    one = learner(Replay(examples=200), epochs=5)
    one.train(experience(0, n=70))
    assert int(one.memory.kept["offered"]) == 70
    assert one.size().stored_examples == 70


# ---------------------------------------------------------------- the learner


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("options", [{}, {"renewed": True}, {"optimizer": "sgd"}])
def test_a_learner_restored_ends_in_the_same_bits(name, options):
    first, second = (learner(strategy(name), **options) for _ in range(2))
    first.train(experience(0, view=shuffled(0)))
    first.train(experience(1, view=shuffled(1)))
    kept = {key: value.clone() for key, value in first.state().items()}
    torch.rand(3)  # the global generator has no say
    second.restore(kept)
    same_bits(second.state(), kept)
    x = images(30, 9).images
    assert torch.equal(second.scores(x), first.scores(x))
    for one in (first, second):
        one.train(experience(2, view=shuffled(2)))
    assert torch.equal(second.scores(x), first.scores(x))
    same_bits(second.state(), first.state())
    assert second.size() == first.size()


def test_a_state_holds_no_view_of_what_goes_on():
    one = learner(Replay(examples=10))
    one.train(experience(0))
    state = one.state()
    before = {name: value.clone() for name, value in state.items()}
    one.train(experience(1))
    same_bits(state, before)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_seed_settles_all(name):
    x = images(20, 4).images
    ends = []
    for seed in (0, 0, 1):
        one = learner(strategy(name), seed=seed)
        for k in range(2):
            one.train(experience(k))
        ends.append(one.scores(x))
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])


def test_training_draws_nothing_from_the_global_generator():
    def dropping():
        return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(SIDE**2, CLASSES))

    ends = []
    for draws in (0, 5):
        torch.rand(draws)
        one = NetworkLearner(dropping, Naive(), classes=CLASSES, side=SIDE)
        before = torch.random.get_rng_state()
        one.train(experience(0))
        assert torch.equal(torch.random.get_rng_state(), before)
        ends.append(one.network.state_dict())
    same_bits(*ends)


def test_the_loop_is_a_plain_one():
    """Naive training is what anyone would write down in ten lines."""
    one = learner(Naive(), optimizer="sgd", rate=0.1, batch=32)
    network = copy.deepcopy(one.network)
    one.train(experience(0))
    order = torch.Generator().manual_seed(0)
    torch.randint(2**62, (), generator=order)
    stepper, (x, y) = torch.optim.SGD(network.parameters(), lr=0.1), experience(0).train.tensors()
    for _ in range(2):
        for rows in torch.randperm(70, generator=order).split(32):
            stepper.zero_grad()
            cross_entropy(network(x[rows]), y[rows]).backward()
            stepper.step()
    same_bits(one.network.state_dict(), network.state_dict())


@pytest.mark.parametrize("name", STRATEGIES)
def test_sizes_are_those_of_what_is_kept(name):
    one = trained(strategy(name), experiences=2)
    own = numbers(one.network)
    stored = {"ewc": 2 * own, "si": 2 * own, "lwf": own + CLASSES + 1, "derpp": 140 * CLASSES}
    size = one.size()
    assert size.parameters == own + stored.get(name, 0)
    assert size.stored_examples == (140 if name in ("joint", "replay", "derpp") else 0)


def test_joint_training_waits_until_it_is_asked_and_starts_anew():
    asked, silent = learner(Joint()), learner(Joint())
    first = copy.deepcopy(asked.network.state_dict())
    x = images(10).images
    for k in range(3):
        for one in (asked, silent):
            one.train(experience(k, view=shuffled(k)))
        same_bits(silent.network.state_dict(), first)
        asked.scores(x)
    assert torch.equal(asked.scores(x), silent.scores(x))
    assert not torch.equal(silent.network.state_dict()["1.weight"], first["1.weight"])


def test_together_gives_every_image_once_through_its_own_view():
    parts = [images(n, k, view=lambda x, k=k: x + k) for k, n in enumerate((7, 1, 20))]
    batches = list(together(parts, 5, generator=torch.Generator().manual_seed(0)))
    assert [len(y) for _, y in batches] == [5] * 5 + [3]
    got = torch.cat([x for x, _ in batches]).flatten(1).sum(1).sort().values
    expected = torch.cat([part.tensors()[0] for part in parts]).flatten(1).sum(1).sort().values
    torch.testing.assert_close(got, expected)
    labels = torch.cat([y for _, y in batches]).bincount(minlength=CLASSES)
    assert labels.tolist() == torch.cat([p.labels for p in parts]).bincount().tolist()


def test_images_of_bytes_are_kept_as_bytes_and_others_as_they_are():
    one = learner(Joint())
    draw = torch.Generator().manual_seed(0)
    bytes_ = torch.randint(256, (9, SIDE, SIDE), generator=draw) / 255
    for x in (bytes_, images(9).images):
        part = Part(x, torch.zeros(9, dtype=torch.int64))
        one.train(Experience("a", part, part, (0,)))
    state = one.state()
    kinds = [state[f"seen.{k}.images"].dtype for k in range(2)]
    assert kinds == [torch.uint8, torch.float32]
    other = learner(Joint())
    other.restore(state)
    same_bits(other.state(), state)


def test_a_network_given_is_copied_and_left_alone():
    network = small()
    before = copy.deepcopy(network.state_dict())
    NetworkLearner(network, Naive(), classes=CLASSES, side=SIDE).train(experience(0))
    same_bits(network.state_dict(), before)


def test_progress_is_told_every_step():
    told = []
    learner(Naive(), batch=30).train(
        experience(0), progress=lambda share, words: told.append(share)
    )
    assert told == [k / 6 for k in range(1, 7)]


# ---------------------------------------------------------------- forgetting


def digits(tasks, seed):
    from sklearn.datasets import load_digits

    held = load_digits()
    order = np.random.default_rng(seed).permutation(len(held.target))
    x = torch.from_numpy(held.images[order] / 16).float()
    y = torch.from_numpy(held.target[order]).long()
    draw = torch.Generator().manual_seed(seed)
    experiences, tests = [], []
    for k in range(tasks):
        order = torch.randperm(64, generator=draw)
        view = partial(_permuted, order=order)
        parts = [Part(x[a:b], y[a:b], view) for a, b in ((0, 500), (500, 900), (900, 1400))]
        experiences.append(Experience(f"{k}", parts[0], parts[1], tuple(range(10))))
        tests.append(parts[2])
    return Stream("permuted digits", tuple(experiences), tuple(tests), 10, 8)


def _permuted(x, *, order):
    return x.flatten(1)[:, order].reshape(x.shape)


def on_digits(chosen, seed=0):
    make = partial(mlp, 8, 10, (48,))
    return NetworkLearner(
        make, chosen, classes=10, side=8, epochs=8, batch=50, rate=3e-3, seed=seed
    )


@cache
def old_accuracy(chosen, seed):
    """On the first two of three tasks, when the third has been learnt."""
    stream, one = digits(3, seed), on_digits(chosen, seed)
    for known in stream.experiences:
        one.train(known)
    return one.eval(stream.tests[:2]).mean().item()


@pytest.mark.parametrize(
    "chosen",
    [
        Replay(examples=300),
        DarkReplay(examples=300),
        OnlineEWC(samples=100),
        SynapticIntelligence(),
        LearningWithoutForgetting(),
        Joint(),
    ],
    ids=lambda chosen: chosen.name,
)
def test_naive_training_forgets_and_strategies_forget_less(chosen):
    forgotten = [old_accuracy(Naive(), seed) for seed in range(3)]
    kept = [old_accuracy(chosen, seed) for seed in range(3)]
    assert max(forgotten) < 0.8
    assert np.mean(kept) > np.mean(forgotten) + 0.05


def test_lwf_keeps_the_outputs_of_the_old_network_on_the_new_images():
    """Which is all it promises: of permuted images the old network knows little."""
    stream, moved = digits(2, 0), []
    for alpha in (0.0, 1.0, 10.0):
        one = on_digits(LearningWithoutForgetting(alpha=alpha))
        one.train(stream.experiences[0])
        x = stream.experiences[1].train.tensors()[0]
        before = one.scores(x).softmax(-1)
        one.train(stream.experiences[1])
        moved.append(float((one.scores(x).softmax(-1) - before).abs().mean()))
    assert moved[0] > 1.2 * moved[1] > 1.2 * moved[2]


# ---------------------------------------------------------------- tuning


def test_a_tuning_is_the_accuracy_on_validation_and_never_looks_at_tests():
    good = digits(2, 0)
    poisoned = [Part(p.images, (p.labels + 1) % 10, p.view) for p in good.tests]
    stream = replace(good, tests=tuple(poisoned))
    make = lambda lam: on_digits(OnlineEWC(lam=lam, samples=100))  # noqa: E731
    curve = tuned(make, lambda seed: stream, [0.0, 100.0])
    one = make(100.0)
    for known in stream.experiences:
        one.train(known)
    expected = one.eval([known.validation for known in stream.experiences]).mean()
    assert curve.accuracy[1, 0] == float(expected)
    assert curve.best == 100.0
    assert curve.at_an_end
    again = Tuning.from_json(curve.to_json())
    assert again.values == curve.values
    np.testing.assert_array_equal(again.accuracy, curve.accuracy)


def test_what_diverges_is_no_number_and_never_the_best():
    make = lambda rate: learner(Naive(), optimizer="sgd", rate=rate)  # noqa: E731
    stream = Stream("s", (experience(0),), (images(5),), CLASSES, SIDE)
    curve = tuned(make, lambda seed: stream, [1e30, 0.1])
    assert np.isnan(curve.accuracy[0, 0])
    assert curve.best == 0.1
    assert curve.to_json()["accuracy"][0] == [None]
    assert np.isnan(Tuning.from_json(curve.to_json()).accuracy[0, 0])
    with pytest.raises(Refusal, match="every value diverged"):
        _ = Tuning((1.0,), np.array([[np.nan]])).best


def test_every_strategy_with_a_strength_has_a_curve():
    for name, kind in STRATEGIES.items():
        if kind.strength is None:
            with pytest.raises(Refusal, match="has no strength"):
                strengths(strategy(name))
            continue
        curve = strengths(strategy(name))
        assert [getattr(one, kind.strength) for one in curve] == sorted(kind.values)
        assert len(set(kind.values)) >= 3


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: strategy("ewcc"), "the strategy 'ewcc'; expected one of naive, joint, ewc"),
        (lambda: strategy("ewc", lamda=3), "the setting 'lamda' of ewc"),
        (lambda: strategy("naive", c=3), "of its settings: none"),
        (lambda: OnlineEWC(lam=-1), "lam=-1"),
        (lambda: OnlineEWC(gamma=1.5), "gamma=1.5; expected from 0 to 1"),
        (lambda: OnlineEWC(labels="both"), "labels='both'; expected one of sampled, true"),
        (lambda: SynapticIntelligence(xi=0.0), "xi=0.0"),
        (lambda: LearningWithoutForgetting(temperature=0), "temperature=0"),
        (lambda: Replay(examples=0), "examples=0"),
        (lambda: DarkReplay(alpha=float("nan")), "alpha=nan"),
        (lambda: Replay(draw=0), "draw=0"),
        (lambda: learner(Naive(), epochs=0), "epochs=0; expected a whole number from 1 up"),
        (lambda: learner(Naive(), batch=2.5), "batch=2.5"),
        (lambda: learner(Naive(), rate=0.0), "rate=0.0"),
        (lambda: learner(Naive(), optimizer="lion"), "optimizer='lion'; expected one of adam, sgd"),
        (lambda: learner(Naive(), side=8).train(experience(0)), "images of side 4"),
        (lambda: learner(Naive(), classes=2).train(experience(0)), "labels up to 2"),
        (lambda: mlp(0, 3), "layers of the sizes"),
        (lambda: width_of(100, 28, 10), "100 numbers for an MLP"),
        (lambda: learner(Naive()).restore({}), "the state of another learner"),
        (lambda: tuned(learner, digits, []), "0 values and 1 seeds"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, words):
    with pytest.raises(Refusal) as refused:
        make()
    assert words in str(refused.value)


def test_a_state_of_another_network_or_strategy_is_refused():
    wide = NetworkLearner(partial(mlp, SIDE, CLASSES, (9,)), Naive(), classes=CLASSES, side=SIDE)
    for one in (wide, learner(Replay())):
        with pytest.raises(Refusal, match="the state of another learner"):
            one.restore(learner(Naive()).state())


def test_settings_are_json():
    import json

    for name in STRATEGIES:
        told = learner(strategy(name)).settings()
        assert json.loads(json.dumps(told)) == told
        assert told["strategy"]["strategy"] == name


# ---------------------------------------------------------------- Avalanche


class StandIn:
    """What of Avalanche the adapter uses, as small as can be."""

    class Attribute:
        def __init__(self, data, name, use_in_getitem=False):
            self.data, self.name, self.uniques = data, name, set(data)

    class DataSet:
        def __init__(self, parts, *, data_attributes):
            (self.part,) = parts
            for attribute in data_attributes:
                setattr(self, attribute.name, attribute)

        def __len__(self):
            return len(self.part)

        def __getitem__(self, index):
            return (*self.part[index], self.targets_task_labels.data[index])

    @staticmethod
    def benchmark_from_datasets(**streams):
        made = {
            name: [
                types.SimpleNamespace(dataset=one, current_experience=k)
                for k, one in enumerate(some)
            ]
            for name, some in streams.items()
        }
        return types.SimpleNamespace(streams=made)

    @staticmethod
    def with_classes_timeline(made):
        for stream in made.streams.values():
            for one in stream:
                one.classes_in_this_experience = one.dataset.targets.uniques
        return made

    class Strategy:
        """Trains as Avalanche's naive one does."""

        def __init__(self, model):
            self.model, self.device, self.plugins, self.met = model, "cpu", [], []

        def train(self, one, eval_streams):
            self.met.append((one.current_experience, one.classes_seen_so_far, eval_streams))
            stepper = torch.optim.Adam(self.model.parameters(), lr=0.01)
            for x, y, _ in torch.utils.data.DataLoader(one.dataset, batch_size=32):
                stepper.zero_grad()
                cross_entropy(self.model(x), y).backward()
                stepper.step()


@pytest.fixture
def stand_in(monkeypatch):
    benchmarks = types.ModuleType("avalanche.benchmarks")
    benchmarks.benchmark_from_datasets = StandIn.benchmark_from_datasets
    benchmarks.with_classes_timeline = StandIn.with_classes_timeline
    words = types.ModuleType("avalanche.benchmarks.utils")
    words.TaskAwareSupervisedClassificationDataset = StandIn.DataSet
    attributes = types.ModuleType("avalanche.benchmarks.utils.data_attribute")
    attributes.DataAttribute = StandIn.Attribute
    for module in (types.ModuleType("avalanche"), benchmarks, words, attributes):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def parity():
    """Even digits, then odd ones: what is learnt is seen soon."""
    part = Part(torch.eye(4)[torch.arange(64) % 4].reshape(64, 2, 2), torch.arange(64) % 4)
    halves = [
        Part(part.images[part.labels // 2 == k], part.labels[part.labels // 2 == k]) for k in (0, 1)
    ]
    experiences = [Experience(str(k), p, p, (2 * k, 2 * k + 1)) for k, p in enumerate(halves)]
    return Stream("halves", tuple(experiences), tuple(halves), 4, 2)


def test_a_stream_becomes_a_benchmark(stand_in):
    made = benchmark(digits(2, 0))
    assert {name: len(some) for name, some in made.streams.items()} == dict.fromkeys(
        ("train", "valid", "test"), 2
    )
    x, y, task = made.streams["train"][1].dataset[3]
    expected, labels = digits(2, 0).experiences[1].train.tensors()
    assert torch.equal(x, expected[3])
    assert (y, task) == (int(labels[3]), 0)


def test_a_strategy_of_avalanche_is_a_learner(stand_in):
    stream, given = parity(), StandIn.Strategy(mlp(2, 4, ()))
    one = AvalancheLearner(given, classes=4, side=2)
    for known in stream.experiences:
        for _ in range(1):
            one.train(known)
    assert [met[:2] for met in given.met] == [(0, {0, 1}), (1, {0, 1, 2, 3})]
    assert given.met[0][2] == []
    assert one.predict(stream.tests[0].images).shape == (32,)
    assert one.size().parameters == numbers(given.model)
    assert one.settings()["strategy"] == "Strategy"
    for call in (one.state, lambda: one.restore({})):
        with pytest.raises(Refusal, match="keeps its state to itself; follow it without"):
            call()


def test_what_plugins_keep_is_counted(stand_in):
    plugin = type("Plugin", (), {"__module__": "avalanche.training.plugins"})()
    stored = Seen(images(7))
    plugin.kept = {0: [torch.zeros(5), {"old": nn.Linear(2, 2)}], 1: stored}
    plugin.again = plugin.kept
    given = StandIn.Strategy(mlp(2, 4, ()))
    given.plugins = [plugin]
    plugin.strategy = given
    size = AvalancheLearner(given, classes=4, side=2).size()
    assert size.parameters == numbers(given.model) + 5 + 6
    assert size.stored_examples == 7


def test_without_avalanche_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "avalanche", None)
    monkeypatch.delitem(sys.modules, "avalanche.benchmarks", raising=False)
    with pytest.raises(Refusal, match="run: pip install avalanche-lib"):
        benchmark(parity())
    with pytest.raises(Refusal, match="a Linear as a strategy"):
        AvalancheLearner(nn.Linear(2, 2), classes=4, side=2)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(importlib.util.find_spec("avalanche") is None, reason="avalanche-lib")
def test_the_real_avalanche():
    from avalanche.training import Replay as TheirReplay
    from avalanche.training.plugins import EvaluationPlugin

    stream = digits(2, 0)
    model = mlp(8, 10, (32,))
    given = TheirReplay(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=0.003),
        criterion=nn.CrossEntropyLoss(),
        mem_size=100,
        train_mb_size=32,
        train_epochs=3,
        evaluator=EvaluationPlugin(),
    )
    one = AvalancheLearner(given, classes=10, side=8)
    for known in stream.experiences:
        one.train(known)
    assert one.eval(stream).min() > 0.3
    assert one.size().stored_examples == 100
    assert len(benchmark(stream).streams["test"]) == 2
