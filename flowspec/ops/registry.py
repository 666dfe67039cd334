"""The vocabulary: every op of the language, in literal tuples. Adding an op is one class and one word here."""

from __future__ import annotations

from typing import Any

from flowspec.ops.attention import Attention
from flowspec.ops.base import NetOp, Op
from flowspec.ops.cdf import CdfStep, Invert
from flowspec.ops.coupling import AutoregressiveStep, Coupling
from flowspec.ops.densities import (
    Bernoulli,
    Beta,
    Categorical,
    DensityOp,
    DiscretizedLogisticMixture,
    GaussianMixture,
    Logistic,
    LogisticMixture,
    Normal,
    Uniform,
)
from flowspec.ops.elementwise import (
    Add,
    Concat,
    Dropout,
    Elu,
    Gate,
    Gelu,
    Mul,
    NetLeakyRelu,
    NetSigmoid,
    NetTanh,
    Norm,
    Relu,
    Silu,
    Softplus,
)
from flowspec.ops.flow_base import FlowOp
from flowspec.ops.flow_elementwise import (
    ActNorm,
    Dequantize,
    ElementwiseAffine,
    FlowExp,
    FlowLeakyRelu,
    FlowLog,
    FlowSigmoid,
    FlowTanh,
    Logit,
    Scale,
    Shift,
)
from flowspec.ops.flow_encode import Encode
from flowspec.ops.flow_linear import Conv1x1, LinearStep
from flowspec.ops.flow_ode import Ode
from flowspec.ops.flow_shape import Permute, Reverse, Squeeze, Unsqueeze
from flowspec.ops.flow_split import Split
from flowspec.ops.flow_view import View
from flowspec.ops.lookup import Embedding, OneHot, Position
from flowspec.ops.mixtures import CdfTransform, GaussianMixtureTransform, LogisticMixtureTransform
from flowspec.ops.orders import (
    Columns,
    EvenOdd,
    Explicit,
    Graph,
    Hilbert,
    Levels,
    NoOrder,
    OrderOp,
    RandomOrder,
    Raster,
    ReverseOrder,
    SCurve,
    Subscale,
)
from flowspec.ops.recurrent import Gru, Lstm, Rnn
from flowspec.ops.splines import Spline, SplineTransform
from flowspec.ops.strides import Down, Up
from flowspec.ops.structure import BlockUse, Chain, For, Loop, Mlp, Repeat, Residual, Resnet, Structure
from flowspec.ops.table import Table
from flowspec.ops.transformer import Transformer
from flowspec.ops.transforms import Additive, Affine, Transform
from flowspec.ops.weighted import Conv, Linear

NET: tuple[type[NetOp], ...] = (
    Linear, Conv, Down, Up, Relu, NetTanh, NetSigmoid, Elu, Gelu, Silu, Softplus, NetLeakyRelu, Dropout, Gate, Add, Concat, Mul,
    Norm, OneHot, Embedding, Position, Table, Attention, Rnn, Lstm, Gru,
)  # fmt: skip
STRUCTURES: tuple[type[Structure], ...] = (Chain, Residual, Mlp, Resnet, Transformer)
LOOPS: tuple[type[Loop], ...] = (Repeat, For, BlockUse)
DENSITIES: tuple[type[DensityOp], ...] = (
    Bernoulli,
    Categorical,
    Normal,
    Logistic,
    Uniform,
    Beta,
    GaussianMixture,
    LogisticMixture,
    DiscretizedLogisticMixture,
)
TRANSFORMS: tuple[type[Transform], ...] = (
    Additive, Affine, SplineTransform, LogisticMixtureTransform, GaussianMixtureTransform, CdfTransform,
)  # fmt: skip
ORDERS: tuple[type[OrderOp], ...] = (
    Raster, ReverseOrder, Columns, EvenOdd, SCurve, Hilbert, RandomOrder, Explicit, Levels, Graph, Subscale, NoOrder,
)  # fmt: skip
FLOWS: tuple[type[FlowOp], ...] = (
    Dequantize, Encode, Logit, FlowSigmoid, FlowTanh, FlowLog, FlowExp, FlowLeakyRelu, CdfStep, Invert, Spline, Scale, Shift, ElementwiseAffine, ActNorm, LinearStep, Conv1x1, Permute, Reverse,
    Squeeze, Unsqueeze, Split, View, Coupling, AutoregressiveStep, Ode,
)  # fmt: skip

VOCABULARIES: dict[str, tuple[type[Op], ...]] = {
    "net": (*NET, *STRUCTURES, *LOOPS),
    "flow": (*FLOWS, *LOOPS),
    "density": DENSITIES,
    "transform": TRANSFORMS,
    "order": ORDERS,
}


def vocabulary(place: str) -> dict[str, type[Any]]:
    """The ops that may stand in a place (`net`, `flow`, `density`, `transform`, `order`), by name."""
    return {op.name: op for op in VOCABULARIES[place]}


def every_op() -> tuple[tuple[str, type[Op]], ...]:
    """All ops with the place where they stand, sorted by name and place."""
    return tuple(
        sorted(((place, op) for place, ops in VOCABULARIES.items() for op in ops), key=lambda e: (e[1].name, e[0]))
    )
