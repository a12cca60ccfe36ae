/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks layer blobs of containerd's content store into snapshots, and makes blobs from snapshots.
 * Work that it cannot do ends with UNIMPLEMENTED: then containerd tries its next differ. */
#pragma once

#include "tools/shale-snapshotter/diff/content.h"
#include "tools/shale-snapshotter/proto/snapshots.pb-c.h"
#include "tools/shale-snapshotter/snapshots/catalog.h"

struct differ {
	struct catalog *catalog;
	const char *containerd; /* the address of containerd's socket */
};

/* An OCI descriptor. */
struct blob {
	char digest[136]; /* "sha256:..." */
	int64_t size;
};

/* Unpacks a blob into the snapshot that MOUNTS show, an active and empty one. RET describes the
 * uncompressed tar. */
enum wire_status diff_apply(const struct differ *differ, struct content *content,
	const Pb__ApplyRequest *request, struct blob *ret, struct shale_error *err);
/* Compares the snapshot of the mounts RIGHT with that of LEFT, and writes the changes as a blob of
 * MEDIA_TYPE into the content store. */
enum wire_status diff_write(const struct differ *differ, struct content *content,
	const Pb__DiffRequest *request, const char *media_type, struct blob *ret,
	struct shale_error *err);
