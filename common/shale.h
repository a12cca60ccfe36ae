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
/* The SHALE_VERSION of the running library, which need not be the header's. */
SHALE_API unsigned int shale_version(void);

struct shale_error {
	int code;         /* a negative errno; 0: nothing failed */
	char text[1024];  /* "WHAT: WHY" */
	char remedy[512]; /* what the user can do; may be empty */
};

struct shale_store;
struct shale_lease;

/* Called for each named value of a list. A non-zero answer ends the call, which returns it, as with
 * every callback that returns an int, unless its comment says otherwise. */
typedef int shale_pair_fn(const char *key, const char *value, void *arg);

/* Progress of a long call: DONE of TOTAL (0: not known) bytes of WHAT. It is called when a piece of
 * work begins and ends, and in between at each megabyte and each file or so. A non-zero answer
 * cancels the call: it undoes what it has done, and returns -ECANCELED. */
typedef int shale_progress_fn(const char *what, uint64_t done, uint64_t total, void *arg);

/* A message for a log. LEVEL is a priority of syslog(3). */
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
enum { SHALE_OPEN_EXISTING = 1 << 0 }; /* -ENOENT where there is no store yet: none is made */
/* Opens the store at HOME, or makes one if there is none. Removes the files that killed processes
 * left in staging/ and trash/. HOME may also be the layer directory of Docker or podman: shale only
 * reads it, and a call that would change it returns -EROFS. */
SHALE_API int shale_store_open(const struct shale_store_options *options, struct shale_store **ret,
	struct shale_error *err);
SHALE_API void shale_store_close(struct shale_store *store);

/* Driver, backend and the reason for it, backing filesystem and what it can do, layer count. */
SHALE_API int shale_store_status(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);

/* One mount feature of the host, tried for real in HOME. */
struct shale_feature {
	const char *name;   /* "overlay", "d_type", "userxattr", ... */
	int works;          /* 1 or 0 */
	const char *reason; /* in words, and the remedy where there is one */
};
typedef int shale_feature_fn(const struct shale_feature *feature, void *arg);
SHALE_API int shale_store_probe(
	struct shale_store *store, shale_feature_fn *fn, void *arg, struct shale_error *err);

/* Unmounts what no process uses any more, removes leftovers; FN (may be NULL) is told each thing
 * undone, as ("umount"|"staging"|"trash"|"refs", name). */
struct shale_cleanup_options {
	size_t size;
	unsigned long flags; /* SHALE_CLEANUP_... */
};
enum { SHALE_CLEANUP_LEASES = 1 << 0 }; /* only end the uses of leases without a holder */
SHALE_API int shale_store_cleanup(struct shale_store *store,
	const struct shale_cleanup_options *options, shale_pair_fn *fn, void *arg,
	struct shale_error *err) SHALE_V1(shale_store_cleanup);

/* One name directly in HOME; each byte below HOME is counted once. */
struct shale_usage {
	const char *kind; /* "layer", "staging", "trash", "images", "links", "home", ... */
	const char *name;
	uint64_t bytes; /* on the disk; hard links once */
	uint64_t files; /* of all types, directories too */
};
typedef int shale_usage_fn(const struct shale_usage *usage, void *arg);
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
	const char *outcome; /* repair: the repair, or why there was none; else "" */
	int mended;          /* repair: it succeeded */
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
enum { SHALE_GC_LAYERS = 1 << 0 }; /* also layers of former images that nothing needs any more */
/* Removes leftovers. FN (may be NULL) is told each thing removed, as
 * ("staging"|"trash"|"link"|"layer", name). */
SHALE_API int shale_store_gc(struct shale_store *store, const struct shale_gc_options *options,
	shale_pair_fn *fn, void *arg, struct shale_error *err) SHALE_V1(shale_store_gc);

