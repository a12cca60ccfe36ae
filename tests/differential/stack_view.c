/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/stack.h"

#include <string.h>

/* Returns the layer at DEPTH, counted from the top: -1 is upper. */
static int layer_at(int depth)
{
	return depth < 0 ? STACK_UPPER : depth;
}

/* Finds the entry that the layers down to *BOTTOM show at this name. Moves *BOTTOM up to the last
 * layer that is merged into the directory. */
static const struct stack_entry *look_up(
	const struct stack *stack, const char *path, size_t length, int *bottom)
{
	const struct stack_entry *top = NULL;

	for (int depth = -1; depth <= *bottom; depth++) {
		const struct stack_entry *e = stack_entry_at(stack, layer_at(depth), path, length);

		if (!e)
			continue;
		if (top && e->kind != ENTRY_DIR) {
			*bottom = depth - 1;
			return top;
		}
		top = top ? top : e;
		if (e->kind != ENTRY_DIR || e->opaque) {
			*bottom = depth;
			return top;
		}
	}
	return top;
}

const struct stack_entry *stack_shows(const struct stack *stack, const char *path)
{
	int bottom = stack->n_lowers - 1;
	const struct stack_entry *found = NULL;

	for (const char *end = path; end; end = *end ? end + 1 : NULL) {
		end = strchrnul(end, '/');
		found = look_up(stack, path, (size_t)(end - path), &bottom);
		if (!found || found->kind == ENTRY_WHITEOUT || (*end && found->kind != ENTRY_DIR))
			return NULL;
	}
	return found;
}
