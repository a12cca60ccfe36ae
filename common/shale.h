/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libshale: a container layer store with an overlay storage driver. shale(3) explains the same.
 * A store keeps layers under HOME and gives a merged view of a layer and its parents.
 *
 * Errors: every function returns >= 0, or a negative errno with its words in ERR, which lies on the
 * caller's stack, needs no release, may be NULL, and must be zeroed before its first use.
 *
 * Threads: several threads may use one struct shale_store at once, and several processes one HOME.
 * shale_store_close comes last, when no other call is under way. Callbacks run on the thread that
 * made the call, and must not call back into the same store; a log function alone may be called by
 * several threads at once.
 *
 * Strings and structs that are passed to callbacks live until the callback returns. A char *, or a
 * pointer to a struct, that is written through a RET argument is one allocation: the caller's to
 * free(). RET arguments are written only on success, and may be NULL only where a comment says so.
 *
 * Option structs begin with their own size: set it to sizeof, zero the rest, then fill in; NULL is
 * a struct of zeros. The struct of an older or newer shale.h is accepted: fields that it lacks are
 * zero, and nothing behind its size is read. A field that this library does not know is -E2BIG
 * unless it is zero; an unknown flag is -EINVAL. The library makes the other structs, which grow.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#define SHALE_API __attribute__((visibility("default")))
/* Gives a function whose arguments have changed since version 0.1 another symbol than its name. */
#define SHALE_V1(name) __asm__(#name "_v1")

#define SHALE_VERSION_MAJOR 0
#define SHALE_VERSION_MINOR 1
#define SHALE_VERSION_MICRO 0
#define SHALE_VERSION       1000 /* MAJOR * 1000000 + MINOR * 1000 + MICRO */
/* Returns the SHALE_VERSION of the running library. It may differ from that of this header. */
SHALE_API unsigned int shale_version(void);
struct shale_error {
	int code;         /* a negative errno; 0: nothing failed */
	char text[1024];  /* "WHAT: WHY" */
	char remedy[512]; /* what the user can do; may be empty */
};
struct shale_store;
struct shale_lease;
/* Called for each named value of a list. If it returns non-zero, the call ends and returns that
 * value. So it is for every callback that returns an int, unless its comment says otherwise. */
typedef int shale_pair_fn(const char *key, const char *value, void *arg);
/* Progress of a long call: DONE of TOTAL (0: not known) bytes of WHAT. It is called when a piece of
 * work begins and ends, and in between about every megabyte and every file. A non-zero answer
 * cancels the call, which undoes its work and returns -ECANCELED. */
typedef int shale_progress_fn(const char *what, uint64_t done, uint64_t total, void *arg);
/* Takes a message for a log. LEVEL is a priority of syslog(3). */
typedef void shale_log_fn(int level, const char *text, void *arg);

/* ---- the store ------------------------------------------------------------------------------ */
struct shale_store_options {
	size_t size;
	const char *home;           /* NULL: SHALE_HOME, /var/lib/shale, or ~/.local/share/shale */
	const char *run;            /* NULL: SHALE_RUN, /run/shale, or $XDG_RUNTIME_DIR/shale */
	const char *backend;        /* "auto", "kernel", "fuse"; NULL: SHALE_BACKEND, or "auto" */
	const char *const *options; /* "KEY=VALUE"; kept in shale.json by the first open */
	size_t n_options;
	unsigned long flags; /* SHALE_OPEN_... */
	shale_log_fn *log;   /* NULL: nothing is logged */
	void *log_arg;
};
enum { SHALE_OPEN_EXISTING = 1 << 0 }; /* do not make a missing store: return -ENOENT */
/* Opens the store at HOME, or makes one if there is none. Removes the files that killed processes
 * left in staging/ and trash/. HOME may also be the layer directory of Docker or podman: shale only
 * reads it, and a call that would change it returns -EROFS. */
SHALE_API int shale_store_open(const struct shale_store_options *options, struct shale_store **ret,
	struct shale_error *err);
