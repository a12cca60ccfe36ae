/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of the mount options of shale-fuse: those of fuse-overlayfs(1), of mount(8), and its
 * own. */
#pragma once

#include <stdbool.h>

#include "common/overlay/idmap.h"
#include "common/shale.h"
#include "fuse/daemon/lowerdir.h"
#include "fuse/merge/fs.h"
#include "fuse/merge/optimisations.h"

struct daemon_options {
	struct lowerdir lowers;
	char *upper;
	char *work;
	struct idmap uids, gids;
	bool map_uids, map_gids;
	int xattr_permissions; /* owners, modes and types are in xattrs (1 or 2: fuse-overlayfs's
				  two kinds); 0: in the inodes */
	bool remount;          /* change the flags of the existing mount */
	enum atime_rule atime;
	bool names_atime; /* an option has set ATIME */
	bool no_dir_atime;
	uint64_t size;        /* limit of the upper layer in bytes; 0: none */
	uint32_t descriptors; /* limit of open descriptors; 0: the process's own limit */
	double timeout;       /* seconds; negative: for ever */
	int redirect;         /* enum redirect; -1: the kernel's default */
	bool metacopy;
	bool index; /* hard links of lower files stay linked when they are copied up */
	bool aufs;  /* lower layers may hold aufs whiteouts (".wh.NAME") */
	bool read_only;
	bool no_acl;
	bool no_xattrs;
	bool no_sync; /* fsync=0: do not sync */
	bool is_volatile;
	bool static_nlink;
	bool writeback;
	int keeper; /* the mount shall outlive the process that serves it; -1: if this kernel can do
		       that */
	unsigned int without; /* optimisations to leave out, bits of enum optimisation */
	bool allow_other, allow_root;
	enum xino_option xino;
	bool ino32;                                   /* inode numbers of 32 bits */
	bool no_dev, no_suid, no_exec, sync, dirsync; /* flags of mount(8) */
	bool userxattr; /* use user.overlay. xattrs even if trusted. ones are possible */
	char *context;  /* SELinux context */
	char *fsname, *subtype;
	char *log; /* file for the daemon's messages, after the mount exists */
	char *pid_file;
	char *lock_file; /* kept locked while the daemon lives (common/base/witness.h) */
	char *stats;     /* file to which statistics are written */
	size_t n_unknown;
	char *unknown; /* names of unknown options, each in quotes; they are ignored with a warning
			*/
};
