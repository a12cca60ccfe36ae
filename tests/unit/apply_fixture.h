/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks a tarball into a scratch directory, as most tests of common/archive do. */
#pragma once

#include <sys/stat.h>

#include "common/archive/apply/apply.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tarball.h"

struct applied {
	int root;
	int code;
	struct apply_result result;
	struct shale_error err;
};

/* Unpacks TAR from its beginning, with marks in the user class and owners in the inode. The caller
 * closes the directory. */
struct applied apply_tarball(struct tarball *tar);
/* The same with more of the spec given; fills in its root, read and arg. The record of everything
 * that is unpacked must give the same stream back. */
struct applied apply_with(struct tarball *tar, struct apply_spec spec);
/* The same for N entries; fails the test with the error's words unless the result is CODE. */
struct applied apply_entries(const struct tar_entry *entries, size_t n, int code);
/* Applies at most MOST entries, up to one without a name; the layer must have the names TREE. */
void apply_gives(const struct tar_entry *entries, size_t most, const char *tree);
/* The stat of PATH below ROOT, which must be there; of a link itself. */
struct stat stat_of(int root, const char *path);