SHALE_API void shale_store_close(struct shale_store *store);
/* Calls FN with facts: driver, backend and the reason for it, filesystem, number of layers. */
SHALE_API int shale_store_status(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);
/* One feature of the host that mounts use, tried for real in HOME. */
struct shale_feature {
	const char *name;   /* "overlay", "d_type", "userxattr", ... */
	int works;          /* 1 or 0 */
	const char *reason; /* in words; with the remedy if there is one */
};
typedef int shale_feature_fn(const struct shale_feature *feature, void *arg);
SHALE_API int shale_store_probe(
	struct shale_store *store, shale_feature_fn *fn, void *arg, struct shale_error *err);
/* Unmounts mounts that no process uses any more, and removes leftovers. Calls FN (may be NULL) with
 * the kind ("umount", "staging", "trash", "refs") and the name of each. */
struct shale_cleanup_options {
	size_t size;
	unsigned long flags; /* SHALE_CLEANUP_... */
};
enum { SHALE_CLEANUP_LEASES = 1 << 0 }; /* only end the gets whose lease has no holder */
SHALE_API int shale_store_cleanup(struct shale_store *store,
	const struct shale_cleanup_options *options, shale_pair_fn *fn, void *arg,
	struct shale_error *err) SHALE_V1(shale_store_cleanup);
/* The space of one name directly in HOME, with everything below it. */
struct shale_usage {
	const char *kind; /* "layer", "staging", "trash", "images", "links", "home", ... */
	const char *name;
	uint64_t bytes; /* bytes on the disk; hard links once */
	uint64_t files; /* number of files of all types, with directories */
};
typedef int shale_usage_fn(const struct shale_usage *usage, void *arg);
/* Calls FN with each name in HOME. Together the names account for every byte, once. */
SHALE_API int shale_store_usage(
	struct shale_store *store, shale_usage_fn *fn, void *arg, struct shale_error *err);
struct shale_check_options {
	size_t size;
	unsigned long flags; /* SHALE_CHECK_... */
	shale_progress_fn *progress;
	void *progress_arg;
};
enum { SHALE_CHECK_REPAIR = 1 << 0 }; /* repair the damage; without this nothing is changed */
struct shale_problem {
	const char *kind;    /* "layer", "image" or "file" */
	const char *name;    /* the layer's id, the image's file, or a path below HOME */
	const char *why;     /* the damage in words */
	const char *outcome; /* with REPAIR: the repair, or why there was none; else "" */
	int mended;          /* with REPAIR: 1 if it succeeded */
};
typedef int shale_problem_fn(const struct shale_problem *problem, void *arg);
/* Checks links, parents and records of every layer, and the digest of every file of the immutable
 * ones. Returns 1 if the store is whole, or was made so, and 0 if something is left to do. A repair
 * makes again what can be derived from the rest. A layer that nothing proves whole is removed, and
 * what depends on it; writable layers, and files of others, are moved to HOME/lost+found. */
SHALE_API int shale_store_check(struct shale_store *store,
	const struct shale_check_options *options, shale_problem_fn *fn, void *arg,
	struct shale_error *err) SHALE_V1(shale_store_check);
struct shale_gc_options {
	size_t size;
	unsigned long flags; /* SHALE_GC_... */
	shale_progress_fn *progress;
	void *progress_arg;
};
enum { SHALE_GC_LAYERS = 1 << 0 }; /* also remove layers of former images that nothing needs */
/* Removes leftovers. Calls FN (may be NULL) with the kind ("staging", "trash", "link", "layer") and
 * the name of each. */
SHALE_API int shale_store_gc(struct shale_store *store, const struct shale_gc_options *options,
	shale_pair_fn *fn, void *arg, struct shale_error *err) SHALE_V1(shale_store_gc);
