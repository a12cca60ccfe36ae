/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks layer blobs of containerd's content store into snapshots, and makes blobs of snapshots.
 * Returns UNIMPLEMENTED for work that it cannot do, which containerd then gives to its next
 * differ. */
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

/* Unpacks a blob into the empty active snapshot that MOUNTS show. RET describes the tar without
 * compression. */
enum wire_status diff_apply(const struct differ *differ, struct content *content,
	const Pb__ApplyRequest *request, struct blob *ret, struct shale_error *err);
/* Writes the changes of RIGHT against LEFT into a blob of MEDIA_TYPE in the content store. */
enum wire_status diff_write(const struct differ *differ, struct content *content,
	const Pb__DiffRequest *request, const char *media_type, struct blob *ret,
	struct shale_error *err);
