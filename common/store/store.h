/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inner interface of the store for common/image, which uses it beside shale.h. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/progress.h"
#include "common/archive/apply/apply.h"
#include "common/archive/diff/diff.h"
#include "common/shale.h"

/* Descriptors of HOME and of HOME/images (one file for each image name; -1 in a directory of
 * another engine), which the store owns. While a process has a shared lock on images/.lock, no
 * layer is collected as garbage. */
int store_home(const struct shale_store *store);
int store_images(const struct shale_store *store);
/* If CODE means that the disk is full or a disk quota is used up, adds a remedy to ERR. Returns
 * CODE. */
int store_explain_full(const struct shale_store *store, int code, struct shale_error *err);

enum xattr_class store_xattr_class(const struct shale_store *store);
bool store_keeps_labels(const struct shale_store *store);
enum ownership store_ownership(const struct shale_store *store);

/* A layer to be made from a tar. The tar is unpacked in staging/; then one rename puts the layer
 * into the store. */
struct new_layer {
	const char *id;
	const char *parent; /* the parent's id; NULL or "": none */
	/* A digest that the caller compares with the diff id. The diff id gets the same algorithm.
	 * NULL: sha256. */
	const char *digest_as;
	int64_t (*read)(void *arg, void *buf, size_t size); /* the tar, plain or compressed */
	void *arg;
	/* Called at the end of the stream, before the layer exists, to compare digests. After a
	 * negative result no layer is made. May be NULL. */
	int (*verify)(const struct apply_result *result, void *arg, struct shale_error *err);
	const struct shale_limits *limits; /* NULL: the limits of the environment */
};
/* Makes an immutable layer: complete or not at all, and on the disk before it has a name. Returns
 * -EEXIST, without reading the stream, if ID exists. add_layer.h does the same in steps. */
int store_add_layer(struct shale_store *store, const struct new_layer *layer,
	struct apply_result *ret, struct shale_error *err);

/* Lets the caller add to a new layer: files in its directory DIR, fields in its RECORD
 * (layer.json). Called when the layer is complete, before it has its name. */
struct layer_extra {
	int (*add)(int dir, json_t *record, void *arg, struct shale_error *err);
	void *arg;
};
/* Like shale_layer_create and shale_layer_commit, but with EXTRA, which may be NULL. The parent is
 * a layer's id or an absolute path, never an image: the store does not know images. */
int store_create_layer(struct shale_store *store, const char *id,
	const struct shale_layer_options *options, const struct layer_extra *extra,
	struct shale_error *err);
int store_commit_layer(struct shale_store *store, const char *id, const char *new_id,
	const struct layer_extra *extra, struct progress *progress, struct shale_error *err);

/* Tells whether somebody may write to the layer ID now, through a mount of this store. */
bool store_is_used(struct shale_store *store, const char *id);
/* Tells whether the layer ID itself has no files: nothing was written to it, or not since its last
 * snapshot. */
bool store_upper_is_empty(const struct shale_store *store, const char *id);
/* If the writable layer ID is in use, makes the immutable layer NEW_ID of what it holds now: by a
 * snapshot without a copy, so that no file is caught in the middle of a change. EXTRA may be NULL.
 * Returns 1; 0: nobody writes to ID now; -EOPNOTSUPP, with words that say why: ID is in use, but
 * its mount cannot be frozen; -EEXIST, or another negative errno. */
int store_freeze_used(struct shale_store *store, const char *id, const char *new_id,
	const struct layer_extra *extra, struct shale_error *err);
/* Warns in the log that ACT ("commit", "export") has read ID while it may have changed, because of
 * WHY. */
void store_warn_used(const struct shale_store *store, const char *act, const char *id,
	const struct shale_error *why);

/* Commits like shale_layer_commit with SHALE_COMMIT_MOVE. */
int store_move_layer(struct shale_store *store, const char *id, const char *new_id,
	const struct shale_commit_options *options, struct shale_error *err);

/* Reads one field of layer.json ("diff-id", "parent", ...). The caller frees *RET, which is NULL
 * if the field is not set. */
int store_layer_get_field(struct shale_store *store, const char *id, const char *key, char **ret,
	struct shale_error *err);

/* Opens the roots of ID and of its ancestors, topmost first. Free with layer_roots_free. */
struct layer_roots {
	int *fds;
	char **ids;
	size_t n;
	size_t n_aufs; /* the lowest N_AUFS layers may hold whiteouts called .wh.NAME */
	bool frozen;   /* layer ID, the topmost one, is immutable, too */
};
int store_layer_roots(struct shale_store *store, const char *id, struct layer_roots *ret,
	struct shale_error *err);
/* Checks that no layer was removed or replaced while the caller read from the roots, since no lock
 * is held. Returns -ESTALE if one was: the caller's data may be incomplete. */
int store_layer_roots_still_there(
	const struct shale_store *store, const struct layer_roots *roots, struct shale_error *err);
/* Puts the root FD of layer ID on top, and takes FD over on success. */
int layer_roots_put(struct layer_roots *roots, const char *id, int fd);
void layer_roots_free(struct layer_roots *roots);

/* Returns 1 if layer ID can be given back as the tar stream that it came from, else 0. */
int store_layer_original(struct shale_store *store, const char *id, struct stream_original *ret,
	struct shale_error *err);
