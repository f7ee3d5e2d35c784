"""The laboratory's transformer on a very small scale; skipped without what training/README.md installs."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from training.corpus import CorpusPaper

from broadsheet.index.transformer import OnnxEncoder

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from training.teacher import Lesson
    from training.transformer import Transformer

WORDS = "graph colour planar proof knot ocean tide wind salt wave model of the and in"
LONGEST = 24


@pytest.fixture(autouse=True, scope="module")
def laboratory() -> None:
    for needed in ("torch", "onnx", "onnxruntime", "tokenizers", "safetensors"):
        pytest.importorskip(needed, reason=f"the laboratory needs {needed}: training/README.md")


@pytest.fixture
def tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS.split()]
    vocabulary = {piece: at for at, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocab=vocabulary))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


@pytest.fixture
def model(tokenizer: Tokenizer) -> Transformer:
    import torch
    from training.transformer import Transformer

    torch.manual_seed(3)
    return Transformer(tokenizer.get_vocab_size(), LONGEST, layers=1)


@pytest.fixture
def lesson() -> Lesson:
    from training.teacher import Lesson
    from training.transformer import WIDTH

    random = np.random.default_rng(5)
    texts = [
        [" ".join(random.choice(WORDS.split(), size)) for _ in range(8)] for size in (3, 6, 15)
    ]
    vectors = random.standard_normal((3, 8, WIDTH)).astype(np.float32)
    return Lesson(*texts, *(vectors / np.linalg.norm(vectors, axis=2, keepdims=True)))


def test_a_lesson_heard_again_is_known_better(
    model: Transformer, tokenizer: Tokenizer, lesson: Lesson
) -> None:
    from training.student import Recipe, Student

    recipe = Recipe(batch=4, rate=1e-3, warm_up=1, caps=(LONGEST,), bank=0)
    student = Student(model, copy.deepcopy(model), tokenizer, recipe)
    first, *_, last = list(student.learn([lesson] * 4))
    assert last["cosine"] < first["cosine"] - 0.05
    assert last["contrast"] < first["contrast"]


def test_two_equal_runs_give_equal_weights(
    model: Transformer, tokenizer: Tokenizer, lesson: Lesson
) -> None:
    import torch
    from training.student import Recipe, Student

    recipe = Recipe(batch=4, rate=1e-3, warm_up=1, caps=(LONGEST,))
    students = [
        Student(copy.deepcopy(model), copy.deepcopy(model), tokenizer, recipe) for _ in range(2)
    ]
    for student in students:
        list(student.learn([lesson]))
    one, other = (torch.cat([p.flatten() for p in s.averaged.parameters()]) for s in students)
    assert torch.equal(one, other)


def test_the_packaged_model_is_the_trained_one_but_for_rounding(
    model: Transformer, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    import torch
    from training.package_model import package_model
    from training.student import numbered
    from training.transformer import padded

    package_model(model, tokenizer, tmp_path / "tiny-1", "tiny-1", LONGEST)
    encoder = OnnxEncoder.load(tmp_path / "tiny-1", threads=1)
    texts = ["planar graph colour", "the ocean tide and the salt wave " * 9]
    with torch.inference_mode():
        exact = model(*padded(numbered(tokenizer, texts, LONGEST))).numpy()
    assert encoder.name == "tiny-1"
    assert np.sum(exact * encoder.encode(texts), axis=1).min() > 0.98
    assert "tiny-1" in (tmp_path / "tiny-1" / "NOTICE").read_text()


def test_held_out_papers_are_never_learned_from() -> None:
    from training.teacher import draw_papers

    papers = [
        CorpusPaper(f"2601.{at:05}", "Title", "Abstract.", "math.CO", "") for at in range(900)
    ]
    held_out = {paper for paper in papers if paper.is_held_out}
    drawn = set(draw_papers(papers, 800, seed=0))
    assert len(held_out) > 20
    assert len(drawn) == 800
    assert not drawn & held_out
