/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The features of overlayfs that a probe tries, each with its trial. */
#pragma once

#include <stddef.h>

#include "kernel/probe/trial.h"

struct kernel_feature {
	const char *name;
	/*
	 * Tries the feature. Returns 0 if it works; then ERR's text may hold a remark. Returns a
	 * negative errno if it does not, with the reason in ERR, and a remedy if there is one for
	 * that reason.
	 */
	int (*try)(struct trial *trial, struct shale_error *err);
	const char *remedy; /* remedy for reasons without one, unless HOME itself is the reason */
};

/* A usable backend needs the first two features of the table. */
#define KERNEL_FEATURES_NEEDED 2
extern const struct kernel_feature kernel_features[];
extern const size_t kernel_n_features;