struct shale_layer_options {
	size_t size;
	/* A layer's id, or the name of an image (with or without a tag "latest"), whose config the
	 * layer then keeps for its own export. NULL or "": none. An absolute path names a layer
	 * that Docker or podman keeps (/var/lib/docker/overlay2/ID): its files stay there. */
	const char *parent;
	/* "KEY=VALUE", for read-write layers: size=10G; redirect_dir=on, metacopy=on (mounts may
	 * make redirects, and copies of metadata only: faster, but see shale_layer_convert) */
	const char *const *options;
	size_t n_options;
	unsigned long flags; /* SHALE_CREATE_... */
	/* A hold of the new layer (shale_layer_hold); NULL: none. */
	const char *hold, *hold_data;
};
enum { SHALE_CREATE_RW = 1 << 0 }; /* a writable layer, to be mounted */
/* Makes an empty layer ID, which shale_layer_apply can fill. -EEXIST, -ENOENT (no such parent),
 * -EINVAL (bad id or option; a parent that is both an image and another layer), -EBUSY (PARENT is a
 * mounted writable layer). */
SHALE_API int shale_layer_create(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err);
/* How a layer is mounted. */
struct shale_mount_options {
	size_t size;
	const char *label; /* an SELinux context; NULL: none */
	/* Maps of owners, from the disk to the mount: "DISK:SHOWN:COUNT", and more ranges, each
	 * after a colon. If only one map is given, it is used for both; NULL: none. */
	const char *uidmap, *gidmap;
	const struct shale_lease *lease; /* the get ends with this lease; NULL: with a put */
};
/* Mounts ID, or counts one more user of its mount, and returns the path of the merged view. A layer
 * without a parent is not mounted, because its own directory is the view, except where owners are
 * mapped or kept in xattrs. -EBUSY if it is mounted with other owners; -EINVAL. */
SHALE_API int shale_layer_get(struct shale_store *store, const char *id,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err)
	SHALE_V1(shale_layer_get);
struct shale_put_options {
	size_t size;
	unsigned long flags;             /* SHALE_PUT_... */
	const struct shale_lease *lease; /* end a get with this lease; NULL: without one */
};
enum { SHALE_PUT_LAZY = 1 << 0 }; /* detach a mount that processes use */
/* Ends one get; the last one unmounts. Does nothing if there is no get. Processes that use a
 * detached mount can go on, and the layer cannot be mounted again before they leave it. */
SHALE_API int shale_layer_put(struct shale_store *store, const char *id,
	const struct shale_put_options *options, struct shale_error *err) SHALE_V1(shale_layer_put);
/* Begins a lease if FD is -1, else opens the one whose descriptor is FD, which stays the caller's.
 * The gets of a lease end when its descriptor has no copy left, also if its holder was killed: in
 * shale_lease_close (which accepts NULL), or the next get, remove, cleanup or shale_lease_open of
 * any process; a busy mount ends later. Close it before the store. -EBADF: FD is of no lease. */
SHALE_API int shale_lease_open(
	struct shale_store *store, int fd, struct shale_lease **ret, struct shale_error *err);
/* Returns the lease's descriptor, which the lease owns. It is closed on exec. */
SHALE_API int shale_lease_fd(const struct shale_lease *lease);
SHALE_API void shale_lease_close(struct shale_lease *lease);
/* shale_layer_mount mounts ID at any directory DIR; shale_layer_umount unmounts a DIR or an ID. */
SHALE_API int shale_layer_mount(struct shale_store *store, const char *id, const char *dir,
	const struct shale_mount_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_mount);
SHALE_API int shale_layer_umount(
	struct shale_store *store, const char *target, struct shale_error *err);
/* Calls FN with each statistic of a mount, such as ("request_LOOKUP", "12"): shale-fuse(1) lists
 * them. TARGET: a layer's id, or the absolute path of any mount of shale-fuse (STORE may be NULL).
 * -ENOTCONN: it is not mounted; -EOPNOTSUPP: the kernel serves the mount, without statistics;
 * -ETIMEDOUT: its daemon does not answer. */
SHALE_API int shale_layer_stats(struct shale_store *store, const char *target, shale_pair_fn *fn,
	void *arg, struct shale_error *err);
/* Replaces the program that serves a mount by the installed shale-fuse: programs that use the mount
 * wait for some milliseconds. TARGET: as for shale_layer_stats. -EOPNOTSUPP: it has no keeper
 * (shale-fuse(1)), or the kernel serves it; -EPROTONOSUPPORT: the installed program cannot take
 * over, and the old one still serves; -ENOTCONN; -EPERM; -ETIMEDOUT. */
