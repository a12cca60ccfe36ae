/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A HOME like a store's for tests of the kernel backend, in a mount namespace of its own. */
#pragma once

#include <check.h>
#include <stddef.h>

#include "common/backend.h"

#define MOST_LAYERS 500

struct fixture {
	int home;
	char home_path[4096]; /* absolute; also the working directory of the test */
	char run_path[4096];
	char *lowers[MOST_LAYERS]; /* "l/SHORT": each a symlink to a layer that holds "fN" */
	size_t n_lowers;
	struct mount_spec spec; /* for a mount of "top" over all of them, at "top/merged" */
	struct shale_error err;
};

/* Ends the program because this host lacks WHAT: skipped, in TAP, or failed with
 * SHALE_MUST_RUN=1. */
void give_up(const char *what) __attribute__((noreturn));

/* Enters the namespaces that the tests need, or gives up. */
void fixture_namespace(void);

/* Makes HOME in a directory of its own, with N layers and an empty writable one above them.
 * fixture_close removes it. */
struct fixture *fixture_open(size_t n);
void fixture_close(struct fixture *fixture);

/* Mounts; fails the test on an error. */
void fixture_mount(struct fixture *fixture);
void fixture_umount(struct fixture *fixture);

/* Fails the test unless NAME in HOME holds TEXT. */
void assert_holds(const char *name, const char *text);
void make_file(const char *name, const char *text);
/* The line of /proc/self/mountinfo of the mount at the absolute PATH; the caller's to free. */
char *mountinfo_of(const char *path);

/* The ways to mount: 0 as this kernel does, 1 as one without fsopen, 2 as under a container's
 * filter that does not know it; 3 as Linux 6.5, which knows no `lowerdir+`, and 4 as Linux 6.4,
 * which takes any option and complains in the end. For the rest of the test. */
#define WAYS     3
#define ALL_WAYS 5
void take_way(int way);

TCase *kernel_mount_tests(void);
TCase *kernel_old_tests(void);
TCase *kernel_option_tests(void);
TCase *kernel_probe_tests(void);
