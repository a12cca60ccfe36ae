/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one door to names inside a directory tree that somebody else has filled. */
#pragma once

/*
 * Opens (O_PATH) the directory PATH of ROOT, as a process whose root directory is ROOT would:
 * symbolic links, "..", and absolute targets stay inside. "" is ROOT itself. With MAKE, what is
 * missing is asked for: MAKE(dirfd, name, arg) makes the directory NAME in DIRFD, or returns a
 * negative errno. It is also called for a NAME that is no directory, and may replace that; it then
 * returns 0, or -ENOTDIR to leave it. May be NULL.
 *
 * -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG. Nobody else may change the tree meanwhile.
 */
typedef int inroot_make_fn(int dirfd, const char *name, void *arg);
int inroot_open_dir(int root, const char *path, inroot_make_fn *make, void *arg);

/* One step of such a way: what NAME in the directory DIR, which lies in ROOT, leads to. A
 * descriptor, the caller's. */
struct inroot_step {
	int root, dir;
	const char *name;
	inroot_make_fn *make;
	void *arg;
};
int inroot_step(const struct inroot_step *step);
