/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the name of a tar entry: its path in the layer, and whether it is a whiteout or an opaque
 * mark. */
#pragma once

#include "common/shale.h"

#include <stddef.h>

#define WHITEOUT_PREFIX ".wh."
#define OPAQUE_NAME     ".wh..wh..opq"
#define AUFS_LINKS      ".wh..wh.plnk"

enum entry_kind {
	ENTRY_PLAIN,
	ENTRY_ROOT,      /* "/", "./", "" */
	ENTRY_WHITEOUT,  /* ".wh.NAME": BASE is NAME */
	ENTRY_OPAQUE,    /* ".wh..wh..opq": PARENT becomes opaque */
	ENTRY_AUFS_LINK, /* a file in AUFS_LINKS, which hard links may name */
	ENTRY_SKIP, /* skip the entry: another ".wh..wh." name, which is AUFS's own, or a name below
		       ".wh.NAME/" */
};

struct entry_name {
	enum entry_kind kind;
	char *parent; /* "a/b", "" for the root; no empty components, no ".", no ".." */
	char *base;
	char *memory; /* the memory that PARENT and BASE point into */
};

/* Reads NAME. An absolute name starts at the root, and "a/../b" is "b". Returns -EINVAL for a
 * ".." that leads above the root; -ENAMETOOLONG for more than MAX bytes in all, or NAME_MAX in a
 * component without the prefix of a whiteout. Free the result with entry_name_free. */
int entry_name_parse(const char *name, size_t max, struct entry_name *ret, struct shale_error *err);
void entry_name_free(struct entry_name *name);

#define auto_entry_name __attribute__((cleanup(entry_name_free)))