SHALE_API int shale_layer_upgrade(
	struct shale_store *store, const char *target, struct shale_error *err);
struct shale_remove_options {
	size_t size;
	const char *hold; /* ignore this hold (see shale_layer_hold); NULL: heed all holds */
};
/* Removes a layer. -EBUSY while a child, image, mount or hold needs it, which ERR names; -ENOENT.
 */
SHALE_API int shale_layer_remove(struct shale_store *store, const char *id,
	const struct shale_remove_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_remove);
/* Sets or ends a hold, durably and in one step. A hold keeps a layer from being removed or filled
 * anew, and keeps a note of a program on it; the hold lives as long as the layer. NAME has the form
 * of a layer's id; DATA is the note's text, and replaces an older one; NULL ends the hold.
 * -ENOENT. */
SHALE_API int shale_layer_hold(struct shale_store *store, const char *id, const char *name,
	const char *data, struct shale_error *err);
struct shale_hold {
	const char *layer, *name, *data;
	int immutable; /* the layer's content never changes any more */
};
typedef int shale_hold_fn(const struct shale_hold *hold, void *arg);
SHALE_API int shale_layer_list_holds(
	struct shale_store *store, shale_hold_fn *fn, void *arg, struct shale_error *err);
/* Tells whether the layer exists: 1, 0, or a negative errno. */
SHALE_API int shale_layer_exists(
	struct shale_store *store, const char *id, struct shale_error *err);
/* Calls FN with LowerDir, UpperDir, WorkDir, MergedDir, then other facts about the layer. */
SHALE_API int shale_layer_metadata(struct shale_store *store, const char *id, shale_pair_fn *fn,
	void *arg, struct shale_error *err);
struct shale_layer_info {
	const char *id;
	const char *parent; /* id of the parent; "": none */
	const char *kind;   /* "layer" or "rw" */
	int64_t created;    /* seconds since 1970 */
	int committed;      /* 1: immutable, since it was completed or has a child */
	int mounted;        /* number of users of its mount */
	/* State of its mount: "mounted", "dead" (its daemon ended), "hung" (its daemon does not
	 * answer), "elsewhere" (in another mount namespace), "unknown" (it may exist), "detached"
	 * (but still in use); "": not mounted */
	const char *state;
	const char *backend; /* backend of its mount, "kernel" or "fuse"; "": not mounted */
	const char *owners;  /* map of owners in its mount, "DISK:SHOWN:COUNT..."; "": none */
	uint64_t bytes;      /* size of its files when it was filled; 0 for a writable layer */
	uint64_t entries;
	const char *diff_id; /* the digest of its uncompressed tar; "" where it is not known */
	uint64_t skipped_devices, skipped_xattrs;
	unsigned long warnings;   /* SHALE_WARN_... */
	uint64_t size_limit;      /* in bytes; 0: none */
	const char *adopted_from; /* for an adopted layer, the other engine's directory; else "" */
	/* How often the process that serves its mount was replaced (keeper, in shale-fuse(1)):
	 * after its death, by LAST_SIGNAL the last time; and by an upgrade. */
	uint64_t worker_deaths, worker_upgrades;
	int worker_last_signal;
};
enum {
	SHALE_WARN_NO_END = 1 << 0,  /* the archive has no end: it may have been cut short */
	SHALE_WARN_DEVICES = 1 << 1, /* skipped_devices: they cannot be made in a user namespace */
	SHALE_WARN_XATTRS = 1 << 2,  /* skipped_xattrs: links, devices and fifos cannot have them */
};
/* Describes one layer. *RET and its strings are one allocation. -ENOENT. */
SHALE_API int shale_layer_info(struct shale_store *store, const char *id,
	struct shale_layer_info **ret, struct shale_error *err);
typedef int shale_layer_fn(const struct shale_layer_info *layer, void *arg);
/* Calls FN with every layer, sorted by id. */
SHALE_API int shale_layer_list(
	struct shale_store *store, shale_layer_fn *fn, void *arg, struct shale_error *err);
