/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layer blobs of containerd's content store: unpacked into snapshots, and made of them. What this
 * cannot do is UNIMPLEMENTED, and containerd has its next differ do it. */
#pragma once

#include "tools/shale-snapshotter/diff/content.h"
#include "tools/shale-snapshotter/proto/snapshots.pb-c.h"
#include "tools/shale-snapshotter/snapshots/catalog.h"

struct differ {
	struct catalog *catalog;
	const char *containerd; /* the address of its socket */
};

/* An OCI descriptor. */
struct blob {
	char digest[136]; /* "sha256:..." */
	int64_t size;
};

/* Unpacks a blob into the active snapshot that MOUNTS show, which is empty. RET is the tar, without
 * compression. */
enum wire_status diff_apply(const struct differ *differ, struct content *content,
	const Pb__ApplyRequest *request, struct blob *ret, struct shale_error *err);
/* Writes what RIGHT has changed of LEFT into a blob of MEDIA_TYPE, of the content store. */
enum wire_status diff_write(const struct differ *differ, struct content *content,
	const Pb__DiffRequest *request, const char *media_type, struct blob *ret,
	struct shale_error *err);
