/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The features of overlayfs that are probed, each with its trial. */
#pragma once

#include <stddef.h>

#include "kernel/trial.h"

struct shale_kernel_feature {
	const char *name;
	/* 0: it works; a negative errno: not, with the reason, and the remedy where there is one
	 * for this reason, in ERR. Of a feature that works, ERR's text may hold a remark. */
	int (*try)(struct shale_trial *trial, struct shale_error *err);
	const char *remedy; /* for any other reason that is not HOME's state */
};

/* The first two are what a usable backend needs. */
#define SHALE_KERNEL_FEATURES_NEEDED 2
extern const struct shale_kernel_feature shale_kernel_features[];
extern const size_t shale_kernel_n_features;