/* ---- layers --------------------------------------------------------------------------------- */
struct shale_layer_options {
	size_t size;
	/* A layer's id, or the name of an image (with or without a tag "latest"), whose config the
	 * layer then keeps for its own export. NULL or "": none. An absolute path names a layer
	 * that Docker or podman keeps (/var/lib/docker/overlay2/ID): its files stay there. */
	const char *parent;
	/* "KEY=VALUE", of read-write layers: size=10G; redirect_dir=on, metacopy=on (mounts may
	 * make redirects, and copies of metadata only: faster, but see shale_layer_convert) */
	const char *const *options;
	size_t n_options;
	unsigned long flags; /* SHALE_CREATE_... */
	/* A hold of the new layer (shale_layer_hold); NULL: none. */
	const char *hold, *hold_data;
};
enum { SHALE_CREATE_RW = 1 << 0 }; /* a layer that is to be mounted and written to */
/* Makes an empty layer ID, to be filled by shale_layer_apply. -EEXIST, -ENOENT (no such parent),
 * -EINVAL (bad id or option; a parent that is both an image and another layer), -EBUSY (PARENT is a
 * mounted writable layer). */
SHALE_API int shale_layer_create(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err);

/* How a layer is mounted. */
struct shale_mount_options {
	size_t size;
	const char *label; /* an SELinux context; NULL: none */
	/* How the owners that the layers' files have on the disk are shown in the mount:
	 * "DISK:SHOWN:COUNT", and more of them behind a colon. New files, and changed owners, are
	 * kept as on the disk again. If only one of the two is given, it applies to both; NULL:
	 * owners are as they are. */
	const char *uidmap, *gidmap;
	const struct shale_lease *lease; /* the get ends with this lease; NULL: only with a put */
};
/* Mounts ID, or counts one more user of its mount, and gives the path of the merged view. A layer
 * without a parent is its own view: nothing is mounted, but where owners are kept in xattrs or
 * mapped. -EBUSY if it is mounted already, with other owners; -EINVAL. */
SHALE_API int shale_layer_get(struct shale_store *store, const char *id,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err)
	SHALE_V1(shale_layer_get);
struct shale_put_options {
	size_t size;
	unsigned long flags;             /* SHALE_PUT_... */
	const struct shale_lease *lease; /* end a use of this lease; NULL: one without a lease */
};
enum { SHALE_PUT_LAZY = 1 << 0 }; /* take away a mount that is in use, too */
/* Ends one use; the last one unmounts. A put without a get does nothing. Processes in a mount that
 * was taken away keep it, and the layer cannot be mounted again before they have left. */
SHALE_API int shale_layer_put(struct shale_store *store, const char *id,
	const struct shale_put_options *options, struct shale_error *err) SHALE_V1(shale_layer_put);

/* A lease ends the gets that name it when nobody has a copy of its descriptor any more.
 * shale_lease_close (of NULL, too) unmounts, or else the next get, remove, cleanup or
 * shale_lease_open of any process; a mount that is still busy then, a later one. */
/* FD: a descriptor of a lease of this store, which stays the caller's, or -1 to begin a new lease.
 * Close it before the store. -EBADF: FD is of no lease. */
SHALE_API int shale_lease_open(
	struct shale_store *store, int fd, struct shale_lease **ret, struct shale_error *err);
/* The lease's descriptor, which it owns; it closes on exec. */
SHALE_API int shale_lease_fd(const struct shale_lease *lease);
SHALE_API void shale_lease_close(struct shale_lease *lease);

/* Mounts ID at DIR, any directory, and undoes it (TARGET: that directory, or the layer's id). */
SHALE_API int shale_layer_mount(struct shale_store *store, const char *id, const char *dir,
	const struct shale_mount_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_mount);
SHALE_API int shale_layer_umount(
	struct shale_store *store, const char *target, struct shale_error *err);
/* Tells FN each figure that a mount counts, such as ("request_LOOKUP", "12"): shale-fuse(1) lists
 * them. TARGET: a layer's id, or the absolute path of any mount of shale-fuse (STORE may be NULL).
 * -ENOTCONN: it is not mounted; -EOPNOTSUPP: the kernel mounts it, and counts nothing; -ETIMEDOUT:
 * its daemon does not answer. */
SHALE_API int shale_layer_stats(struct shale_store *store, const char *target, shale_pair_fn *fn,
	void *arg, struct shale_error *err);
