/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A HOME like a store's for tests of the kernel backend, in a mount namespace of its own. */
#pragma once

#include <check.h>
#include <stddef.h>

#include "common/backend.h"

#define MOST_LAYERS 500

struct fixture {
	int home;
	char home_path[4096]; /* absolute path of HOME, which is also the working directory of the
				 test */
	char run_path[4096];
	char *lowers[MOST_LAYERS]; /* "l/SHORT": each is a symbolic link to a layer with the file
				      "fN" */
	size_t n_lowers;
	/* For a mount of the layer "top" over all LOWERS, at "top/merged". */
	struct mount_spec spec;
	struct shale_error err;
};

/* Ends the program because this host lacks WHAT: the program is skipped, in TAP, or failed with
 * SHALE_MUST_RUN=1. */
void give_up(const char *what) __attribute__((noreturn));

/* Enters the namespaces that the tests need. Ends the program if it cannot. */
void fixture_namespace(void);

/* Makes HOME in a directory of its own, with N layers and an empty writable one above them.
 * fixture_close removes HOME. */
struct fixture *fixture_open(size_t n);
void fixture_close(struct fixture *fixture);

/* Mounts the fixture's spec. Fails the test on an error. */
void fixture_mount(struct fixture *fixture);
void fixture_umount(struct fixture *fixture);

/* Fails the test unless the file NAME in HOME has the content TEXT. */
void assert_holds(const char *name, const char *text);
void make_file(const char *name, const char *text);
/* Returns the line of /proc/self/mountinfo for the mount at the absolute PATH. The caller frees
 * it. */
char *mountinfo_of(const char *path);

/* Ways to mount, for the rest of the test: 0 as this kernel does, 1 as one without fsopen, 2 as
 * under a container's filter that does not know fsopen, 3 as Linux 6.5, which does not know
 * `lowerdir+`, and 4 as Linux 6.4, which takes any option and fails at the end. */
#define WAYS     3
#define ALL_WAYS 5
void take_way(int way);

TCase *kernel_mount_tests(void);
TCase *kernel_old_tests(void);
TCase *kernel_option_tests(void);
TCase *kernel_probe_tests(void);
