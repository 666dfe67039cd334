"""What runs: the torch modules that emitted files are made of. Knows no spec and imports no other room.

Emitted standalone files carry the source text of the classes they use, so every class here reads on its own.
"""

from flowspec.runtime.attention import Attention
from flowspec.runtime.autoregressive import Autoregressive
from flowspec.runtime.conv import Conv, MaskedConv
from flowspec.runtime.densities import Conditional, Density, Factored, Free, Independent
from flowspec.runtime.families.base import Family
from flowspec.runtime.families.bernoulli import Bernoulli
from flowspec.runtime.families.beta import Beta
from flowspec.runtime.families.categorical import Categorical
from flowspec.runtime.families.discretized import DiscretizedLogisticMixture
from flowspec.runtime.families.joint import JointMixture, LinkedMixture
from flowspec.runtime.families.logistic import Logistic, StandardLogistic
from flowspec.runtime.families.mixture import GaussianMixture, LogisticMixture, Mixture
from flowspec.runtime.families.normal import Normal, StandardNormal
from flowspec.runtime.families.uniform import Uniform
from flowspec.runtime.flow import Flow
from flowspec.runtime.folding import PrefixSum
from flowspec.runtime.gates import glu, tanh_sigmoid
from flowspec.runtime.inputs import ChannelEmbedding, Coordinates, LearnedPosition, one_hot
from flowspec.runtime.keeps import checkerboard, entries
from flowspec.runtime.linear import MaskedLinear, SubsetLinear
from flowspec.runtime.lines import DiagonalRecurrence, RowRecurrence
from flowspec.runtime.local import LocalConv
from flowspec.runtime.masks import check_digest, groups, permutation, places, spread
from flowspec.runtime.mixtures import GaussianMixtureCDF, LogisticMixtureCDF, MixtureCDF, MixtureLogit
from flowspec.runtime.model import Model
from flowspec.runtime.norms import ChannelNorm
from flowspec.runtime.numbers import signed_unit
from flowspec.runtime.precision import full_precision, parameters_last
from flowspec.runtime.recurrence import Recurrence
from flowspec.runtime.site_linear import SiteLinear
from flowspec.runtime.splines import LinearSpline, QuadraticSpline, RationalQuadraticSpline
from flowspec.runtime.steps.actnorm import ActNorm
from flowspec.runtime.steps.affine import ElementwiseAffine, Scale, Shift
from flowspec.runtime.steps.autoregressive import AutoregressiveStep
from flowspec.runtime.steps.bits import Bits
from flowspec.runtime.steps.cdf import NormalCDF
from flowspec.runtime.steps.coupling import MaskCoupling, SliceCoupling
from flowspec.runtime.steps.dequantize import Dequantize, VariationalDequantize
from flowspec.runtime.steps.elementwise import Elementwise
from flowspec.runtime.steps.encode import Encode
from flowspec.runtime.steps.exp import Exp, Log
from flowspec.runtime.steps.invert import Inverse
from flowspec.runtime.steps.leaky_relu import LeakyReLU
from flowspec.runtime.steps.logit import Logit
from flowspec.runtime.steps.matrix import DenseStep, HouseholderStep, LUStep, QRStep
from flowspec.runtime.steps.ode import ODE, Adaptive, RungeKutta
from flowspec.runtime.steps.permute import Permute, Reverse
from flowspec.runtime.steps.sigmoid import Sigmoid
from flowspec.runtime.steps.split import Split
from flowspec.runtime.steps.squeeze import Squeeze, Unsqueeze
from flowspec.runtime.steps.subsample import Subsample
from flowspec.runtime.steps.tanh import Tanh
from flowspec.runtime.steps.views import ChannelView, LowView
from flowspec.runtime.strides import Down, MaskedDown, MaskedUp
from flowspec.runtime.table import Table
from flowspec.runtime.transforms import Additive, Affine, SoftplusAffine, Transform
from flowspec.runtime.weight_norm import WeightNorm

__all__ = [
    "ODE",
    "ActNorm",
    "Adaptive",
    "Additive",
    "Affine",
    "Attention",
    "Autoregressive",
    "AutoregressiveStep",
    "Bernoulli",
    "Beta",
    "Bits",
    "Categorical",
    "ChannelEmbedding",
    "ChannelNorm",
    "ChannelView",
    "Conditional",
    "Conv",
    "Coordinates",
    "DenseStep",
    "Density",
    "Dequantize",
    "DiagonalRecurrence",
    "DiscretizedLogisticMixture",
    "Down",
    "Elementwise",
    "ElementwiseAffine",
    "Encode",
    "Exp",
    "Factored",
    "Family",
    "Flow",
    "Free",
    "GaussianMixture",
    "GaussianMixtureCDF",
    "HouseholderStep",
    "Independent",
    "Inverse",
    "JointMixture",
    "LUStep",
    "LeakyReLU",
    "LearnedPosition",
    "LinearSpline",
    "LinkedMixture",
    "LocalConv",
    "Log",
    "Logistic",
    "LogisticMixture",
    "LogisticMixtureCDF",
    "Logit",
    "LowView",
    "MaskCoupling",
    "MaskedConv",
    "MaskedDown",
    "MaskedLinear",
    "MaskedUp",
    "Mixture",
    "MixtureCDF",
    "MixtureLogit",
    "Model",
    "Normal",
    "NormalCDF",
    "Permute",
    "PrefixSum",
    "QRStep",
    "QuadraticSpline",
    "RationalQuadraticSpline",
    "Recurrence",
    "Reverse",
    "RowRecurrence",
    "RungeKutta",
    "Scale",
    "Shift",
    "Sigmoid",
    "SiteLinear",
    "SliceCoupling",
    "SoftplusAffine",
    "Split",
    "Squeeze",
    "StandardLogistic",
    "StandardNormal",
    "Subsample",
    "SubsetLinear",
    "Table",
    "Tanh",
    "Transform",
    "Uniform",
    "Unsqueeze",
    "VariationalDequantize",
    "WeightNorm",
    "check_digest",
    "checkerboard",
    "entries",
    "full_precision",
    "glu",
    "groups",
    "one_hot",
    "parameters_last",
    "permutation",
    "places",
    "signed_unit",
    "spread",
    "tanh_sigmoid",
]
