/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seam between the store and the two ways to mount a stack of layers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/life.h"
#include "common/overlay/idmap.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

/* One mount that is to be made. Paths are absolute, or relative to HOME. */
struct mount_spec {
	int home;                  /* descriptor of HOME; layers are named relative to it */
	const char *home_path;     /* absolute */
	const char *run_path;      /* absolute: logs, daemons' locks */
	const char *id;            /* of the layer: names its log in RUN */
	const char *witness;       /* names the lock of its daemon in RUN/daemons, as
				    * common/base/witness.h has       it; a stale one has been removed */
	const char *const *lowers; /* "l/SHORT" or absolute; nearest parent first; at least one */
	size_t n_lowers;
	const int *held; /* descriptors that LOWERS name as /proc/self/fd/N: layers elsewhere */
	size_t n_held;
	const char *upper;  /* "ID/diff", or NULL: read-only */
	const char *work;   /* "ID/work"; NULL exactly when UPPER is */
	const char *target; /* "ID/merged", or an absolute path */
	const char *place;  /* the same through the descriptor PLACE_FD, for calls; or NULL */
	int place_fd;
	const char *label; /* SELinux context, or NULL */
	/* How the owners on the disk, in all layers, are shown in the mount, and those of new files
	 * kept; both, or both NULL: as they are. */
	const struct idmap *uids, *gids;
	uint64_t size;            /* bytes that UPPER may take; 0: no limit */
	bool volatile_;           /* no sync: the layer is thrown away if the host stops */
	enum ownership ownership; /* where owners and modes of the layers' files are kept */
	bool redirects;           /* a layer holds directories that were renamed on it */
	bool make_redirects;      /* and the upper one shall get some */
	bool aufs;                /* a layer holds whiteouts called .wh.NAME; FUSE only */
	bool metacopies; /* a layer holds files whose data are below it, or shall get some */
};

/* A mount that a backend has made. */
struct mounted {
	const char *target; /* absolute */
	int run;            /* descriptor of RUN */
	uint64_t id;        /* unique (common/base/mountid.h); 0: not known */
	char witness[160];  /* as in struct mount_spec; "" if it has none */
};

/* A property of a mount that not every backend can give. */
enum backend_need {
	NEED_OVERRIDE, /* owners are kept in xattrs (common/overlay/override.h) */
	NEED_SIZE,     /* the upper layer has a size limit */
	NEED_AUFS,     /* a layer has whiteouts called .wh.NAME */
	NEED_IDMAP,    /* owners are shown mapped */
	N_BACKEND_NEEDS,
};

/* One per kind. All return >= 0 or a negative errno, with words. */
struct backend_ops {
	const char *name;    /* "kernel", "fuse" */
	const char *fs_type; /* of its mounts, as /proc/self/mountinfo has it */
	/* By need: NULL, it can never give that; "", always; else the name of the feature that a
	 * probe finds to work or not. */
	const char *gives[N_BACKEND_NEEDS];
	/* Tells FN what the backend can do in HOME, each by a real trial; returns 1 if it can mount
	 * a writable stack of two lowers there, else 0, with the reason in ERR's text and remedy.
	 */
	int (*probe)(int home, const char *home_path, const char *run_path, shale_feature_fn *fn,
		void *arg, struct shale_error *err);
	/* Returns once the merged view is there, complete. */
	int (*mount)(const struct mount_spec *spec, struct shale_error *err);
	/* Ends a mount; -EBUSY while it is in use. Returns 0 once everything written through it is
	 * in the upper directory and the daemon, if any, is gone; 1 if the mount is gone from here,
	 * but its daemon has not ended: somebody has it in another mount namespace, or it hangs. */
	int (*umount)(const struct mounted *mounted, struct shale_error *err);
	/* Takes the mount away at once, for those who would only come; those who use it keep it
	 * until they leave. */
	int (*detach)(const struct mounted *mounted, struct shale_error *err);
	/* Whether somebody uses a mount, in whatever namespace, whose directories UPPER and WORK
	 * are (relative to HOME). */
	enum life (*upper_life)(int home, const char *upper, const char *work);
	/* Ends the daemon, which keeps its mount alive, and with it the mount namespace that it is
	 * in, also when nobody else is there any more. NULL where mounts have no daemon. */
	int (*stop_daemon)(const struct mounted *mounted, struct shale_error *err);
};

extern const struct backend_ops backend_kernel; /* kernel/ */
extern const struct backend_ops backend_fuse;   /* fuse/ */
