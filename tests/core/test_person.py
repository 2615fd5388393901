"""A face read beside itself: what enters the mean, and what leaves samples alone."""

import json

import numpy as np
import pytest
from mien.person import LASTING, Person, person_of
from mien.types import FaceBox, HeadPose, Sample


class Reader:
    """A network whose reader says how far a code is from the person's, and remembers what it was told."""

    code_size, reads_beside, sha256 = 3, True, "abc"

    def read(self, codes, person, seen):
        self.person, self.seen = person, seen
        return np.repeat((codes - person).mean(1, keepdims=True), 52, 1).astype(np.float32)


class NoReader:
    code_size, reads_beside = 0, False


def read_take(samples, student):
    return person_of(samples, student).read(samples)


def sample(time, code=0.0, confidence=1.0, size=3):
    return Sample(
        time, np.full(52, 0.5, np.float32), np.zeros((70, 2), np.float32), HeadPose(0, 0, 0), confidence,
        FaceBox(0, 0, 1), np.full(size, code, np.float32),
    )  # fmt: skip


def test_every_sample_of_a_take_is_read_beside_the_mean_of_all():
    given = read_take([sample(0, 0.1), sample(1, 0.3), sample(2, 0.8)], Reader())
    assert [one.weights[0] for one in given] == pytest.approx([-0.3, -0.1, 0.4], abs=1e-6)
    assert [one.time for one in given] == [0, 1, 2]


def test_what_is_sure_counts_for_more():
    network = Reader()
    read_take([sample(0, 0.0, confidence=0.25), sample(1, 1.0, confidence=0.75)], network)
    assert network.person == pytest.approx(np.full(3, 0.75))


def test_frames_without_a_face_stay_as_they_are_and_tell_nothing():
    network, gone = Reader(), sample(1, np.nan, confidence=0.0)
    given = read_take([sample(0, 0.2), gone, sample(2, 0.4)], network)
    assert given[1] is gone
    assert network.person == pytest.approx(np.full(3, 0.3))
    assert network.seen == 1.0  # the face was away in between


def test_seconds_count_not_frames():
    few, many = Reader(), Reader()
    read_take([sample(i / 2) for i in range(9)], few)
    read_take([sample(i / 60) for i in range(241)], many)
    assert few.seen == many.seen == pytest.approx(1 + 4 / LASTING)
    far = Reader()
    read_take([sample(0), sample(100)], far)  # an edit: no hundred seconds of this face were seen
    assert far.seen == 2.0


def test_live_the_mean_grows_with_what_was_seen():
    person = Person(Reader())
    assert person.update(sample(0, 0.4)).weights[0] == pytest.approx(0.0)
    assert person.update(sample(1, 0.8)).weights[0] == pytest.approx(0.2)
    assert person.update(sample(2, 0.0)).weights[0] == pytest.approx(-0.4)


def test_the_last_frame_live_is_the_take_s():
    samples = [sample(i / 30, value) for i, value in enumerate(np.random.default_rng(0).random(40))]
    person = Person(Reader())
    live = [person.update(one) for one in samples]
    assert np.array_equal(live[-1].weights, read_take(samples, Reader())[-1].weights)


def test_a_network_without_a_reader_leaves_all_as_it_is():
    samples = [sample(0, size=0), sample(1, size=0)]
    assert read_take(samples, NoReader()) == samples
    assert Person(NoReader()).update(samples[0]) is samples[0]


def test_a_take_without_a_face():
    samples = [sample(0, np.nan, 0.0), sample(1, np.nan, 0.0)]
    assert read_take(samples, Reader()) == samples


def test_a_part_of_a_take_is_read_as_in_the_whole():
    samples = [sample(i / 10, value) for i, value in enumerate(np.random.default_rng(1).random(50))]
    whole = read_take(samples, Reader())
    about = {
        "network_sha256": "abc",
        "person": json.loads(json.dumps(person_of(samples, Reader()).to_json())),
    }
    part = Person.of_take(about, Reader()).read(samples[20:30])
    for one, other in zip(part, whole[20:30]):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-4)


@pytest.mark.parametrize("about", [
    {}, {"person": None}, {"person": [1, 2, 3]}, {"person": {"mean": [1, 2, 3]}},
    {"person": {"mean": [1.0], "seconds": 1}}, {"person": {"mean": "abc", "seconds": 1}},
    {"person": {"mean": [[1], 2, 3], "seconds": 1}}, {"person": {"mean": [1, 2, 3], "seconds": None}},
])  # fmt: skip
def test_what_tells_of_no_person_is_none(about):
    assert Person.of_take({"network_sha256": "abc", **about}, Reader()) is None


def test_another_network_s_person_is_none():
    kept = person_of([sample(0)], Reader()).to_json()
    assert Person.of_take({"network_sha256": "other", "person": kept}, Reader()) is None
    assert Person.of_take({"network_sha256": "abc", "person": kept}, Reader()) is not None
