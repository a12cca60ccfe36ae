/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens layers like the kernel's overlayfs: through private clones of the mounts on which they lie.
 * In a clone no other mount inside a layer is visible, made before or later. The original mount can
 * be unmounted while the daemon runs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/shale.h"

/* When a read updates the access time of a file in the upper layer. In lower layers it never
 * does. */
enum atime_rule {
	ATIME_RELATIVE, /* if the file changed since it was last read, and once a day */
	ATIME_STRICT,   /* at each read */
	ATIME_NEVER,
};

struct clones_spec {
	const char *const *paths;
	size_t n;
	bool pair; /* the first directory is the upper layer, and the last one its work directory */
	enum atime_rule atime; /* for the upper layer, if its mount can be cloned */
	bool no_dir_atime; /* listing a directory of the upper layer does not update its access time
			    */
};

struct held_dir {
	int fd;       /* O_PATH, or a negative errno */
	bool private; /* opened in a clone, so no other mount lies inside */
	dev_t dev;
	ino_t ino;
};

/* Opens the directories of SPEC; RET has as many elements. Lower directories of one mount share one
 * clone, in which reading updates no access times. The upper layer and its work directory share
 * another clone, so that files can be moved and linked between them; its access times follow ATIME
 * and not the options of the original mount. If mounts cannot be cloned (this needs CAP_SYS_ADMIN
 * and Linux 5.12), opens the directories themselves; upper layer and work directory are always
 * opened the same way. Like the kernel, refuses a lower directory inside another one (-ELOOP), and
 * upper and work directories inside each other (-EINVAL). */
int clones_open(const struct clones_spec *spec, struct held_dir *ret, struct shale_error *err);
