"""The roofline of a bundle: what layers compute and move, the least time on a board, and the page."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from calibration.bench import roofline
from calibration.bench.boards import BOARDS, BoardSpec, Mode
from calibration.bench.roofline import Layer, bound_us, markdown, networks
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle

ROOT = Path(__file__).parents[1]
BOARD = BoardSpec("one", 8.0, 4.0, 1.0, (Mode("all", 1.0, 100.0), Mode("half", 0.5, 100.0)), ("", ""))


@pytest.fixture(scope="module")
def starter():
    return open_bundle(starter_bundle())


def small():
    """x [1, 4, 64] -> INT8 product with [64, 32] -> LayerNormalization -> y."""
    rng = np.random.default_rng(0)
    constants = {
        "scale": np.float32(0.1),
        "zero": np.int8(0),
        "w": rng.integers(-127, 127, (64, 32)).astype(np.int8),
        "w_scale": np.full(32, 0.01, np.float32),
        "w_zero": np.zeros(32, np.int8),
        "gain": np.ones(32, np.float32),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["dq"]),
        helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["w_dq"], axis=1),
        helper.make_node("MatMul", ["dq", "w_dq"], ["m"]),
        helper.make_node("LayerNormalization", ["m", "gain"], ["y"], axis=-1),
    ]
    values = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [1, 4, 64]), ("y", None))
    ]
    inits = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", values[:1], values[1:], inits)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def test_what_layers_compute_and_move():
    product, norm = roofline._layers(small())
    assert product == Layer("product", True, 4 * 64 * 32, 64 * 32, True, 4 * 64, 4 * 32, False)
    assert norm == Layer("layer_norm", False, 0, 32, False, 4 * 32, 4 * 32, False)
    assert product.bytes("fp32") == 4 * (2048 + 256 + 128)
    assert product.bytes("fp16") == 2 * (2048 + 256 + 128)
    assert product.bytes("int8") == 2048 + 256 + 4 * 128
    assert product.bytes("int8_half") == 2048 + 256 + 2 * 128
    assert norm.bytes("int8") == 4 * (32 + 128 + 128)
    assert norm.bytes("int8_half") == 2 * (32 + 128 + 128)


def test_the_larger_of_the_two_counts():
    whole, half = BOARD.modes
    working = Layer("product", True, 10**9, 0, True, 1000, 1000, False)
    assert working.seconds("int8", BOARD, whole) == pytest.approx(2e9 / 8e12)
    assert working.seconds("int8", BOARD, half) == pytest.approx(4e9 / 8e12)
    assert working.seconds("fp16", BOARD, whole) == pytest.approx(2e9 / 4e12)
    assert working.seconds("fp32", BOARD, whole) == pytest.approx(2e9 / 1e12)
    moving = Layer("softmax", False, 0, 0, False, 10**6, 10**6, False)
    for mode in BOARD.modes:
        assert moving.seconds("int8", BOARD, mode) == pytest.approx(8e6 / 100e9)
        assert moving.seconds("int8_half", BOARD, mode) == pytest.approx(4e6 / 100e9)


def test_the_counts_are_those_of_the_manifest(starter):
    for network in networks(starter):
        entry = starter.manifest.models[network.name]
        assert network.count("product", int8=True) == entry.int8_nodes
        assert network.count("product") == entry.nodes - entry.int8_nodes
        assert 0.5 < network.macs(int8=True) / network.macs() <= 1.0
        assert network.weights("int8") < entry.nodes * 10**6
    assert {network.name: network.calls for network in networks(starter)}["vision"] == 4


def test_less_is_moved_the_narrower_it_is(starter):
    found = networks(starter)
    for board in BOARDS:
        for mode in board.modes:
            times = [bound_us(found, form, board, mode) for form in ("fp32", "fp16", "int8", "int8_half")]
            assert times == sorted(times, reverse=True)
        first = bound_us(found, "int8", board, board.modes[0])
        assert all(bound_us(found, "int8", board, mode) >= first for mode in board.modes)


def test_the_peaks_fit_together():
    """Dense FP16 is half of INT8; FP32 of the CUDA cores is a small part of it."""
    for board in BOARDS:
        assert board.fp16_tflops == pytest.approx(board.int8_tops / 2, rel=0.04)
        assert board.fp32_tflops < board.fp16_tflops / 4
        assert all(0.0 < mode.share <= 1.0 for mode in board.modes)
        assert board.modes[0].share == 1.0


def test_the_page_holds_what_the_command_prints(starter):
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    shown = text.split("<!-- roofline -->\n")[1].split("<!-- /roofline -->")[0]
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", "bench", "--roofline"], capture_output=True, text=True, check=True
    )
    assert shown == done.stdout


def test_it_is_told_in_japanese(starter):
    text = markdown(starter, "ja")
    english = markdown(starter, "en")
    assert re.findall(r"\d+\.\d\d", text)[:20] == re.findall(r"\d+\.\d\d", english)[:20]
    assert len(text.splitlines()) == len(english.splitlines())
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert not [line for line in heads if line.isascii()]