/* Lets a mount go on as the shale-fuse that is installed now. TARGET as above. -EOPNOTSUPP: it has
 * no keeper (shale-fuse(1)), or the kernel mounts it; -EPROTONOSUPPORT: the installed program
 * cannot take over, and the mount goes on as before; -ENOTCONN; -EPERM; -ETIMEDOUT. */
SHALE_API int shale_layer_upgrade(
	struct shale_store *store, const char *target, struct shale_error *err);

struct shale_remove_options {
	size_t size;
	const char *hold; /* ignore this hold (see shale_layer_hold); NULL: heed all holds */
};
/* -EBUSY, naming them, while a child layer, an image, a mount or a hold needs it. -ENOENT. */
SHALE_API int shale_layer_remove(struct shale_store *store, const char *id,
	const struct shale_remove_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_remove);
/* A hold keeps a layer from being removed or filled anew, and is part of the layer. NAME is like a
 * layer's id; DATA is text, in place of what NAME had noted before; NULL ends the hold. Durable,
 * and one step. -ENOENT. */
SHALE_API int shale_layer_hold(struct shale_store *store, const char *id, const char *name,
	const char *data, struct shale_error *err);
struct shale_hold {
	const char *layer, *name, *data;
	int immutable; /* the layer's content never changes any more */
};
typedef int shale_hold_fn(const struct shale_hold *hold, void *arg);
SHALE_API int shale_layer_list_holds(
	struct shale_store *store, shale_hold_fn *fn, void *arg, struct shale_error *err);

/* 1, 0, or a negative errno. */
SHALE_API int shale_layer_exists(
	struct shale_store *store, const char *id, struct shale_error *err);
/* LowerDir, UpperDir, WorkDir, MergedDir, then other facts about the layer. */
SHALE_API int shale_layer_metadata(struct shale_store *store, const char *id, shale_pair_fn *fn,
	void *arg, struct shale_error *err);

struct shale_layer_info {
	const char *id;
	const char *parent; /* "" without one */
	const char *kind;   /* "layer" or "rw" */
	int64_t created;    /* seconds since 1970 */
	int committed;      /* immutable from now on */
	int mounted;        /* number of users of its mount */
	/* "mounted", "dead" (its daemon is gone), "hung" (its daemon does not answer), "elsewhere"
	 * (in another mount namespace), "unknown" (perhaps there), "detached" (in use in a mount
	 * that was taken away), or "" */
	const char *state;
	const char *backend; /* backend of its mount, "kernel" or "fuse"; or "" */
	const char *owners;  /* map of owners in its mount, "DISK:SHOWN:COUNT..."; or "" */
	uint64_t bytes;      /* size of its files when it was made; 0 for a writable layer */
	uint64_t entries;
	const char *diff_id; /* the digest of its uncompressed tar; "" where it is not known */
	uint64_t skipped_devices, skipped_xattrs;
	unsigned long warnings;   /* SHALE_WARN_... */
	uint64_t size_limit;      /* in bytes; 0: none */
	const char *adopted_from; /* the other engine's directory of its files; or "" */
	/* How often the process that serves its mount was replaced (shale-fuse(1), keeper). */
	uint64_t worker_deaths, worker_upgrades;
	int worker_last_signal;
};
/* Losses when a layer was filled. */
enum {
	SHALE_WARN_NO_END = 1 << 0,  /* the archive has no end: it may have been cut short */
	SHALE_WARN_DEVICES = 1 << 1, /* skipped_devices: no user namespace may make them */
	SHALE_WARN_XATTRS = 1 << 2,  /* skipped_xattrs: that no link, device or fifo may have */
};
/* Describes one layer. *RET and its strings are one allocation. -ENOENT. */
SHALE_API int shale_layer_info(struct shale_store *store, const char *id,
	struct shale_layer_info **ret, struct shale_error *err);
typedef int shale_layer_fn(const struct shale_layer_info *layer, void *arg);
/* Every layer, sorted by id. */
SHALE_API int shale_layer_list(
	struct shale_store *store, shale_layer_fn *fn, void *arg, struct shale_error *err);

