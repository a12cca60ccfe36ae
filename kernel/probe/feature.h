/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The features of overlayfs that a probe tries, each with its trial. */
#pragma once

#include <stddef.h>

#include "kernel/probe/trial.h"

struct kernel_feature {
	const char *name;
	/* Tries the feature on this host. Returns 0 if it works; ERR's text may then be a remark.
	 * Otherwise returns a negative errno, with the reason in ERR, and a remedy if that reason
	 * has one of its own. */
	int (*try)(struct trial *trial, struct shale_error *err);
	const char *remedy; /* for reasons without a remedy of their own; not used if HOME cannot be
			       written to */
};

/* The backend can be used only if the first two features of the table work. */
#define KERNEL_FEATURES_NEEDED 2
extern const struct kernel_feature kernel_features[];
extern const size_t kernel_n_features;
