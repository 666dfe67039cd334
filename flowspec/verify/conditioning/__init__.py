"""How much precision a flow loses: round-trip errors, singular values of dz/dx, and the step that loses most.

**Notation.** A flow is a chain h_k = f_k(h_{k-1}), h_0 = x, h_K = z, with Jacobians J_k at h_{k-1}, and J = J_K ... J_1
= dz/dx. Numbers have the relative rounding error eps: 6e-8 in float32, 1e-16 in float64.

**One step.** Computed are f_k(h) + e_k and f_k^-1(h) + d_k, with |e_k| about eps |f_k(h)|, and more where f_k cancels.
There and back again, step k alone ends at h + r_k with

    r_k = J_k^-1 e_k + d_k,      |r_k| up to eps |h_k| / sigma_min(J_k) + |d_k|.

So a step with a small singular value costs log10(1 / sigma_min) digits when it is undone: as many digits of h_k as are
needed to tell two values of h_{k-1} apart are gone before its inverse starts. tanh at 8 is one (sigma_min = 4e-7), and so
is a shift by 1e6, whose singular values are 1, for its rounding error eps |h_k| is large.

**The chain.** What the encoder's rounding does to later values, the decoder undoes, to first order; what remains is

    decode(encode(x)) - x  =  sum_k  J_1^-1 ... J_{k-1}^-1 r_k                                                    (1)
    encode(decode(z)) - z  =  sum_k  J_K ... J_{k+1} J_k r_k

so rounding in a late step is multiplied by the inverses of all steps before it: by at most 1 / prod sigma_min(J_j), and
over the whole chain by 1 / sigma_min(J). That is the exploding inverse of Behrmann, Vicol, Wang, Grosse and Jacobsen
(2021, "Understanding and mitigating exploding inverses in invertible neural networks"): affine couplings have no bound on
it, while an actnorm, a 1x1 convolution or an elementwise step has one for all x, which its weights tell.

**What is measured.** (1) is measured term by term, and not to first order alone: the whole flow runs in float64, and step
k alone in float32. The error at the end is the cost c_k of step k, its error where step k is undone is |r_k|, and on the
way to the end every step j that is still to come multiplies its length, relative to the length of h (for so do
floating point numbers round), by g_{jk}: the relative condition number of that inverse in the direction of the error. A
change of units, as in a scale by one number for all variables, has g = 1. The share of a step,

    ( c_k + sum_i c_i (1 - 1 / max(1, g_{ki})) ) / sum_i c_i,      i over the steps whose errors pass step k,

is the part of all errors that would not be there if step k rounded nothing and multiplied nothing. The step with the
largest share is the one that is said to lose most. (Shares add up to more than 1: an error that is born in one step and
multiplied in another would go with either.)

**Singular values** are exact (an SVD of the autograd Jacobian) up to 256 variables. Beyond, a few steps of Golub and
Kahan's bidiagonalization give a lower bound of the largest one (1965; Golub and Van Loan, Matrix Computations, 10.4), and,
through the inverse map, whose Jacobian is J^-1, an upper bound of the smallest: the true condition number is not
smaller than what is printed.

Integers are taken with the noise that dequantization gave them once, and without the floor on the way back: with that, a
flow of integers is a smooth bijection like any other, and errors are in units of the integers.
"""

from flowspec.verify.conditioning.measure import analyse_conditioning
from flowspec.verify.conditioning.report import Conditioning, Errors, FlowConditioning, Singular, StepConditioning

__all__ = ["Conditioning", "Errors", "FlowConditioning", "Singular", "StepConditioning", "analyse_conditioning"]