struct shale_diff_options {
	size_t size;
	/* The layer to compare ID with: NULL is ID's own parent, "" is nothing (the whole tree),
	 * else any ancestor. */
	const char *parent;
	shale_progress_fn *progress;
	void *progress_arg;
};
/* Writes the difference to FD as an uncompressed tar with OCI whiteouts. A layer that was imported
 * or applied, compared with its parent, is the very stream that it came as. */
SHALE_API int shale_layer_diff(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, int fd, struct shale_error *err)
	SHALE_V1(shale_layer_diff);
/* Bytes of the files that differ: regular files, hard links once. */
SHALE_API int shale_layer_diff_size(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, uint64_t *ret_bytes, struct shale_error *err)
	SHALE_V1(shale_layer_diff_size);
/* Bytes that the layer's own files take on the disk, hard links once, and how many there are. */
SHALE_API int shale_layer_usage(struct shale_store *store, const char *id, uint64_t *ret_bytes,
	uint64_t *ret_files, struct shale_error *err);
struct shale_change {
	char kind;        /* 'A' added, 'C' changed, 'D' deleted */
	const char *path; /* absolute, within the layer */
};
typedef int shale_change_fn(const struct shale_change *change, void *arg);
/* Sorted by path, with Docker's meaning of the three kinds. */
SHALE_API int shale_layer_changes(struct shale_store *store, const char *id,
	const struct shale_diff_options *options, shale_change_fn *fn, void *arg,
	struct shale_error *err) SHALE_V1(shale_layer_changes);

/* Limits of one layer's tar. 0: as in the environment (SHALE_MAX_BYTES, SHALE_MAX_ENTRIES,
 * SHALE_MAX_RATIO, SHALE_MAX_XATTRS, SHALE_MAX_XATTR_BYTES), or the default. */
struct shale_limits {
	size_t size;
	uint64_t bytes;       /* sum of its regular files; default: no limit */
	uint64_t entries;     /* 50 million */
	uint64_t ratio;       /* unpacked bytes for each compressed byte; no limit */
	uint64_t xattrs;      /* of one entry; 1000 */
	uint64_t xattr_bytes; /* names and values of one entry; 512 KiB */
};
struct shale_apply_options {
	size_t size;
	const struct shale_limits *limits; /* NULL: those of the environment */
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
/* Reads a tar, plain or compressed, with OCI whiteouts, from FD, and makes it the content of ID,
 * in place of what ID held: wholly, or not at all. RET may be NULL. -EBUSY while ID is mounted, or
 * needed by a layer or an image; -EBADMSG for another tar than DIFF_ID. Over a limit: -EFBIG of
 * bytes or ratio, -E2BIG of the others. */
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
	const char *hold, *hold_data; /* as by shale_layer_hold, in the same step; NULL: none */
	shale_progress_fn *progress;
	void *progress_arg;
};
enum { SHALE_COMMIT_MOVE = 1 << 0 }; /* make ID itself the layer NEW_ID, which may be ID */
/* Makes the immutable layer NEW_ID of what the writable layer ID holds now; ID stays. The new layer
 * keeps the config of the image that ID was made from, changed as the options say. A move renames
 * ID, whatever it holds: not while it is mounted (-EBUSY), and with its config as it is (-EINVAL).
 * -EEXIST, -ENOENT. */
SHALE_API int shale_layer_commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_commit);
struct shale_convert_options {
	size_t size;
	shale_progress_fn *progress; /* the bytes are not known: DONE counts files */
	void *progress_arg;
};
/* Rewrites ID, whose mounts were allowed to make redirects or metacopies, so that either backend
 * can mount it anywhere; what it shows stays. Neither it nor a layer on top may be mounted. */
SHALE_API int shale_layer_convert(struct shale_store *store, const char *id,
	const struct shale_convert_options *options, struct shale_error *err)
	SHALE_V1(shale_layer_convert);
struct shale_flatten_options {
	size_t size;
	/* The ancestor that becomes ID's parent; "": none. NULL: the nearest one that an image has,
	 * or another engine keeps; or none. */
	const char *down_to;
	shale_progress_fn *progress; /* DONE counts files */
	void *progress_arg;
};
/* Gives the writable layer ID the files of the layers between it and that ancestor: what it shows
 * stays, and its chain is shorter. Those layers stay, too. Returns how many were merged into ID.
 * -EBUSY while ID is mounted; -EOPNOTSUPP: convert a layer first. */
