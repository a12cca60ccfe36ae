/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens names inside a directory tree that somebody else has filled, and never leaves the tree. */
#pragma once

/* Opens (O_PATH) the directory PATH of ROOT as a process would whose root directory is ROOT:
 * symbolic links, "..", and absolute targets stay inside. "" is ROOT itself. MAKE, which may be
 * NULL, is called for a missing name: MAKE(dirfd, name, arg) makes the directory NAME in DIRFD, or
 * returns a negative errno. MAKE is also called for a NAME that is no directory, and may replace
 * it; MAKE then returns 0, or -ENOTDIR to leave it.
 *
 * Returns the descriptor or -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG. No other process may change
 * the tree meanwhile.
 */
typedef int inroot_make_fn(int dirfd, const char *name, void *arg);
int inroot_open_dir(int root, const char *path, inroot_make_fn *make, void *arg);

/* The arguments of one step of such a walk, which opens the target of NAME in the directory DIR
 * of ROOT. The caller owns the descriptor that the step returns. */
struct inroot_step {
	int root, dir;
	const char *name;
	inroot_make_fn *make;
	void *arg;
};
int inroot_step(const struct inroot_step *step);
