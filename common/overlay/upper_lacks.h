/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Features that the filesystem of an upper layer lacks. Its name and version do not tell, and some
 * filesystems report success for a feature that they ignore. So each feature is tried once, in the
 * work directory, and all code that changes the upper layer asks this table. On ext4, xfs, btrfs
 * and tmpfs a feature is tried only if it depends on the kernel, the mount's options, or this
 * process.
 */
#pragma once

#include <stddef.h>

#include "common/overlay/overlay_xattr.h"

enum upper_lack {
	LACKS_NOREPLACE = 1,       /* RENAME_NOREPLACE is unknown or ignored */
	LACKS_EXCHANGE = 2,        /* RENAME_EXCHANGE */
	LACKS_RENAME_WHITEOUT = 4, /* RENAME_WHITEOUT */
	LACKS_TMPFILE = 8,         /* O_TMPFILE, or giving such a file a name by linkat(2) */
	LACKS_LINKS = 16,          /* hard links */
	/* Inode numbers that stay: they change with the name, or at the next lookup. */
	LACKS_STABLE_INO = 32,
	LACKS_UNLINKED = 64, /* using an open file after its last name is gone */
	/* xattrs, which overlayfs needs to mark directories and files, or lists that name them. */
	LACKS_XATTRS = 128,
	LACKS_DEVICE_0_0 = 256, /* whiteouts that are character devices */
	LACKS_MARK_FILES = 512, /* files called ".wh.NAME" */
	LACKS_ACL_MODE = 1024,  /* ACLs that change the mode: ACLs are stored, but have no effect */
	/* owners and times of symbolic links: a change affects the target */
	LACKS_LINK_ATTRS = 2048,
};

/* One row of the table: a missing feature, and what is done instead, in words for a log. */
struct upper_lack_words {
	enum upper_lack lack;
	const char *feature;
	const char *instead;
};
/* Returns row I of the table; NULL after the last row. */
const struct upper_lack_words *upper_lack_row(size_t i);

/* Tries each feature in the directory WORK, and leaves WORK as it was. Returns bits of enum
 * upper_lack, or a negative errno if not even a file can be made and renamed. */
int upper_lacks_find(int work, enum xattr_class class);
