/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes one unpacking of a tar stream: into which directory, and under which limits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/archive/datasum.h"
#include "common/overlay/overlay_xattr.h"

/* Limits for one stream; a field of 0 stands for its default. PAX headers and long names are
 * limited to 1 MiB by the reader itself. */
struct apply_limits {
	uint64_t entries;   /* 50 million */
	uint64_t bytes;     /* sum of the sizes of the regular files; no limit */
	size_t name;        /* bytes of a name or of a link's target; 1 MiB */
	size_t xattrs;      /* of one entry; 1000 */
	size_t xattr_bytes; /* names and values of one entry; 512 KiB */
	uint64_t ratio;     /* of what a compressed stream unpacks to; no limit */
};

/* Where the record goes that gives the stream back (stream_format.h). */
struct apply_record {
	int dir;   /* gets it as the new file STREAM_FILE */
	int aside; /* an empty directory on the same filesystem; what is in it afterwards is rubbish
		    */
};

struct apply_spec {
	int root;               /* the empty directory; nothing outside it is ever touched */
	enum xattr_class class; /* of the opaque marks */
	enum ownership ownership;
	/* Reads the next bytes of the stream: how many, 0 at its end, or a negative errno. */
	int64_t (*read)(void *arg, void *buf, size_t size);
	void *arg;
	const char *digest_as; /* what the diff id is to be compared with: the same algorithm;
				  NULL: sha256 */
	const struct apply_limits *limits; /* NULL: the defaults */
	/* security.selinux and other labels of a host's (see xattr_is_host_label) are set as
	 * they come. Else they are left out, as the engines do. */
	bool keep_labels;
	/* No layer lies below: whiteouts hide nothing and are left out. A mount would list them. */
	bool bottom;
	/* The roots of the layers below, topmost first: what parents that the stream lacks look
	 * like. They stay the caller's. */
	const int *below;
	size_t n_below;
	size_t n_below_aufs; /* as struct diff_spec's n_aufs */
	/* Called for each regular file when it is complete. DIGEST is that of its data; PLAIN: it
	 * has no xattrs. Two threads may call it at the same time. May be NULL. */
	int (*wrote)(void *arg, const struct stat *st, const struct digest *digest, bool plain);
	void *wrote_arg;
	const struct apply_record *record; /* NULL: none is wanted */
};
