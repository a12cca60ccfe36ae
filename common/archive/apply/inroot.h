/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens names inside a directory tree that somebody else has filled, and never leaves it. */
#pragma once

/*
 * Opens (O_PATH) the directory PATH of ROOT as a process would whose root directory is ROOT:
 * symbolic links, "..", and absolute targets stay inside. "" is ROOT itself. MAKE, which may be
 * NULL, is called for a missing name: MAKE(dirfd, name, arg) makes the directory NAME in DIRFD, or
 * returns a negative errno. It is also called for a NAME that is no directory, and may replace it;
 * it then returns 0, or -ENOTDIR to leave it.
 *
 * -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG. No other process may change the tree meanwhile.
 */
typedef int inroot_make_fn(int dirfd, const char *name, void *arg);
int inroot_open_dir(int root, const char *path, inroot_make_fn *make, void *arg);

/* One step of such a walk: opens the target of NAME in the directory DIR, which lies in ROOT.
 * Returns a descriptor, the caller's. */
struct inroot_step {
	int root, dir;
	const char *name;
	inroot_make_fn *make;
	void *arg;
};
int inroot_step(const struct inroot_step *step);