SHALE_API int shale_layer_flatten(struct shale_store *store, const char *id,
	const struct shale_flatten_options *options, struct shale_error *err);
/* ---- images --------------------------------------------------------------------------------- */

struct shale_import_options {
	size_t size;
	unsigned long flags; /* SHALE_IMPORT_... */
	const char *name;    /* the image's name; NULL: the one in the source, if any */
	/* "OS/ARCHITECTURE[/VARIANT]" (linux/arm64): chooses from an image for several platforms;
	 * is noted for a root filesystem. NULL: this machine */
	const char *platform;
	const struct shale_limits *limits; /* for each layer; NULL: those of the environment */
	shale_pair_fn *imported;           /* gets name and top layer of each image; or NULL */
	void *imported_arg;
	shale_progress_fn *progress;
	void *progress_arg;
};
enum {
	SHALE_IMPORT_ALL_TAGS = 1 << 0,   /* every name in the source becomes an image's name */
	SHALE_IMPORT_KEEP_BLOBS = 1 << 1, /* keep compressed layers, too, for exports */
};
/* SOURCE: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], tar:FILE (a root
 * filesystem), or a path alone, which may hold any of these. FILE "-" is standard input. Gives the
 * top layer's id. */
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
enum { SHALE_EXPORT_FORCE = 1 << 0 }; /* replace any file, not only an archive (else -EEXIST) */
/* WHAT: an image's name or a layer's id. DEST: the same kinds; tar:FILE, or FILE alone, is
 * one merged tree, and FILE "-" standard output. A layer is exported with the config of the image
 * that it, or its nearest parent of which that is known, was made from. Where nothing says it and
 * images with different configs have those layers, -EINVAL. */
SHALE_API int shale_image_export(struct shale_store *store, const char *what, const char *dest,
	const struct shale_export_options *options, struct shale_error *err)
	SHALE_V1(shale_image_export);

struct shale_image_info {
	const char *name;
	const char *top;    /* the top layer's id */
	const char *digest; /* of its config, "sha256:..." */
	int64_t created;    /* seconds since 1970 */
	size_t layers;
	uint64_t bytes;  /* size of the files in its layers */
	uint64_t shared; /* the part in layers that an image with another config has too */
};
typedef int shale_image_fn(const struct shale_image_info *image, void *arg);
/* Describes an image as Docker does: Id (the digest of its config), Created, Layers, Size (the
 * bytes of its files), Top, and the Config as JSON. -ENOENT. */
SHALE_API int shale_image_metadata(struct shale_store *store, const char *name, shale_pair_fn *fn,
	void *arg, struct shale_error *err);

/* The config, as JSON, that an image or a layer has, or would be exported with. */
SHALE_API int shale_image_config(
	struct shale_store *store, const char *what, char **ret, struct shale_error *err);
struct shale_image_step {
	int64_t created;        /* seconds since 1970 */
	const char *created_by; /* "" if it is not known, as in the next two */
	const char *author, *comment;
	const char *layer; /* its id; "" for a step that changed no file */
	uint64_t bytes;    /* size of that layer's files */
};
typedef int shale_image_step_fn(const struct shale_image_step *step, void *arg);
/* The history of WHAT, an image's name or an immutable layer's id, newest step first. */
SHALE_API int shale_image_history(struct shale_store *store, const char *what,
	shale_image_step_fn *fn, void *arg, struct shale_error *err);

/* Gives an image one more name, or an immutable layer its first. An image that had NAME loses it.
 * -ENOENT; -EINVAL: WHAT is a writable layer. */
SHALE_API int shale_image_tag(
	struct shale_store *store, const char *what, const char *name, struct shale_error *err);
/* Every image, sorted by name. */
SHALE_API int shale_image_list(
	struct shale_store *store, shale_image_fn *fn, void *arg, struct shale_error *err);
/* Forgets the name; its layers stay until removed. -ENOENT. */
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
