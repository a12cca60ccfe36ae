/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the name of a tar entry says: where it goes, and whether it hides something. */
#pragma once

#include "common/shale.h"

#include <stddef.h>

#define SHALE_WHITEOUT_PREFIX ".wh."
#define SHALE_OPAQUE_NAME     ".wh..wh..opq"

enum shale_entry_kind {
	SHALE_ENTRY_PLAIN,
	SHALE_ENTRY_ROOT,     /* "/", "./" */
	SHALE_ENTRY_WHITEOUT, /* ".wh.NAME": BASE is NAME */
	SHALE_ENTRY_OPAQUE,   /* ".wh..wh..opq": PARENT is the directory */
	SHALE_ENTRY_SKIP,     /* other ".wh..wh." names: AUFS's own */
};

struct shale_entry_name {
	enum shale_entry_kind kind;
	char *parent; /* "a/b", "" for the root; no empty components, no "." */
	char *base;
	char *memory; /* of both */
};

/* Reads NAME; absolute names start at the root. -EINVAL for "..", -ENAMETOOLONG past MAX bytes in
 * all, or NAME_MAX in a component, the prefix of a whiteout not counted. Free with
 * shale_entry_name_free. */
int shale_entry_name_parse(
	const char *name, size_t max, struct shale_entry_name *ret, struct shale_error *err);
void shale_entry_name_free(struct shale_entry_name *name);

#define auto_entry_name __attribute__((cleanup(shale_entry_name_free)))