struct shale_diff_options {
	size_t size;
	/* Compare ID with this layer. NULL: ID's parent; "": no layer, so everything is new; else
	 * any ancestor of ID. */
	const char *parent;
	shale_progress_fn *progress;
	void *progress_arg;
};
/* Writes the difference to FD as an uncompressed tar with OCI whiteouts. If an imported or applied
 * layer is compared with its parent, this is the tar that it was filled from, byte for byte. */
SHALE_API int shale_layer_diff(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, int fd, struct shale_error *err)
	SHALE_V1(shale_layer_diff);
/* Returns the bytes of the files that differ: regular files, hard links once. */
SHALE_API int shale_layer_diff_size(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, uint64_t *ret_bytes, struct shale_error *err)
	SHALE_V1(shale_layer_diff_size);
/* Returns the disk space in bytes of the layer's own files, hard links once, and their number. */
SHALE_API int shale_layer_usage(struct shale_store *store, const char *id, uint64_t *ret_bytes,
	uint64_t *ret_files, struct shale_error *err);
struct shale_change {
	char kind;        /* 'A' added, 'C' changed, 'D' deleted */
	const char *path; /* absolute, within the layer */
};
typedef int shale_change_fn(const struct shale_change *change, void *arg);
/* Calls FN with each change, sorted by path, with Docker's meaning of the three kinds. */
SHALE_API int shale_layer_changes(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, shale_change_fn *fn, void *arg,
	struct shale_error *err) SHALE_V1(shale_layer_changes);
/* Limits of one layer's tar. 0: the limit of the environment (SHALE_MAX_BYTES, SHALE_MAX_ENTRIES,
 * SHALE_MAX_RATIO, SHALE_MAX_XATTRS, SHALE_MAX_XATTR_BYTES), or else the default. */
struct shale_limits {
	size_t size;
	uint64_t bytes;       /* sum of its regular files; default: no limit */
	uint64_t entries;     /* default: 50 million */
	uint64_t ratio;       /* unpacked bytes for each compressed byte; default: no limit */
	uint64_t xattrs;      /* number of one entry; default: 1000 */
	uint64_t xattr_bytes; /* names and values of one entry; default: 512 KiB */
};
struct shale_apply_options {
	size_t size;
	const struct shale_limits *limits; /* NULL: the limits of the environment */
	const char *diff_id; /* the digest that the uncompressed tar must have; NULL: any */
	shale_progress_fn *progress;
	void *progress_arg;
	const char *hold; /* ignore this hold (see shale_layer_hold); NULL: heed all holds */
};
struct shale_apply_result {
	uint64_t bytes; /* sum of the regular files, and of the targets of symbolic links */
	uint64_t entries;
	const char *diff_id; /* the digest of the uncompressed tar */
	uint64_t skipped_devices, skipped_xattrs;
	unsigned long warnings; /* SHALE_WARN_... */
};
/* Replaces the content of ID by a tar with OCI whiteouts, plain or compressed, from FD: all of it,
 * or nothing is changed. RET may be NULL. -EBUSY while ID is mounted, or a layer or image needs it;
 * -EBADMSG: the tar has not the digest DIFF_ID. Over a limit: -EFBIG (bytes, ratio) or -E2BIG. */
SHALE_API int shale_layer_apply(struct shale_store *store, const char *id, int fd,
	const struct shale_apply_options *options, struct shale_apply_result **ret,
	struct shale_error *err);
/* Changes of an image's config. */
struct shale_config_options {
	size_t size;
	/* "KEY=VALUE": Cmd, Entrypoint, Env, ExposedPorts, Labels, StopSignal, User, Volumes,
	 * WorkingDir. Cmd and Entrypoint take a JSON list, or a line for /bin/sh -c; Env and Labels
	 * take NAME=VALUE; an empty value removes the key. */
	const char *const *changes;
	size_t n_changes;
	const char *author, *message; /* for the newest entry in the history; NULL: none */
};
struct shale_commit_options {
	size_t size;
	unsigned long flags;                       /* SHALE_COMMIT_... */
	const struct shale_config_options *config; /* changes to the config; NULL: none */
	const char *hold, *hold_data; /* set this hold (shale_layer_hold), too; NULL: none */
	shale_progress_fn *progress;
	void *progress_arg;
};
enum { SHALE_COMMIT_MOVE = 1 << 0 }; /* rename ID itself to NEW_ID, which may be ID */
/* Makes the immutable layer NEW_ID of the present content of the writable layer ID; ID stays, on
 * top of NEW_ID if it is in use and its mount can be frozen: see shale_layer_snapshot. NEW_ID keeps
 * the config of the image that ID was made from, changed as CONFIG says. A move renames ID itself;
 * it fails while ID is mounted (-EBUSY), and cannot change the config (-EINVAL). -EEXIST, -ENOENT.
 */
