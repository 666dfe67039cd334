"""What runs: the torch modules that emitted files are made of. Knows no spec and imports no other room.

Emitted standalone files carry the source text of the classes they use, so every class here reads on its own.
"""

from flowspec.runtime.conv import Conv, MaskedConv
from flowspec.runtime.families.base import Family
from flowspec.runtime.families.bernoulli import Bernoulli
from flowspec.runtime.families.categorical import Categorical
from flowspec.runtime.families.logistic import Logistic, StandardLogistic
from flowspec.runtime.families.mixture import GaussianMixture, LogisticMixture
from flowspec.runtime.families.normal import Normal, StandardNormal
from flowspec.runtime.families.uniform import Uniform
from flowspec.runtime.linear import MaskedLinear, SubsetLinear
from flowspec.runtime.local import LocalConv
from flowspec.runtime.masks import check_digest, groups, permutation, places, spread
from flowspec.runtime.norms import ChannelNorm
from flowspec.runtime.numbers import signed_unit
from flowspec.runtime.precision import full_precision, parameters_last

__all__ = [
    "Bernoulli",
    "Categorical",
    "ChannelNorm",
    "Conv",
    "Family",
    "GaussianMixture",
    "LocalConv",
    "Logistic",
    "LogisticMixture",
    "MaskedConv",
    "MaskedLinear",
    "Normal",
    "StandardLogistic",
    "StandardNormal",
    "SubsetLinear",
    "Uniform",
    "check_digest",
    "full_precision",
    "groups",
    "parameters_last",
    "permutation",
    "places",
    "signed_unit",
    "spread",
]
