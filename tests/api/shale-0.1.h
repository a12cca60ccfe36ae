/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libshale: a container layer store with an overlay storage driver.
 *
 * A store keeps layers under HOME and gives a merged view of a layer and its parents, through the
 * kernel's overlayfs or through shale's own FUSE filesystem.
 *
 * Errors: every function returns >= 0, or a negative errno with its words in ERR, which lies on the
 * caller's stack, needs no release, may be NULL, and must be zeroed before its first use.
 *
 * Threads: one struct shale_store may be used by several threads at once; two processes may use one
 * HOME at once. Callbacks run on the calling thread, and must not call back into the same store.
 *
 * Strings passed to callbacks live until the callback returns; a char * written through a RET
 * argument is the caller's to free(). RET arguments are written only on success.
 *
 * Option structs begin with their own size: set it to sizeof, zero the rest, then fill in.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHALE_API __attribute__((visibility("default")))

struct shale_error {
	int code;         /* a negative errno; 0: nothing failed */
	char text[1024];  /* "WHAT: WHY" */
	char remedy[512]; /* what the user can do; may be empty */
};

struct shale_store;

/* What a list of named values is told as. Non-zero ends the walk and is returned by it. */
typedef int shale_pair_fn(const char *key, const char *value, void *arg);

/* ---- the store ------------------------------------------------------------------------------ */

struct shale_store_options {
	size_t size;
	const char *home;           /* NULL: SHALE_HOME, /var/lib/shale, or ~/.local/share/shale */
	const char *run;            /* NULL: SHALE_RUN, /run/shale, or $XDG_RUNTIME_DIR/shale */
	const char *backend;        /* "auto", "kernel", "fuse"; NULL: SHALE_BACKEND, or "auto" */
	const char *const *options; /* "KEY=VALUE"; kept in shale.json by the first open */
	size_t n_options;
};

/* Opens the store at HOME, and makes it where there is none. What a killed process left in staging/
 * and trash/ is removed. HOME may be a directory of layers that Docker or podman keeps: it can be
 * read, and all else is -EROFS. */
SHALE_API int shale_store_open(const struct shale_store_options *options, struct shale_store **ret,
	struct shale_error *err);
SHALE_API void shale_store_close(struct shale_store *store);

/* Driver name, backend and the reason for it, backing filesystem and what it can do, layer count.
 */
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

/* Unmounts what no process uses any more, removes leftovers; FN is told each thing undone, as
 * ("umount"|"staging"|"trash"|"refs", name). */
SHALE_API int shale_store_cleanup(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);

/* One thing that lies directly in HOME. */
struct shale_usage {
	const char *kind; /* "layer", "staging", "trash", "images", "links", "home", "lost",
			   * "other" */
	const char *name;
	uint64_t bytes; /* on the disk; hard links once */
	uint64_t files; /* of all types, directories too */
};
typedef int shale_usage_fn(const struct shale_usage *usage, void *arg);
/* Every byte below HOME, each counted once. */
SHALE_API int shale_store_usage(
	struct shale_store *store, shale_usage_fn *fn, void *arg, struct shale_error *err);

/* Looks whether the store is whole: links, parents and records of every layer; not what is in the
 * layers' files. FN is told what is wrong, as ("layer ID"|"image FILE"|"file PATH", why). Changes
 * nothing. */
SHALE_API int shale_store_check(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);
/* The same, and puts it right. What can be derived from the rest is made again. A layer that
 * nothing proves whole is removed, and what depends on it; but writable layers, and what is not
 * the store's, are moved to HOME/lost+found. FN is told what was wrong, and what was done or why it
 * was not. 1 if the store is whole now, 0 if something is left to do. */
SHALE_API int shale_store_repair(
	struct shale_store *store, shale_pair_fn *fn, void *arg, struct shale_error *err);

/* Removes leftovers; with LAYERS also each layer of a former image that no image, layer or mount
 * needs. FN is told each thing removed, as ("staging"|"trash"|"link"|"layer", name). */
SHALE_API int shale_store_gc(struct shale_store *store, int layers, shale_pair_fn *fn, void *arg,
	struct shale_error *err);

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
};

/* Makes an empty layer ID, to be filled by shale_layer_apply_diff. -EEXIST, -ENOENT (no such
 * parent), -EINVAL (bad id or option; a parent that is both an image and another layer), -EBUSY
 * (PARENT is a mounted writable layer). */
SHALE_API int shale_layer_create(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err);
/* The same for a layer that is to be mounted and written to. */
SHALE_API int shale_layer_create_rw(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, struct shale_error *err);