SHALE_API int shale_layer_commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_commit);
struct shale_convert_options {
	size_t size;
	shale_progress_fn *progress; /* DONE counts files, since the bytes are not known */
	void *progress_arg;
};
/* Rewrites ID without the redirects and metacopies that its mounts may have made, so that either
 * backend can mount it anywhere; its view stays. Neither ID nor a layer on top may be mounted. */
SHALE_API int shale_layer_convert(struct shale_store *store, const char *id,
	const struct shale_convert_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_convert);
struct shale_snapshot_options {
	size_t size;
	const char *freeze; /* control group to freeze during a copy; NULL: none */
	const char *as;     /* for shale_layer_fork: the snapshot's id; NULL: shale chooses it */
	shale_progress_fn *progress;
	void *progress_arg;
};
struct shale_snapshot_result {
	int how;              /* SHALE_SNAPSHOT_...; 0: there was none, ID is immutable */
	uint64_t pause, time; /* ns: how long users of ID waited; the whole time */
};
enum {
	/* without a copy; ID was not mounted. It is now empty, on NEW_ID */
	SHALE_SNAPSHOT_MOVED = 1,
	SHALE_SNAPSHOT_REFLINKED, /* NEW_ID is a copy that shares blocks with ID */
	SHALE_SNAPSHOT_COPIED,    /* NEW_ID is a copy that shares nothing */
	SHALE_SNAPSHOT_SWITCHED,  /* without a copy; ID is mounted, and now empty, on NEW_ID */
};
/* Makes the immutable layer NEW_ID of the present content of the writable layer ID, also while ID
 * is in use: a copy may then hold files in the middle of a change. RET may be NULL. -EINVAL: ID is
 * immutable; -E2BIG: flatten it first; -EBUSY, -EEXIST, -ENOENT. */
SHALE_API int shale_layer_snapshot(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result **ret,
	struct shale_error *err);
/* Makes the writable layer NEW_ID on a snapshot of ID, or on ID if that is immutable. */
SHALE_API int shale_layer_fork(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_snapshot_options *options, struct shale_snapshot_result **ret,
	struct shale_error *err);
struct shale_flatten_options {
	size_t size;
	/* The ancestor that becomes ID's parent; "": ID gets none. NULL: the nearest one that an
	 * image has, or another engine keeps; if there is none, ID gets no parent. */
	const char *down_to;
	shale_progress_fn *progress; /* DONE counts files */
	void *progress_arg;
};
/* Copies the files of the layers between the writable layer ID and DOWN_TO into ID: its view stays,
 * and so do the layers. Returns how many were merged. -EBUSY while ID is mounted; -EOPNOTSUPP. */
SHALE_API int shale_layer_flatten(struct shale_store *store, const char *id,
	const struct shale_flatten_options *options, struct shale_error *err);
/* ---- images --------------------------------------------------------------------------------- */
struct shale_import_options {
	size_t size;
	unsigned long flags; /* SHALE_IMPORT_... */
	const char *name;    /* the image's name; NULL: the one in the source, if any */
	/* "OS/ARCHITECTURE[/VARIANT]", to choose an image, or of a tar; NULL: this machine */
	const char *platform;
	const struct shale_limits *limits; /* of each layer; NULL: those of the environment */
	shale_pair_fn *imported; /* called with name and top layer of each image; may be NULL */
	void *imported_arg;
	shale_progress_fn *progress;
	void *progress_arg;
};
enum {
	SHALE_IMPORT_ALL_TAGS = 1 << 0,   /* every name in the source becomes an image's name */
	SHALE_IMPORT_KEEP_BLOBS = 1 << 1, /* also keep the compressed blobs, for exports */
};
/* Imports SOURCE: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], tar:FILE (a
 * root filesystem), or a path alone, which may hold any of these. FILE "-" is standard input.
 * Returns the top layer's id. */
