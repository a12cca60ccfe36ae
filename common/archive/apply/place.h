/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where entries go: their parent directories, and what stands in their place already. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "common/archive/apply/deferred_dirs.h"
#include "common/archive/apply/pathlog.h"
#include "common/archive/stream/stream_record.h"
#include "common/archive/apply/dir_cache.h"

struct place {
	const struct apply_spec *spec;
	struct deferred_dirs *late;
	struct stream_record *record; /* gets what is replaced; NULL: it is removed */
	char *parent_path;            /* the parent last asked for ... */
	int parent;                   /* ... and it, open; or -1 */
	bool linked;                  /* a symbolic link may lead there */
	unsigned long removed;
	struct way way;
	struct pathlog whiteouts; /* all that were made */
	bool opaques;             /* were made */
	bool root_opaque;         /* a mark says so: see place_hide_all */
};

/* The open directory PARENT of the root, made where the stream lacks it; the place's own, until
 * the next call of any function here. */
int place_parent(struct place *place, const char *parent, struct shale_error *err);
/* The path of NAME in the parent last asked for, PARENT, without links on the way: the caller's to
 * free. NULL: it cannot be told. */
int place_path(const struct place *place, const char *parent, const char *name, char **ret);

/* Makes room for NAME in DIRFD: removes what is there, a whole directory too, except that a
 * directory stays for a new directory. Returns what was (or still is) there. */
enum place_was {
	PLACE_FREE,
	PLACE_WHITEOUT,
	PLACE_OTHER,
	PLACE_KEPT, /* the directory is still there */
};
int place_clear(struct place *place, int dirfd, const char *name, bool for_directory,
	struct shale_error *err);

/* Makes the directory NAME in DIRFD, or finds it there; one that was whited out becomes opaque. */
int place_mkdir(struct place *place, int dirfd, const char *name, struct shale_error *err);

/* 1 if a whiteout or an opaque mark in PARENT hides anything; 0 where the stream has a file or a
 * link on the way there: that hides all of what lies below already, and where a link leads to,
 * another name is meant. kaniko writes such whiteouts, for a directory that it replaced. */
int place_hides(struct place *place, const char *parent, struct shale_error *err);

/* .wh.NAME in PARENT: a whiteout, or if the stream holds NAME itself, only what the layers below
 * have of it is hidden. */
int place_whiteout(
	struct place *place, const char *parent, const char *name, struct shale_error *err);
/* The same in DIRFD, the parent last asked for. */
int place_whiteout_in(struct place *place, int dirfd, const char *parent, const char *name,
	struct shale_error *err);
int place_opaque(struct place *place, int dirfd, struct shale_error *err);

/* Hides all that the layers below show, where a mark at the root says so. Overlayfs merges the
 * roots of its layers whatever they are marked: each name gets a whiteout of its own. Call it
 * when all is unpacked. */
int place_hide_all(struct place *place, struct shale_error *err);

void place_close(struct place *place);
