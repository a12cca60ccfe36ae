/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes one unpacking of a tar stream: into which directory, and under which limits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/archive/datasum.h"
#include "common/overlay/overlay_xattr.h"

/* Limits for one stream; 0 means the default. libarchive has its own limit of 1 MiB for PAX headers
 * and long names. */
struct apply_limits {
	uint64_t entries;   /* default: 50 million */
	uint64_t bytes;     /* sum of the sizes of the regular files; default: no limit */
	size_t name;        /* bytes of a name or of a link's target; default: 1 MiB */
	size_t xattrs;      /* number of xattrs of one entry; default: 1000 */
	size_t xattr_bytes; /* bytes of one entry's xattrs, with names; default: 512 KiB */
	uint64_t ratio; /* bytes unpacked for each byte of a compressed stream; default: no limit */
};

/* Where to write the record from which the stream can be restored (stream_format.h). */
struct apply_record {
	int dir;   /* the directory in which STREAM_FILE is made */
	int aside; /* an empty directory on the same filesystem, for replaced files; the caller
		      empties it afterwards */
};

struct apply_spec {
	int root;               /* the empty directory; nothing outside it is ever touched */
	enum xattr_class class; /* prefix of the xattrs that mark opaque directories */
	enum ownership ownership;
	/* Reads the next bytes of the stream. Returns their number, 0 at the stream's end, or a
	 * negative errno. */
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	/* The diff id that the caller expects, and compares with the result afterwards; or NULL.
	 * The result has the same algorithm; sha256 for NULL. A stream without an end mark is
	 * taken only if a diff id is expected. */
	const char *digest_as;
	const struct apply_limits *limits; /* NULL: the defaults */
	/* Sets labels of a host, such as security.selinux, as the stream has them. Otherwise
	 * leaves them out, as the engines do. */
	bool keep_labels;
	/* The layer has no parent: leave out whiteouts, which would hide nothing and be listed by a
	 * mount. */
	bool bottom;
	/* The roots of the layers below, topmost first; the caller closes them. A parent directory
	 * that the stream lacks gets owner, mode and xattrs from them. */
	const int *below;
	size_t n_below;
	size_t n_below_aufs; /* the lowest N layers may have aufs whiteouts (".wh.NAME") */
	/* Called for each regular file when it is complete, with the DIGEST of its data; PLAIN:
	 * the file has no xattrs. Called again with DIGEST NULL if a hard link changes the
	 * file's metadata later. Not called for a file whose data came out of order. Two threads
	 * may call it at the same time. May be NULL. */
	int (*wrote)(void *arg, const struct stat *st, const struct digest *digest, bool plain);
	void *wrote_arg;
	const struct apply_record *record; /* NULL: make no record */
};
