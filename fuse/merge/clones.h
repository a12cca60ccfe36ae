/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds layers as the kernel's overlayfs does: by private clones of their mounts. A mount inside a
 * layer, made before or later, is not visible in a clone. The original can be unmounted while the
 * daemon runs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/shale.h"

/* When reading changes times of access in the upper layer. It never does in a lower one. */
enum atime_rule {
	ATIME_RELATIVE, /* if the file has changed since it was last read, and once a day */
	ATIME_STRICT,   /* always */
	ATIME_NEVER,
};

struct clones_spec {
	const char *const *paths;
	size_t n;
	bool pair;             /* the first is the upper layer, and the last its work directory */
	enum atime_rule atime; /* of the pair, if their mount can be cloned */
	bool no_dir_atime;     /* listing their directories changes no time of access */
};

struct held_dir {
	int fd;       /* O_PATH, or a negative errno */
	bool private; /* opened in a clone, so no mount can be crossed */
	dev_t dev;
	ino_t ino;
};

/*
 * Opens the directories of SPEC; RET has as many. Directories of one mount share one clone, so that
 * files can be moved and linked between them. Lower ones share another clone, where reading changes
 * no access times; in the upper layer's, access times do not follow the options of its filesystem,
 * as in the kernel. If mounts cannot be cloned (that needs CAP_SYS_ADMIN and Linux 5.12), opens the
 * directories themselves. The two of a pair are opened the same way. Like the kernel, refuses a
 * lower directory within another one (-ELOOP), and upper and work directories within each other
 * (-EINVAL).
 */
int clones_open(const struct clones_spec *spec, struct held_dir *ret, struct shale_error *err);
