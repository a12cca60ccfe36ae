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
	int home;              /* descriptor of HOME; layers are named relative to it */
	const char *home_path; /* absolute path of HOME */
	const char *run_path;  /* absolute path of RUN, which holds logs and daemons' locks */
	const char *id;        /* the layer's id, by which its log in RUN is called */
	/* The name of the daemon's lock in RUN/daemons (common/base/witness.h). A stale lock of
	 * this name has been removed. */
	const char *witness;
	/* "l/SHORT" or absolute paths, nearest parent first; at least one. */
	const char *const *lowers;
	size_t n_lowers;
	/* Descriptors of layers outside HOME, which LOWERS names as /proc/self/fd/N. */
	const int *held;
	size_t n_held;
	const char *upper;  /* "ID/diff", or NULL: read-only */
	const char *work;   /* "ID/work"; NULL if UPPER is NULL */
	const char *target; /* "ID/merged", or an absolute path */
	/* The path of TARGET through the descriptor PLACE_FD, for system calls; or NULL. */
	const char *place;
	int place_fd;
	const char *label; /* SELinux context, or NULL */
	/* Maps from the owners on the disk, in all layers, to those that the mount shows; new files
	 * are mapped back. Both are set, or both are NULL: owners are shown as they are. */
	const struct idmap *uids, *gids;
	uint64_t size;            /* bytes that UPPER may take; 0: no limit */
	bool volatile_;           /* never sync: the layer is thrown away if the host stops */
	enum ownership ownership; /* the place of the owners and modes of the layers' files */
	bool redirects; /* a layer has directories that were renamed in an overlay mount (redirects)
			 */
	bool make_redirects; /* the mount may make redirects in the upper layer */
	bool aufs;           /* a layer holds whiteouts called .wh.NAME; FUSE only */
	/* A layer has files whose data are in a layer below, or the mount may make such files. */
	bool metacopies;
};

/* A mount that a backend has made, as the store remembers it. */
struct mounted {
	const char *target; /* absolute path of the mount */
	int run;            /* descriptor of RUN */
	uint64_t id;        /* unique id (common/base/mountid.h); 0: not known */
	char witness[160];  /* see struct mount_spec; "" if the mount has none */
};

/* A property of a mount that not every backend can give. */
enum backend_need {
	NEED_OVERRIDE, /* owners are kept in xattrs (common/overlay/override.h) */
	NEED_SIZE,     /* the upper layer has a size limit */
	NEED_AUFS,     /* a layer has whiteouts called .wh.NAME */
	NEED_IDMAP,    /* owners are shown mapped */
	N_BACKEND_NEEDS,
};

/* The operations of one backend. All return >= 0 or a negative errno, with words. */
struct backend_ops {
	const char *name;    /* "kernel", "fuse" */
	const char *fs_type; /* type of its mounts, as in /proc/self/mountinfo */
	/* For each need: NULL if the backend can never meet it; "" if it always can; else the name
	 * of the feature that the probe tries. */
	const char *gives[N_BACKEND_NEEDS];
	/* Calls FN with each feature that the backend needs in HOME, after a real trial. Returns 1
	 * if the backend can mount a writable stack of two lowers there; else 0, with the reason in
	 * ERR's text and remedy. */
	int (*probe)(int home, const char *home_path, const char *run_path, shale_feature_fn *fn,
		void *arg, struct shale_error *err);
	/* Makes a mount. Returns when the merged view can be used. */
	int (*mount)(const struct mount_spec *spec, struct shale_error *err);
	/* Ends a mount. Returns 0 when all that was written through it is in the upper directory
	 * and its daemon, if any, has ended. Returns 1 if the mount is gone here but its daemon has
	 * not ended: another mount namespace has the mount, too, or the daemon hangs. Returns
	 * -EBUSY while it is in use. */
	int (*umount)(const struct mounted *mounted, struct shale_error *err);
	/* Detaches the mount at once: processes that use it keep it until they leave, and no other
	 * process can reach it. */
	int (*detach)(const struct mounted *mounted, struct shale_error *err);
	/* Tells whether any process, in any namespace, uses a mount whose upper and work
	 * directories are UPPER and WORK (relative to HOME). */
	enum life (*upper_life)(int home, const char *upper, const char *work);
	/* Stops the daemon: it keeps its mount and its mount namespace alive, even if no other
	 * process is left there. NULL if mounts have no daemon. */
	int (*stop_daemon)(const struct mounted *mounted, struct shale_error *err);
	/* Calls FN with each statistic of the mount at TARGET, a directory. Returns -ETIMEDOUT if
	 * the daemon does not answer. NULL if the backend has no statistics. */
	int (*stats)(const char *target, shale_pair_fn *fn, void *arg, struct shale_error *err);
	/* Replaces the program that serves the mount at TARGET, a directory, by the installed one,
	 * and returns when that serves. Returns -EOPNOTSUPP if the mount has no keeper;
	 * -EPROTONOSUPPORT if the installed program cannot take over, and the old one still serves;
	 * -ETIMEDOUT. NULL if mounts have no daemon. */
	int (*upgrade)(const char *target, struct shale_error *err);
	/* Makes the upper directory of the mount at TARGET, a directory, its topmost lower layer,
	 * while it is in use (fuse/mount_snapshot.h says what the caller makes before, and looks
	 * at after any answer). RET_PAUSE: nanoseconds in which no request was served. Returns
	 * -EOPNOTSUPP, -ENOTTY, -ENOSYS or -EMLINK if this mount, or a file that is in use, does
	 * not allow it; -ETIMEDOUT. NULL if mounts have no daemon. */
	int (*snapshot)(const char *target, uint64_t *ret_pause, struct shale_error *err);
};

extern const struct backend_ops backend_kernel; /* kernel/ */
extern const struct backend_ops backend_fuse;   /* fuse/ */
