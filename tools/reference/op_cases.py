"""The table of op cases: ONNX op, ONNX attributes (integer inputs among them), input shapes and the same thing in torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

import torch
import torch.nn.functional as F

Build = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class OpCase:
    """One op applied once. `ranges`: lowest and highest value of every input; `apart`: distance kept from zero (for kinks and poles)."""

    id: str
    op: str
    shapes: tuple[tuple[int, ...], ...]
    build: Build
    attributes: dict = field(default_factory=dict)
    ranges: tuple[float, float] = (-2.0, 2.0)
    apart: float = 0.0


def conv(strides: list[int], pads: list[int], group: int = 1, dilations: list[int] | None = None) -> tuple[Build, dict]:
    """2-D convolution with ONNX pads [top, left, bottom, right]."""
    top, left, bottom, right = pads
    dilated = dilations or [1, 1]

    def build(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, strides, 0, dilated, group)

    return build, {"strides": strides, "pads": pads, "group": group, "dilations": dilated}


def conv_transpose(strides: list[int], pads: list[int], output_padding: list[int]) -> tuple[Build, dict]:
    """2-D transposed convolution; ONNX pads crop the full result, output padding widens it at the end."""
    top, left, bottom, right = pads

    def build(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        full = F.conv_transpose2d(x, weight, None, strides)
        full = F.pad(full, (0, output_padding[1], 0, output_padding[0]))
        height, width = full.shape[2:]
        cropped = full[:, :, top:height - bottom, left:width - right]
        return cropped if bias is None else cropped + bias[:, None, None]

    return build, {"strides": strides, "pads": pads, "output_padding": output_padding, "group": 1, "dilations": [1, 1]}


def heads(x: torch.Tensor, count: int) -> torch.Tensor:
    """[B, T, h * c] -> [B, h, T, c]."""
    return x.unflatten(-1, (count, -1)).transpose(1, 2)


def attention(count: int, scale: float | None = None, causal: bool = False) -> tuple[Build, dict]:
    """softmax(Q Kᵀ * scale) V per head over packed [B, T, h * c] inputs; the default scale is 1 / sqrt(c)."""

    def build(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        found = F.scaled_dot_product_attention(heads(q, count), heads(k, count), heads(v, count), is_causal=causal, scale=scale)
        return found.transpose(1, 2).flatten(-2)

    return build, {"num_heads": count, "scale": scale, "causal": causal}


def _binary(op: str, build: Build, **options) -> list[OpCase]:
    pairs = (((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((4,), (2, 3, 4)), ((2, 3, 4), (3, 1)), ((1, 3, 1), (2, 1, 4)), ((2, 3), ()))
    return [OpCase(f"{op.lower()}-{index}", op, shapes, build, **options) for index, shapes in enumerate(pairs)]


def _unary(op: str, build: Build, suffix: str = "", **options) -> OpCase:
    return OpCase(f"{op.lower()}{suffix}", op, ((3, 5),), build, **options)


_POSITIVE = {"ranges": (0.3, 2.5)}


def _spatial() -> list[OpCase]:
    cases = []
    for name, shapes, options in (
        ("stride-1", ((2, 3, 5, 6), (4, 3, 3, 3), (4,)), ([1, 1], [1, 1, 1, 1])),
        ("stride-2", ((2, 3, 7, 6), (4, 3, 3, 3), (4,)), ([2, 2], [1, 1, 1, 1])),
        ("stride-2-asymmetric", ((1, 3, 6, 8), (4, 3, 3, 3), (4,)), ([2, 2], [0, 0, 1, 1])),
        ("stride-2-odd", ((1, 2, 7, 5), (3, 2, 3, 3), (3,)), ([2, 2], [0, 0, 1, 1])),
        ("no-padding", ((1, 2, 5, 5), (3, 2, 3, 3)), ([1, 1], [0, 0, 0, 0])),
        ("one-by-one", ((2, 4, 3, 5), (6, 4, 1, 1), (6,)), ([1, 1], [0, 0, 0, 0])),
        ("groups", ((1, 4, 5, 4), (6, 2, 3, 3), (6,)), ([1, 1], [1, 1, 1, 1], 2)),
        ("dilated", ((1, 2, 7, 7), (3, 2, 3, 3), (3,)), ([1, 1], [2, 2, 2, 2], 1, [2, 2])),
        ("oblong", ((1, 2, 6, 9), (3, 2, 1, 4)), ([1, 3], [0, 2, 0, 1])),
    ):
        build, attributes = conv(*options)
        cases.append(OpCase(f"conv-{name}", "Conv", shapes, build, attributes))
    for name, shapes, options in (
        ("stride-1", ((1, 4, 5, 4), (4, 3, 3, 3)), ([1, 1], [1, 1, 1, 1], [0, 0])),
        ("stride-2", ((1, 4, 3, 4), (4, 2, 3, 3), (2,)), ([2, 2], [1, 1, 1, 1], [1, 1])),
        ("asymmetric", ((1, 3, 3, 3), (3, 2, 3, 3)), ([2, 2], [0, 0, 1, 1], [0, 0])),
    ):
        build, attributes = conv_transpose(*options)
        cases.append(OpCase(f"conv-transpose-{name}", "ConvTranspose", shapes, build, attributes))
    cases += [
        OpCase("resize-nearest-2", "Resize", ((1, 2, 3, 4),), lambda x: F.interpolate(x, scale_factor=2.0, mode="nearest"),
               {"mode": "nearest", "scales": [1, 1, 2, 2], "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        OpCase("resize-nearest-odd", "Resize", ((1, 2, 4, 3),), lambda x: F.interpolate(x, size=(7, 5), mode="nearest"),
               {"mode": "nearest", "sizes": [1, 2, 7, 5], "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        OpCase("pad-asymmetric", "Pad", ((1, 2, 3, 3),), lambda x: F.pad(x, (0, 1, 0, 1)),
               {"mode": "constant", "pads": [0, 0, 0, 0, 0, 0, 1, 1]}),
        OpCase("instance-norm", "InstanceNormalization", ((2, 3, 4, 5), (3,), (3,)), lambda x, s, b: F.instance_norm(x, weight=s, bias=b, eps=1e-5), {"epsilon": 1e-5}),
        OpCase("group-norm-1", "GroupNormalization", ((2, 6, 3, 4), (6,), (6,)), lambda x, s, b: F.group_norm(x, 1, s, b, 1e-5), {"num_groups": 1, "epsilon": 1e-5}),
        OpCase("group-norm-3", "GroupNormalization", ((2, 6, 3, 4), (6,), (6,)), lambda x, s, b: F.group_norm(x, 3, s, b, 1e-6), {"num_groups": 3, "epsilon": 1e-6}),
    ]
    return cases


def _attention() -> list[OpCase]:
    cases = []
    for name, shapes, options in (
        ("self", ((2, 6, 8),) * 3, (2,)),
        ("cross", ((2, 7, 6), (2, 5, 6), (2, 5, 6)), (3,)),
        ("wide-values", ((1, 4, 4), (1, 6, 4), (1, 6, 10)), (2,)),
        ("causal", ((2, 9, 8),) * 3, (4, None, True)),
        ("scale", ((1, 5, 4), (1, 3, 4), (1, 3, 4)), (1, 0.7)),
        ("one-key", ((1, 5, 4), (1, 1, 4), (1, 1, 4)), (2,)),
    ):
        build, attributes = attention(*options)
        cases.append(OpCase(f"attention-{name}", "Attention", shapes, build, attributes))
    return cases


def _matrices() -> list[OpCase]:
    shapes = (((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((4,), (4, 3)), ((2, 3, 4), (4,)), ((4,), (4,)))
    cases = [OpCase(f"matmul-{index}", "MatMul", pair, torch.matmul) for index, pair in enumerate(shapes)]
    cases += [
        OpCase("gemm-trans-b", "Gemm", ((3, 4), (5, 4), (5,)), lambda a, b, c: a @ b.T + c, {"transA": 0, "transB": 1, "alpha": 1.0, "beta": 1.0}),
        OpCase("gemm-trans-a", "Gemm", ((4, 3), (4, 5), (3, 1)), lambda a, b, c: 0.5 * (a.T @ b) + 2 * c, {"transA": 1, "transB": 0, "alpha": 0.5, "beta": 2.0}),
        OpCase("softmax-last", "Softmax", ((2, 3, 5),), lambda x: x.softmax(-1), {"axis": -1}, ranges=(-5, 5)),
        OpCase("softmax-middle", "Softmax", ((2, 3, 5),), lambda x: x.softmax(1), {"axis": 1}),
        OpCase("layer-norm", "LayerNormalization", ((2, 3, 8), (8,), (8,)), lambda x, s, b: F.layer_norm(x, (8,), s, b, 1e-5), {"axis": -1, "epsilon": 1e-5}),
        OpCase("layer-norm-two-axes", "LayerNormalization", ((2, 3, 4), (3, 4)), lambda x, s: F.layer_norm(x, (3, 4), s, None, 1e-3), {"axis": 1, "epsilon": 1e-3}),
    ]
    return cases


def _shapes() -> list[OpCase]:
    ids = torch.tensor([[2, 0, 2], [1, 4, 0]])
    return [
        OpCase("concat-1", "Concat", ((2, 3, 4), (2, 1, 4), (2, 2, 4)), lambda *x: torch.cat(x, 1), {"axis": 1}),
        OpCase("concat-last", "Concat", ((2, 3), (2, 2)), lambda *x: torch.cat(x, -1), {"axis": -1}),
        OpCase("split-uneven", "Split", ((2, 7),), lambda x: x.split([3, 4], 1)[1], {"axis": 1, "split": [3, 4], "output": 1}),
        OpCase("slice", "Slice", ((3, 6, 4),), lambda x: x[:, 1:5, 2:], {"starts": [1, 2], "ends": [5, 2147483647], "axes": [1, 2], "steps": [1, 1]}),
        OpCase("slice-steps", "Slice", ((7, 4),), lambda x: x[1:6:2], {"starts": [1], "ends": [6], "axes": [0], "steps": [2]}),
        OpCase("gather-rows", "Gather", ((5, 3),), lambda x: x[ids], {"axis": 0, "indices": ids.tolist()}),
        OpCase("gather-axis-1", "Gather", ((2, 5, 3),), lambda x: x[:, ids], {"axis": 1, "indices": ids.tolist()}),
        OpCase("transpose", "Transpose", ((2, 3, 4, 5),), lambda x: x.permute(0, 2, 3, 1), {"perm": [0, 2, 3, 1]}),
        OpCase("reshape", "Reshape", ((2, 3, 4),), lambda x: x.reshape(6, 4), {"shape": [6, 4]}),
        OpCase("expand", "Expand", ((3, 1),), lambda x: x.expand(2, 3, 4), {"shape": [2, 3, 4]}),
        OpCase("reduce-mean-keep", "ReduceMean", ((2, 3, 4),), lambda x: x.mean((1, 2), keepdim=True), {"axes": [1, 2], "keepdims": 1}),
        OpCase("reduce-mean-all", "ReduceMean", ((2, 3, 4),), lambda x: x.mean(), {"axes": [0, 1, 2], "keepdims": 0}),
        OpCase("reduce-sum", "ReduceSum", ((2, 3, 4),), lambda x: x.sum(1), {"axes": [1], "keepdims": 0}),
        OpCase("reduce-sum-negative-axis", "ReduceSum", ((2, 3, 4),), lambda x: x.sum(-1, keepdim=True), {"axes": [-1], "keepdims": 1}),
    ]


def _elementwise() -> list[OpCase]:
    return [
        *_binary("Add", torch.add), *_binary("Sub", torch.sub), *_binary("Mul", torch.mul),
        *_binary("Div", torch.div, apart=0.4), *_binary("Pow", torch.pow, **_POSITIVE),
        OpCase("pow-square", "Pow", ((3, 5),), lambda x: x.pow(2), {"exponent": 2}),
        _unary("Exp", torch.exp), _unary("Log", torch.log, **_POSITIVE), _unary("Sqrt", torch.sqrt, **_POSITIVE),
        _unary("Reciprocal", torch.reciprocal, apart=0.4), _unary("Neg", torch.neg), _unary("Abs", torch.abs, apart=0.2),
        _unary("Sin", torch.sin, ranges=(-4, 4)), _unary("Cos", torch.cos, ranges=(-4, 4)), _unary("Tanh", torch.tanh),
        _unary("Sigmoid", torch.sigmoid, ranges=(-6, 6)), _unary("Erf", torch.erf),
        _unary("Silu", F.silu, ranges=(-6, 6)), _unary("Gelu", F.gelu, "-erf", attributes={"approximate": "none"}, ranges=(-4, 4)),
        _unary("Gelu", lambda x: F.gelu(x, approximate="tanh"), "-tanh", attributes={"approximate": "tanh"}, ranges=(-4, 4)),
        _unary("QuickGelu", lambda x: x * torch.sigmoid(1.702 * x), attributes={"alpha": 1.702}, ranges=(-4, 4)),
        _unary("Clip", lambda x: x.clamp(-0.7, 1.1), attributes={"min": -0.7, "max": 1.1}),
        OpCase("geglu", "GeGlu", ((2, 3, 8),), lambda x: x.chunk(2, -1)[0] * F.gelu(x.chunk(2, -1)[1])),
        OpCase("mse", "MeanSquaredError", ((2, 3, 4), (2, 3, 4)), F.mse_loss),
    ]


def _transformers() -> list[OpCase]:
    """What SD3's transformer and T5 need. They come last: every case's numbers are drawn from its place in the list."""
    bias = torch.linspace(-1.5, 1.5, 2 * 5 * 5).sin()
    _, attributes = attention(2, 1.0)

    def with_bias(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        mask = bias.reshape(1, 2, 5, 5).to(q.dtype)
        return F.scaled_dot_product_attention(heads(q, 2), heads(k, 2), heads(v, 2), attn_mask=mask, scale=1.0).transpose(1, 2).flatten(-2)

    def rms(epsilon: float) -> Build:
        return lambda x, w: x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * w

    return [
        OpCase("rms-norm", "RMSNormalization", ((2, 3, 8), (8,)), rms(1e-6), {"epsilon": 1e-6}),
        OpCase("rms-norm-heads", "RMSNormalization", ((2, 2, 3, 4), (4,)), rms(1e-2), {"epsilon": 1e-2}),
        OpCase("gated-gelu-tanh", "GatedGelu", ((2, 3, 4), (2, 3, 4)), lambda h, g: h * F.gelu(g, approximate="tanh"), {"approximate": "tanh"}),
        OpCase("attention-bias", "Attention", ((2, 5, 6),) * 3, with_bias, {**attributes, "bias": bias.tolist()}),
    ]


CASES = [*_elementwise(), *_matrices(), *_shapes(), *_spatial(), *_attention(), *_transformers()]
