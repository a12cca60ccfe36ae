/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks into the layers below while a stream is applied on them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "common/archive/apply/apply_spec.h"
#include "common/archive/stack.h"

/* The directory that the last call of lower_tree_look has reached. The next call's path must begin
 * with the path of this directory. */
struct lower_tree {
	const struct apply_spec *spec; /* the caller sets this field; all others begin as zeros */
	struct stack stack;
	struct stack_dir dir;
	size_t at; /* the first AT bytes of the path lead to DIR */
	bool begun, lost;
};
void lower_tree_close(struct lower_tree *below);
#define auto_lower_tree __attribute__((cleanup(lower_tree_close)))

/* Continues from the last place along the rest of PATH. If PATH is a directory of the layers below,
 * returns 1 and its descriptor; else 0. */
int lower_tree_look(struct lower_tree *below, const char *path, struct stat *ret_st, int *ret_fd,
	struct shale_error *err);

/* Returns 1 if PATH is, or may be, a directory of the layers below; 0 if not. "" is the root. */
int lower_tree_has_dir(const struct apply_spec *spec, const char *path, struct shale_error *err);

/* A function that is called with each name in the root of the layers below. */
typedef int lower_tree_name_fn(void *arg, const char *name, struct shale_error *err);
int lower_tree_each_name(
	const struct apply_spec *spec, lower_tree_name_fn *fn, void *arg, struct shale_error *err);
