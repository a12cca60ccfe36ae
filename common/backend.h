/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface between the store and the two backends, each of which mounts a stack of layers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/life.h"
#include "common/overlay/idmap.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

/* One mount to be made. Paths are absolute, or relative to HOME. */
struct mount_spec {
	int home;              /* descriptor of HOME */
	const char *home_path; /* absolute path of HOME */
	const char *run_path;  /* absolute path of RUN, which holds logs and daemons' locks */
	const char *id;        /* the layer's id, which is also the name of its log in RUN */
	/* Name of the daemon's lock in RUN/daemons (common/base/witness.h). The store has removed a
	 * stale lock of this name. */
	const char *witness;
	/* The lower layers, as "l/SHORT" or absolute paths, nearest parent first; at least one. */
	const char *const *lowers;
	size_t n_lowers;
	/* Descriptors of layers outside HOME, which LOWERS names as /proc/self/fd/N. */
	const int *held;
	size_t n_held;
	const char *upper;  /* "ID/diff", or NULL: read-only */
	const char *work;   /* "ID/work"; NULL if UPPER is NULL */
	const char *target; /* mount point: "ID/merged", or an absolute path */
	/* TARGET as a path through the descriptor PLACE_FD, for system calls; NULL: use TARGET. */
	const char *place;
	int place_fd;
	const char *label; /* SELinux context, or NULL */
	/* Maps of owners, from the ids on the disk (in all layers) to those that the mount shows.
	 * New files are mapped back. Both are set, or both are NULL: ids are shown as they are. */
	const struct idmap *uids, *gids;
	uint64_t size;  /* bytes that UPPER may take; 0: no limit */
	bool volatile_; /* never sync: the layer is thrown away if the host stops */
	/* where the layers keep owners and modes: in the inode or in an xattr */
	enum ownership ownership;
	bool redirects; /* a layer has redirects: directories that were renamed in an overlay mount
			 */
	bool make_redirects; /* the mount may make redirects in the upper layer */
	bool aufs;           /* a layer has aufs whiteouts (".wh.NAME"); only FUSE can mount it */
	/* A layer has metacopies (files whose data are in a layer below), or the mount may make
	 * some. */
	bool metacopies;
};

/* A mount that a backend has made, with the facts about it that the store keeps. */
struct mounted {
	const char *target; /* absolute path of the mount */
	int run;            /* descriptor of RUN */
	uint64_t id;        /* unique id (common/base/mountid.h); 0: not known */
	char witness[160]; /* name of the daemon's lock, see struct mount_spec; "": the mount has no
			      daemon */
};

/* A property of a mount that some backends cannot provide. */
enum backend_need {
	NEED_OVERRIDE, /* owners are kept in xattrs (common/overlay/override.h) */
	NEED_SIZE,     /* the upper layer has a size limit */
	NEED_AUFS,     /* a layer has aufs whiteouts (".wh.NAME") */
	NEED_IDMAP,    /* owners are shown mapped */
	N_BACKEND_NEEDS,
};

/* The operations of one backend. All return >= 0, or a negative errno with words in ERR. */
struct backend_ops {
	const char *name;    /* "kernel", "fuse" */
	const char *fs_type; /* type of its mounts, as in /proc/self/mountinfo */
	/* For each need: NULL if the backend can never meet it; "" if it always can; else the name
	 * of a feature that probe reports: the need can be met if that feature works. */
	const char *gives[N_BACKEND_NEEDS];
	/* Tries by real mounts what the backend can do in HOME, and calls FN with each feature.
	 * Returns 1 if the backend can mount a writable stack of two lower layers there; else 0,
	 * with the reason and remedy in ERR. */
	int (*probe)(int home, const char *home_path, const char *run_path, shale_feature_fn *fn,
		void *arg, struct shale_error *err);
	/* Makes a mount. When it returns, the merged view can be used. */
	int (*mount)(const struct mount_spec *spec, struct shale_error *err);
	/* Ends a mount. Returns 0 when all data written through it are in the upper directory, and
	 * its daemon, if it has one, has ended. Returns 1 if the mount is gone here but the daemon
	 * has not ended: another mount namespace has the mount, too, or the daemon hangs. Returns
	 * -EBUSY while a process uses the mount. */
	int (*umount)(const struct mounted *mounted, struct shale_error *err);
	/* Detaches the mount at once. Processes that use it can go on; no other process can reach
	 * it. */
	int (*detach)(const struct mounted *mounted, struct shale_error *err);
	/* Tells whether any process, in any namespace, uses a mount whose upper and work
	 * directories are UPPER and WORK (relative to HOME). */
	enum life (*upper_life)(int home, const char *upper, const char *work);
	/* Stops the daemon of a mount that nobody can reach: otherwise the daemon keeps the mount
	 * and its mount namespace alive. NULL if mounts have no daemon. */
	int (*stop_daemon)(const struct mounted *mounted, struct shale_error *err);
	/* Calls FN with each statistic of the mount at TARGET, a directory. Returns -ETIMEDOUT if
	 * the daemon does not answer. NULL if the backend has no statistics. */
	int (*stats)(const char *target, shale_pair_fn *fn, void *arg, struct shale_error *err);
	/* Replaces the program that serves the mount at TARGET, a directory, by the installed one,
	 * and returns when the new one serves. Returns -EOPNOTSUPP if the mount has no keeper;
	 * -EPROTONOSUPPORT if the installed program cannot take over, and the old one still serves;
	 * -ETIMEDOUT. NULL if mounts have no daemon. */
	int (*upgrade)(const char *target, struct shale_error *err);
	/* Makes the upper directory of the mount at TARGET, a directory, its topmost lower layer,
	 * while processes use the mount. fuse/mount_snapshot.h says which files the caller makes
	 * before, and checks after any answer. RET_PAUSE: for how many nanoseconds no request was
	 * served. Returns -EOPNOTSUPP, -ENOTTY, -ENOSYS or -EMLINK if the mount, or a file in use,
	 * does not allow it; -ETIMEDOUT. NULL if mounts have no daemon. */
	int (*snapshot)(const char *target, uint64_t *ret_pause, struct shale_error *err);
};

extern const struct backend_ops backend_kernel; /* defined in kernel/ */
extern const struct backend_ops backend_fuse;   /* defined in fuse/backend/ */
