/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features that the filesystem of an upper layer lacks. The filesystem's name and version do not
 * tell, and some filesystems report success for a feature that they ignore. So each feature is
 * tried once, in the work directory, and all code that changes the upper layer asks this table. On
 * ext4, xfs, btrfs and tmpfs only the features are tried that depend on the kernel, the mount's
 * options, or this process.
 */
#pragma once

#include <stddef.h>

#include "common/overlay/overlay_xattr.h"

enum upper_lack {
	LACKS_NOREPLACE = 1,       /* RENAME_NOREPLACE is unknown, or ignored */
	LACKS_EXCHANGE = 2,        /* RENAME_EXCHANGE */
	LACKS_RENAME_WHITEOUT = 4, /* RENAME_WHITEOUT */
	LACKS_TMPFILE = 8,         /* O_TMPFILE, or the name that linkat(2) gives such a file */
	LACKS_LINKS = 16,          /* hard links */
	LACKS_STABLE_INO = 32,  /* a file's number changes with its name, or with the next lookup */
	LACKS_UNLINKED = 64,    /* a file lives on while it is open, though its last name is gone */
	LACKS_XATTRS = 128,     /* the xattrs that overlayfs marks directories and files with,
				 * or lists that name them */
	LACKS_DEVICE_0_0 = 256, /* whiteouts that are character devices */
	LACKS_MARK_FILES = 512, /* files called ".wh.NAME" */
	LACKS_ACL_MODE = 1024,  /* ACLs that change the mode: they are kept, and have no effect */
	LACKS_LINK_ATTRS =
		2048, /* owners and times of symbolic links: those of the target change */
};

/* One row of the table, in words for a log. */
struct upper_lack_words {
	enum upper_lack lack;
	const char *feature;
	const char *instead;
};
/* Row I; NULL behind the last one. */
const struct upper_lack_words *upper_lack_row(size_t i);

/* Tries each feature in the directory WORK, which is left as it was. A sum of enum upper_lack, or a
 * negative errno where not even a file can be made and renamed. */
int upper_lacks_find(int work, enum xattr_class class);
