"""Published measurements that protocols are compared with, as changes relative to the weight before.

Values as tabulated by Pfister and Gerstner (2006), J. Neurosci. 26:9673, from Sjöström, Turrigiano, Nelson (2001),
Neuron 32:1149, and Wang, Gerkin, Nauen, Bi (2005), Nat. Neurosci. 8:187. Each list is in the order of its keys.
"""

import numpy as np

# pairs 10 ms apart, layer 5 of visual cortex; 50 single pairs at 0.1 Hz, else 15 bursts of 5 pairs, one each 10 s
PAIR_RATES_HZ = (0.1, 10, 20, 40, 50)
PAIRS = {"pre before post": (-0.04, 0.14, 0.29, 0.53, 0.56), "post before pre": (-0.29, -0.41, -0.34, 0.56, 0.75)}
PAIRS_ERROR = {"pre before post": (0.05, 0.10, 0.14, 0.11, 0.26), "post before pre": (0.08, 0.11, 0.10, 0.32, 0.19)}

# 60 triplets at 1 Hz, hippocampal culture; ms from the first to the second spike, and from the second to the third
TRIPLETS_MS = ((5, 5), (10, 10), (15, 5), (5, 15))
TRIPLETS = {"pre-post-pre": (-0.01, 0.03, 0.01, 0.24), "post-pre-post": (0.33, 0.34, 0.29, 0.22)}
TRIPLETS_ERROR = {"pre-post-pre": (0.04, 0.04, 0.03, 0.06), "post-pre-post": (0.04, 0.04, 0.05, 0.08)}


def agreement(ours: np.ndarray, theirs: np.ndarray, errors: np.ndarray) -> dict:
    """How far two sets of changes have the same shape: the scale of ours is free, zero is not.

    Returns:
        `cosine`: of the angle between them (1: same shape, 0: none); `same_sign` of `significant`: how many of
        the measurements more than one standard error from 0 have our sign.
    """
    ours, theirs, errors = (np.asarray(values, float).ravel() for values in (ours, theirs, errors))
    norm = np.linalg.norm(ours) * np.linalg.norm(theirs)
    significant = np.abs(theirs) > errors
    return {
        "cosine": float(ours @ theirs / norm) if norm else 0.0,
        "same_sign": int((np.sign(ours) == np.sign(theirs))[significant].sum()),
        "significant": int(significant.sum()),
    }
