/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks into the layers below while a stream is applied on them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "common/archive/apply/apply_spec.h"
#include "common/archive/stack.h"

/* Where the last call of lower_tree_look ended. The path of the next call must begin with the
 * path of that place. */
struct lower_tree {
	const struct apply_spec *spec; /* set this one; all other fields begin as zeros */
	struct stack stack;
	struct stack_dir dir;
	size_t at; /* length of the part of the path that leads to DIR */
	bool begun, lost;
};
void lower_tree_close(struct lower_tree *below);
#define auto_lower_tree __attribute__((cleanup(lower_tree_close)))

/* Goes on from the last place along the rest of PATH. Returns 1 and a descriptor if PATH is a
 * directory of the layers below, else 0. */
int lower_tree_look(struct lower_tree *below, const char *path, struct stat *ret_st, int *ret_fd,
	struct shale_error *err);

/* Returns 1 if PATH is, or may be, a directory; 0 if not. "" is the root. */
int lower_tree_has_dir(const struct apply_spec *spec, const char *path, struct shale_error *err);

/* Called with each name that the root of the layers below shows. */
typedef int lower_tree_name_fn(void *arg, const char *name, struct shale_error *err);
int lower_tree_each_name(
	const struct apply_spec *spec, lower_tree_name_fn *fn, void *arg, struct shale_error *err);