SHALE_API int shale_image_import(struct shale_store *store, const char *source,
	const struct shale_import_options *options, char **ret_id, struct shale_error *err)
	SHALE_V1(shale_image_import);
struct shale_export_options {
	size_t size;
	unsigned long flags;                       /* SHALE_EXPORT_... */
	const struct shale_config_options *config; /* changes to the config; NULL: none */
	shale_progress_fn *progress;
	void *progress_arg;
};
enum { SHALE_EXPORT_FORCE = 1 << 0 }; /* replace any file; without it -EEXIST if no archive */
/* Exports WHAT, an image's name or a layer's id, or a snapshot of a layer that is in use. DEST has
 * the forms of SOURCE; tar:FILE, or FILE alone, is one merged tree, and FILE "-" standard output. A
 * layer has the config of the image that it, or its nearest parent with a known image, was made
 * from. -EINVAL if no image is known, and images with different configs have these layers. */
SHALE_API int shale_image_export(struct shale_store *store, const char *what, const char *dest,
	const struct shale_export_options *options, struct shale_error *err)
	SHALE_V1(shale_image_export);
struct shale_image_info {
	const char *name;
	const char *top;    /* the top layer's id */
	const char *digest; /* digest of its config, "sha256:..." */
	int64_t created;    /* seconds since 1970 */
	size_t layers;
	uint64_t bytes;  /* size of the files in its layers */
	uint64_t shared; /* bytes of layers that an image with another config also has */
};
typedef int shale_image_fn(const struct shale_image_info *image, void *arg);
/* Describes an image as Docker does: Id, Created, Layers, Size, Top, and the Config. -ENOENT. */
SHALE_API int shale_image_metadata(struct shale_store *store, const char *name, shale_pair_fn *fn,
	void *arg, struct shale_error *err);
/* Returns the config, as JSON, that an image or a layer has, or would be exported with. The caller
 * frees *RET. -ENOENT; -EINVAL: see shale_image_export. */
SHALE_API int shale_image_config(
	struct shale_store *store, const char *what, char **ret, struct shale_error *err);
struct shale_image_step {
	int64_t created;        /* seconds since 1970 */
	const char *created_by; /* "" if not known; so are author and comment */
	const char *author, *comment;
	const char *layer; /* id of its layer; "" for a step that changed no file */
	uint64_t bytes;    /* size of that layer's files */
};
typedef int shale_image_step_fn(const struct shale_image_step *step, void *arg);
/* Calls FN with each step of WHAT, an image's name or an immutable layer's id, newest first. */
SHALE_API int shale_image_history(struct shale_store *store, const char *what,
	shale_image_step_fn *fn, void *arg, struct shale_error *err);
/* Gives an image one more name, or an immutable layer a name. An older image of that NAME loses it.
 * -ENOENT; -EINVAL: WHAT is a writable layer. */
SHALE_API int shale_image_tag(
	struct shale_store *store, const char *what, const char *name, struct shale_error *err);
/* Calls FN with every image, sorted by name. */
SHALE_API int shale_image_list(
	struct shale_store *store, shale_image_fn *fn, void *arg, struct shale_error *err);
/* Removes an image's name; its layers stay until they are removed. -ENOENT. */
SHALE_API int shale_image_remove(
	struct shale_store *store, const char *name, struct shale_error *err);
/* ---- user namespaces ------------------------------------------------------------------------ */
/* Moves the calling single-threaded process into a user and mount namespace of its own, as uid 0,
 * with the caller's subordinate ids (/etc/subuid); root keeps all ids. Returns 1 if there are more
 * ids than one, else 0, and then ERR's text and remedy say why. */
SHALE_API int shale_unshare(struct shale_error *err);
#ifdef __cplusplus
}
#endif
