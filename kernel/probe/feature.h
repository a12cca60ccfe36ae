/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The features of overlayfs that are probed, each with its trial. */
#pragma once

#include <stddef.h>

#include "kernel/probe/trial.h"

struct kernel_feature {
	const char *name;
	/* 0: it works; a negative errno: not, with the reason, and the remedy where there is one
	 * for this reason, in ERR. Of a feature that works, ERR's text may hold a remark. */
	int (*try)(struct trial *trial, struct shale_error *err);
	const char *remedy; /* for any other reason that is not HOME's state */
};

/* The first two are what a usable backend needs. */
#define KERNEL_FEATURES_NEEDED 2
extern const struct kernel_feature kernel_features[];
extern const size_t kernel_n_features;