/* Mounts ID, or counts one more user of its mount, and gives the path of the merged view. LABEL is
 * an SELinux context, or NULL. A layer without a parent is its own view: nothing is mounted, but
 * where owners are kept in xattrs. */
SHALE_API int shale_layer_get(struct shale_store *store, const char *id, const char *label,
	char **ret_path, struct shale_error *err);

/* How a layer is mounted. */
struct shale_mount_options {
	size_t size;
	const char *label; /* an SELinux context; NULL: none */
	/* How the owners that the layers' files have on the disk are shown in the mount:
	 * "DISK:SHOWN:COUNT", and more of them behind a colon. New files, and changed owners, are
	 * kept as on the disk again. If only one of the two is given it is of both; NULL: owners
	 * are as they are. */
	const char *uidmap, *gidmap;
};
/* As shale_layer_get. -EBUSY if it is mounted already, with other owners; -EINVAL. With owners
 * mapped, a layer without a parent is mounted too. */
SHALE_API int shale_layer_get_with(struct shale_store *store, const char *id,
	const struct shale_mount_options *options, char **ret_path, struct shale_error *err);
/* Ends one use; the last one unmounts. A put without a get does nothing. */
SHALE_API int shale_layer_put(struct shale_store *store, const char *id, struct shale_error *err);
/* The same, but a mount that is in use is taken away too: those who are in it keep it until they
 * leave, nobody comes in any more, and the layer cannot be mounted again before they have left. */
SHALE_API int shale_layer_put_lazy(
	struct shale_store *store, const char *id, struct shale_error *err);

/* Mounts ID at DIR, any directory, and undoes it (TARGET: that directory, or the layer's id). */
SHALE_API int shale_layer_mount(
	struct shale_store *store, const char *id, const char *dir, struct shale_error *err);
SHALE_API int shale_layer_mount_with(struct shale_store *store, const char *id, const char *dir,
	const struct shale_mount_options *options, struct shale_error *err);
SHALE_API int shale_layer_umount(
	struct shale_store *store, const char *target, struct shale_error *err);

/* -EBUSY, naming them, while a child layer, an image or a mount needs it. -ENOENT. */
SHALE_API int shale_layer_remove(
	struct shale_store *store, const char *id, struct shale_error *err);
/* 1, 0, or a negative errno. */
SHALE_API int shale_layer_exists(
	struct shale_store *store, const char *id, struct shale_error *err);

/* LowerDir, UpperDir, WorkDir, MergedDir, then what the store knows of the layer. */
SHALE_API int shale_layer_metadata(struct shale_store *store, const char *id, shale_pair_fn *fn,
	void *arg, struct shale_error *err);

struct shale_layer_info {
	const char *id;
	const char *parent; /* "" without one */
	const char *kind;   /* "layer" or "rw" */
	int64_t created;    /* seconds since 1970 */
	int committed;      /* immutable from now on */
	int mounted;        /* how many users its mount has */
	/* "mounted", "dead" (its daemon is gone), "hung" (its daemon does not answer), "elsewhere"
	 * (in another mount namespace), "unknown" (perhaps there), "detached" (in use in a mount
	 * that was taken away), or "" */
	const char *state;
};
typedef int shale_layer_fn(const struct shale_layer_info *layer, void *arg);
/* Every layer, sorted by id. */
SHALE_API int shale_layer_list(
	struct shale_store *store, shale_layer_fn *fn, void *arg, struct shale_error *err);

/* In the next four, PARENT is the layer to compare with: NULL is the layer's own parent, "" is
 * nothing (the whole tree), else any ancestor. */

/* Writes the difference to FD as an uncompressed tar with OCI whiteouts. */
SHALE_API int shale_layer_diff(struct shale_store *store, const char *id, const char *parent,
	int fd, struct shale_error *err);
/* Bytes of the files that differ: regular files, hard links once. */
SHALE_API int shale_layer_diff_size(struct shale_store *store, const char *id, const char *parent,
	uint64_t *ret_bytes, struct shale_error *err);

struct shale_change {
	char kind;        /* 'A' added, 'C' changed, 'D' deleted */
	const char *path; /* absolute, within the layer */
};
typedef int shale_change_fn(const struct shale_change *change, void *arg);
/* Sorted by path, with Docker's meaning of the three kinds. */
SHALE_API int shale_layer_changes(struct shale_store *store, const char *id, const char *parent,
	shale_change_fn *fn, void *arg, struct shale_error *err);

/* Reads a tar, plain or compressed, with OCI whiteouts, from FD, and makes it the content of ID,
 * in place of what ID held: wholly, or not at all. */
