"""The paper's teacher: the published network but for its ends, trainable at full size."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from mien_models.networks.inception_resnet_v2 import SMALLEST, Teacher, TeacherOptions
from mien_models.networks.initial import he
from mien_models.networks.mobilenet_v2 import Student, StudentOptions

PUBLISHED = 55_843_464
"""Parameters of InceptionResNetV2 with 1,000 classes and three colours, batch norms with gains."""
CLASSES = 1536 * 1000 + 1000
TWO_COLOURS = 2 * 32 * 9
OURS = 1536 * 195 + 195


def test_at_full_size_it_has_the_published_number_of_parameters():
    with torch.device("meta"):
        teacher = Teacher(TeacherOptions())
    count = sum(value.numel() for value in teacher.parameters())
    assert count == PUBLISHED - CLASSES - TWO_COLOURS + OURS


def test_160_pixels_become_17_8_and_3_cells():
    teacher = Teacher(TeacherOptions(width=0.0625, repeats=(1, 1, 1))).eval()
    sides = []
    for layer in teacher.features:
        layer.register_forward_hook(lambda module, given, out: sides.append(out.shape[-1]))
    with torch.no_grad():
        teacher(torch.zeros(1, 160, 160, dtype=torch.uint8))
    assert sides == [17, 17, 8, 8, 3, 3, 3]


def test_its_answers_are_plain_numbers_and_every_part_learns():
    teacher = he(Teacher(TeacherOptions(width=0.125, repeats=(2, 2, 2)))).train()
    crops = torch.randint(0, 255, (4, SMALLEST, SMALLEST), dtype=torch.uint8)
    out = teacher(crops)
    assert {name: tuple(value.shape) for name, value in out.items()} == {
        "weights": (4, 52), "points": (4, 70, 2), "pose": (4, 3),
    }  # fmt: skip
    assert float(out["weights"].detach().min()) < 0
    sum(value.square().mean() for value in out.values()).backward()
    assert all(value.grad is not None and value.grad.abs().any() for value in teacher.parameters())


def test_he_initialisation_keeps_the_signal_of_a_deep_chain():
    chain = he(torch.nn.Sequential(*[torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.ReLU())
                                     for _ in range(20)]))  # fmt: skip
    torch.manual_seed(0)
    he(chain)
    out = chain(torch.randn(256, 256)).detach()
    assert 0.2 < float(out.square().mean()) < 5
    student = Student(StudentOptions(width=0.25, dense=0, hidden=16, decoder=16, local=4))
    assert not he(student).more.weight.any()  # begins at zero on purpose
