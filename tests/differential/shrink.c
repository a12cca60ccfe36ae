/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/shrink.h"

#include "common/base/scope.h"

#include <string.h>
#include <time.h>

struct shrinker {
	struct plan *plan;
	const struct round_options *options;
	time_t end;
	/* The result of the original plan. A smaller plan that fails in another way does not
	 * count. */
	int result;
	char **report;
};

/* If CANDIDATE fails with the same result, it replaces the plan; otherwise frees it. */
static bool accept(struct shrinker *s, struct plan *candidate)
{
	char *report = NULL;

	stack_prune(&candidate->stack);
	if (round_run(candidate, s->options, &report) != s->result) {
		free(report);
		plan_free(candidate);
		return false;
	}
	free(*s->report);
	*s->report = report;
	plan_free(s->plan);
	*s->plan = *candidate;
	return true;
}

static void drop(void *array, size_t *n, size_t size, size_t from, size_t count)
{
	char *bytes = array;

	memmove(bytes + from * size, bytes + (from + count) * size, (*n - from - count) * size);
	*n -= count;
}

static bool try_without(struct shrinker *s, bool ops, size_t from, size_t count)
{
	struct plan candidate;

	plan_copy(s->plan, &candidate);
	if (ops)
		drop(candidate.ops, &candidate.n_ops, sizeof(*candidate.ops), from, count);
	else
		drop(candidate.stack.entries, &candidate.stack.n_entries,
			sizeof(*candidate.stack.entries), from, count);
	return accept(s, &candidate);
}

static size_t length(const struct shrinker *s, bool ops)
{
	return ops ? s->plan->n_ops : s->plan->stack.n_entries;
}

/* Tries to leave out parts of the list: first one half, in the end single entries. Begins at the
 * end of the list, where the failure is. */
static bool shrink_list(struct shrinker *s, bool ops)
{
	bool smaller = false;

	for (size_t chunk = (length(s, ops) + 1) / 2; chunk >= 1; chunk /= 2) {
		size_t at = length(s, ops);

		while (at > 0 && time(NULL) < s->end) {
			size_t count = at < chunk ? at : chunk;

			at -= count;
			if (try_without(s, ops, at, count))
				smaller = true;
			if (at > length(s, ops))
				at = length(s, ops);
		}
	}
	return smaller;
}

static bool simplify_ops(struct shrinker *s)
{
	bool simpler = false;

	for (size_t i = 0; i < s->plan->n_ops && time(NULL) < s->end; i++) {
		struct plan candidate;
		struct op *op = &s->plan->ops[i];

		if (!op->cred && !op->umask && !op->base)
			continue;
		plan_copy(s->plan, &candidate);
		candidate.ops[i].cred = candidate.ops[i].umask = candidate.ops[i].base = 0;
		simpler |= accept(s, &candidate);
	}
	return simpler;
}

static bool simplify_entries(struct shrinker *s)
{
	bool simpler = false;

	for (size_t i = 0; i < s->plan->stack.n_entries && time(NULL) < s->end; i++) {
		struct plan candidate;
		struct stack_entry *e;

		if (!s->plan->stack.entries[i].n_xattrs && !s->plan->stack.entries[i].uid &&
			!s->plan->stack.entries[i].gid)
			continue;
		plan_copy(s->plan, &candidate);
		e = &candidate.stack.entries[i];
		e->n_xattrs = 0;
		e->uid = e->gid = 0;
		simpler |= accept(s, &candidate);
	}
	return simpler;
}

static bool fewer_lowers(struct shrinker *s)
{
	struct plan candidate;

	if (s->plan->stack.n_lowers <= 1)
		return false;
	for (size_t i = 0; i < s->plan->stack.n_entries; i++)
		if (s->plan->stack.entries[i].layer == s->plan->stack.n_lowers - 1)
			return false;
	plan_copy(s->plan, &candidate);
	candidate.stack.n_lowers--;
	return accept(s, &candidate);
}

void shrink(struct plan *plan, const struct round_options *options, int result, unsigned seconds,
	char **report)
{
	struct shrinker s = { plan, options, time(NULL) + (time_t)seconds, result, report };
	bool smaller = true;

	while (smaller && time(NULL) < s.end) {
		smaller = shrink_list(&s, true);
		smaller |= shrink_list(&s, false);
		smaller |= fewer_lowers(&s);
		smaller |= simplify_ops(&s);
		smaller |= simplify_entries(&s);
	}
}
