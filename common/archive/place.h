/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where entries go: their parent directories, and what stands in their place already. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/archive/late.h"
#include "common/archive/pathlog.h"
#include "common/archive/stream_record.h"
#include "common/archive/way.h"

struct shale_place {
	const struct shale_apply_spec *spec;
	struct shale_late *late;
	struct shale_stream_record *record; /* gets what is replaced; NULL: it is removed */
	char *parent_path;                  /* the parent last asked for ... */
	int parent;                         /* ... and it, open; or -1 */
	bool linked;                        /* a symbolic link may lead there */
	unsigned long removed;
	struct shale_way way;
	struct shale_pathlog whiteouts; /* all that were made */
	bool opaques;                   /* were made */
	bool root_opaque;               /* a mark says so: see shale_place_hide_all */
};

/* The open directory PARENT of the root, made where the stream lacks it; the place's own, until
 * the next call of any function here. */
int shale_place_parent(struct shale_place *place, const char *parent, struct shale_error *err);
/* The path of NAME in the parent last asked for, PARENT, without links on the way: the caller's to
 * free. NULL: it cannot be told. */
int shale_place_path(
	const struct shale_place *place, const char *parent, const char *name, char **ret);

/* Makes room for NAME in DIRFD: removes what is there, a whole directory too, except that a
 * directory stays for a new directory. Returns what was (or still is) there. */
enum shale_place_was {
	SHALE_PLACE_FREE,
	SHALE_PLACE_WHITEOUT,
	SHALE_PLACE_OTHER,
	SHALE_PLACE_KEPT, /* the directory is still there */
};
int shale_place_clear(struct shale_place *place, int dirfd, const char *name, bool for_directory,
	struct shale_error *err);

/* Makes the directory NAME in DIRFD, or finds it there; one that was whited out becomes opaque. */
int shale_place_mkdir(
	struct shale_place *place, int dirfd, const char *name, struct shale_error *err);

/* 1 if a whiteout or an opaque mark in PARENT hides anything; 0 where the stream has a file or a
 * link on the way there: that hides all of what lies below already, and where a link leads to,
 * another name is meant. kaniko writes such whiteouts, for a directory that it replaced. */
int shale_place_hides(struct shale_place *place, const char *parent, struct shale_error *err);

/* .wh.NAME in PARENT: a whiteout, or if the stream holds NAME itself, only what the layers below
 * have of it is hidden. */
int shale_place_whiteout(
	struct shale_place *place, const char *parent, const char *name, struct shale_error *err);
/* The same in DIRFD, the parent last asked for. */
int shale_place_whiteout_in(struct shale_place *place, int dirfd, const char *parent,
	const char *name, struct shale_error *err);
int shale_place_opaque(struct shale_place *place, int dirfd, struct shale_error *err);

/* Hides all that the layers below show, where a mark at the root says so. Overlayfs merges the
 * roots of its layers whatever they are marked: each name gets a whiteout of its own. Call it
 * when all is unpacked. */
int shale_place_hide_all(struct shale_place *place, struct shale_error *err);

void shale_place_close(struct shale_place *place);