SHALE_API int shale_layer_apply_diff(struct shale_store *store, const char *id, int fd,
	uint64_t *ret_bytes, struct shale_error *err);

/* What the config of an image says beyond its files. */
struct shale_config_options {
	size_t size;
	/* "KEY=VALUE": Cmd, Entrypoint, Env, ExposedPorts, Labels, StopSignal, User, Volumes,
	 * WorkingDir. Cmd and Entrypoint take a JSON list, or a line for /bin/sh -c; Env and Labels
	 * take NAME=VALUE; an empty value removes the key. */
	const char *const *changes;
	size_t n_changes;
	const char *author, *message; /* of the newest entry in the history; NULL: not said */
};

/* Makes the immutable layer NEW_ID of what the writable layer ID holds now; ID stays. The new layer
 * keeps the config of the image that ID was made from, changed as CONFIG says (NULL: as it is). */
SHALE_API int shale_layer_commit(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_config_options *config, struct shale_error *err);

/* Rewrites ID, whose mounts were allowed to make redirects or metacopies, so that either backend
 * can mount it anywhere; what it shows stays. Neither it nor a layer on top may be mounted. */
SHALE_API int shale_layer_convert(
	struct shale_store *store, const char *id, struct shale_error *err);

/* ---- images --------------------------------------------------------------------------------- */

/* Progress of long work: DONE of TOTAL bytes (TOTAL 0: not known) of WHAT. */
typedef void shale_progress_fn(const char *what, uint64_t done, uint64_t total, void *arg);

struct shale_image_options {
	size_t size;
	const char *name; /* import: the image's name; NULL: the one in the source, if any */
	shale_progress_fn *progress;
	void *progress_arg;
	const struct shale_config_options *config; /* export: changes to the config; NULL: none */
	const char *platform; /* import: "OS/ARCHITECTURE[/VARIANT]" (linux/arm64), of an image for
			       * several; what a root filesystem is for. NULL: this machine */
	int all_tags; /* import: nonzero: every name in the source becomes an image's name */
	shale_pair_fn *imported; /* import: told name and top layer of each image, and its
				  * result is not looked at; or NULL */
	void *imported_arg;
	int keep_blobs; /* import: nonzero: keep compressed layers, too, for exports */
};

/* SOURCE: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], tar:FILE (a root
 * filesystem), or a path alone, which may hold any of these. FILE "-" is standard input. Gives the
 * top layer's id. */
SHALE_API int shale_image_import(struct shale_store *store, const char *source,
	const struct shale_image_options *options, char **ret_id, struct shale_error *err);
/* WHAT: an image's name or a layer's id. DEST: the same kinds; tar:FILE, or FILE alone, is
 * one merged tree, and FILE "-" standard output. A layer is exported with the config of the image
 * that it, or its nearest parent of which that is known, was made from. Where nothing says it and
 * images with different configs have those layers, -EINVAL. */
SHALE_API int shale_image_export(struct shale_store *store, const char *what, const char *dest,
	const struct shale_image_options *options, struct shale_error *err);

struct shale_image_info {
	const char *name;
	const char *top;    /* the top layer's id */
	const char *digest; /* of its config, "sha256:..." */
	int64_t created;    /* seconds since 1970 */
	size_t layers;
	uint64_t bytes;  /* of the files in its layers */
	uint64_t shared; /* of those in layers that another image (of another config) has, too */
};
typedef int shale_image_fn(const struct shale_image_info *image, void *arg);
/* What Docker shows of an image: Id (the digest of its config), Created, Layers, Size (the bytes of
 * its files), Top, and the Config as JSON. -ENOENT. */
SHALE_API int shale_image_metadata(struct shale_store *store, const char *name, shale_pair_fn *fn,
	void *arg, struct shale_error *err);

/* The config, as JSON, that an image or a layer has, or would be exported with: *RET is the
 * caller's. -ENOENT; -EINVAL: see shale_image_export. */
SHALE_API int shale_image_config(
	struct shale_store *store, const char *what, char **ret, struct shale_error *err);

/* One step of an image's making. */
struct shale_image_step {
	int64_t created;        /* seconds since 1970 */
	const char *created_by; /* "" where it is not said, as in the next two */
	const char *author, *comment;
	const char *layer; /* its id; "" of a step that changed no file */
	uint64_t bytes;    /* of that layer's files */
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
 * with the caller's subordinate ids (newuidmap, newgidmap) where /etc/subuid grants some; root
 * keeps all ids. Returns 1 if there are more ids than one, else 0, and then ERR's text and remedy
 * say why. */
SHALE_API int shale_unshare(struct shale_error *err);

#ifdef __cplusplus
}
#endif
