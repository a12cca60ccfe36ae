/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/round.h"

#include "common/base/scope.h"
#include "tests/differential/credentials.h"
#include "tests/differential/execute.h"
#include "tests/differential/generate.h"
#include "tests/differential/sandbox.h"
#include "tests/differential/tree.h"
#include "tests/differential/user_mount.h"
#include "tests/differential/xattrs.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct round {
	const struct plan *plan;
	const struct round_options *options;
	struct sandbox_shared *shared;
	char scratch[256];
	struct side sides[2];
	FILE *report;
};

/* Only one id is mapped: replaces other ids in ACLs by it. See allowed.h. */
static void leave_others_out(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_ops; i++)
		xattr_of_one_id(plan->ops[i].name, plan->ops[i].value, PLAIN_ID);
	for (size_t i = 0; i < plan->stack.n_entries; i++)
		for (size_t j = 0; j < plan->stack.entries[i].n_xattrs; j++)
			xattr_of_one_id(plan->stack.entries[i].xattrs[j].name,
				plan->stack.entries[i].xattrs[j].hex, PLAIN_ID);
}

void plan_generate(uint64_t seed, const struct round_options *options, struct plan *ret)
{
	struct rng rng;
	struct stack_options stack = { .userns = options->mount.userns };
	struct generate_options generate = { options->n_ops, options->tmpfile, options->restack,
		options->mount.userns, options->one_id };

	rng_seed(&rng, seed);
	/* In a user namespace the kernel cannot decode file handles, so it loses inode numbers that
	 * FUSE keeps. Do not compare them there. */
	*ret = (struct plan){ .seed = seed, .watch = seed % 2 && !options->mount.userns };
	stack_generate(&rng, &stack, &ret->stack);
	ret->ops = generate_ops(&rng, &ret->stack, &generate, &ret->n_ops);
	if (options->mount.plain)
		leave_others_out(ret);
}

void plan_free(struct plan *plan)
{
	stack_free(&plan->stack);
	free(plan->ops);
	plan->ops = NULL;
}

void plan_copy(const struct plan *from, struct plan *ret)
{
	*ret = *from;
	ret->ops = calloc(from->n_ops + 1, sizeof(*ret->ops));
	ret->stack.entries = calloc(from->stack.n_entries + 1, sizeof(*ret->stack.entries));
	if (!ret->ops || !ret->stack.entries)
		abort();
	memcpy(ret->ops, from->ops, from->n_ops * sizeof(*ret->ops));
	memcpy(ret->stack.entries, from->stack.entries,
		from->stack.n_entries * sizeof(*ret->stack.entries));
}

static void doing(struct round *round, const char *what)
{
	snprintf(round->shared->doing, sizeof(round->shared->doing), "%s", what);
}

static int broken(struct round *round, const char *what, const struct side *side, int code)
{
	char path[300], line[300];

	fprintf(round->report, "  %s %s: %s\n", what, side ? side->name : "", strerror(-code));
	snprintf(path, sizeof(path), "%s/%s/log", round->scratch, side ? side->name : "");
	auto_fclose FILE *log = fopen(path, "re");
	while (log && fgets(line, sizeof(line), log))
		fprintf(round->report, "    log: %s", line);
	return ROUND_BROKEN;
}

static int build(struct round *round)
{
	const struct stack *stack = &round->plan->stack;
	bool userns = round->options->mount.userns;
	char path[300];

	snprintf(path, sizeof(path), "%s/lower", round->scratch);
	if (mkdir(path, 0755) < 0)
		return -errno;
	for (int i = 0; i < stack->n_lowers; i++) {
		snprintf(path, sizeof(path), "%s/lower/%d", round->scratch, i);
		if (mkdir(path, 0755) < 0)
			return -errno;
		int r = stack_build(stack, i, path, userns);
		if (r < 0)
			return r;
	}
	for (int i = 0; i < 2; i++) {
		int r = side_make(&round->sides[i], round->scratch);

		snprintf(path, sizeof(path), "%s/%s/upper", round->scratch, round->sides[i].name);
		if (r == 0)
			r = stack_build(stack, STACK_UPPER, path, userns);
		if (r < 0)
			return r;
	}
	return 0;
}

static void note_connection(struct round *round, int i)
{
	struct stat st;

	/* Find the FUSE connection by the mount's device number: a request to the root of the mount
	 * could hang. */
	if (round->sides[i].backend == BACKEND_FUSE && fstat(round->sides[i].root, &st) == 0)
		round->shared->fuse_connections[i] = minor(st.st_dev);
}

static int mount_both(struct round *round)
{
	for (int i = 0; i < 2; i++) {
		doing(round, "mount");
		int r = side_mount(&round->sides[i], round->scratch, round->plan->stack.n_lowers,
			&round->options->mount);

		if (r < 0)
			return broken(round, "mount", &round->sides[i], r);
		note_connection(round, i);
	}
	return 0;
}

static int umount_both(struct round *round)
{
	for (int i = 0; i < 2; i++) {
		doing(round, "unmount");
		int r = side_umount(&round->sides[i], round->scratch);

		if (r < 0)
			return broken(round, "unmount", &round->sides[i], r);
		round->shared->fuse_connections[i] = 0;
	}
	return 0;
}

static int restack(struct round *round)
{
	int r = umount_both(round);

	for (int i = 0; i < 2 && r == 0; i++)
		if ((r = side_restack(&round->sides[i], round->scratch)) < 0)
			r = broken(round, "restack", &round->sides[i], r);
	return r ? r : mount_both(round);
}

static char *result_of(struct round *round, int i, const struct op *op)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	execute(&round->sides[i], op, round->plan->watch, out);
	fclose(out);
	return text;
}

static void print_op_line(const struct op *op, char *line, size_t size)
{
	FILE *out = fmemopen(line, size, "w");

	op_print(op, out);
	fclose(out);
}

static int run_ops(struct round *round)
{
	for (size_t n = 0; n < round->plan->n_ops; n++) {
		const struct op *op = &round->plan->ops[n];
		char line[4000] = "";

		print_op_line(op, line, sizeof(line));
		doing(round, line);
		if (op->kind == OP_RESTACK) {
			int r = restack(round);
			if (r)
				return r;
			continue;
		}
		auto_free char *first = result_of(round, 0, op);
		auto_free char *second = result_of(round, 1, op);

		if (getenv("DIFFERENTIAL_VERBOSE"))
			fprintf(stderr, "%s\n    => %s\n", line, first);
		if (!strcmp(first, second))
			continue;
		fprintf(round->report, "  operation %zu, as %s: %s\n    %s: %s\n    %s: %s\n",
			n + 1, credentials_name((size_t)op->cred), line, round->sides[0].name,
			first, round->sides[1].name, second);
		return ROUND_RESULT;
	}
	return 0;
}

/* Read through the descriptor: a kernel mount of a plain user has no path here. */
static void read_merged(struct round *round, struct tree trees[2])
{
	enum tree_view view = TREE_MERGED | (round->options->restack ? TREE_RESTACKED : 0);

	for (int i = 0; i < 2; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d/.", round->sides[i].root);
		doing(round, "read the tree");
		tree_read(path, view, &trees[i]);
	}
}

static void read_both(
	struct round *round, const char *below, enum tree_view view, struct tree trees[2])
{
	for (int i = 0; i < 2; i++) {
		char path[300];

		snprintf(path, sizeof(path), "%s/%s/%s", round->scratch, round->sides[i].name,
			below);
		doing(round, "read the tree");
		tree_read(path, round->options->restack ? view | TREE_RESTACKED : view, &trees[i]);
	}
}

static int compare_both(struct round *round, const char *what, struct tree trees[2], int result)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	size_t n = tree_compare(
		&trees[0], round->sides[0].name, &trees[1], round->sides[1].name, out);

	fclose(out);
	if (!n)
		return 0;
	fprintf(round->report, "  %s: %zu names differ\n%s", what, n, text);
	return result;
}

static void free_both(struct tree trees[2])
{
	tree_free(&trees[0]);
	tree_free(&trees[1]);
}

static int compare_mounted(struct round *round)
{
	struct tree before[2], after[2];

	read_merged(round, before);
	int r = compare_both(round, "the trees", before, ROUND_TREE);
	if (r == 0)
		r = umount_both(round);
	if (r == 0)
		r = mount_both(round);
	if (r == 0) {
		read_merged(round, after);
		if (!round->options->mount.userns) {
			tree_mark_kept(&before[0], &after[0]);
			tree_mark_kept(&before[1], &after[1]);
		}
		r = compare_both(round, "the trees, mounted again", after, ROUND_REMOUNT);
		free_both(after);
	}
	free_both(before);
	return r;
}

static int leftover(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	bool whiteout = S_ISCHR(st->st_mode) && st->st_rdev == 0;

	if (ftw->level == 1 && !strcmp(path + ftw->base, "index"))
		return FTW_SKIP_SUBTREE;
	return S_ISDIR(st->st_mode) || whiteout ? FTW_CONTINUE : FTW_STOP;
}

static int check_work(struct round *round, const struct side *side)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s/work", round->scratch, side->name);
	if (nftw(path, leftover, 16, FTW_PHYS | FTW_ACTIONRETVAL) == 0)
		return 0;
	fprintf(round->report, "  %s: files are left in workdir\n", side->name);
	return ROUND_UPPER;
}

static int compare_uppers(struct round *round)
{
	struct tree uppers[2];

	read_both(round, "upper", TREE_UPPER, uppers);
	int r = compare_both(round, "the upper directories", uppers, ROUND_UPPER);
	free_both(uppers);
	if (r == 0) {
		read_both(round, "work/index", TREE_UPPER | TREE_INDEX, uppers);
		r = compare_both(round, "the indexes", uppers, ROUND_UPPER);
		free_both(uppers);
	}
	for (int i = 0; i < 2 && r == 0; i++)
		r = check_work(round, &round->sides[i]);
	return r;
}

static int compare_swapped(struct round *round)
{
	struct tree trees[2];
	enum backend first = round->sides[0].backend;

	round->sides[0].backend = round->sides[1].backend;
	round->sides[1].backend = first;
	int r = mount_both(round);
	if (r)
		return r;
	read_merged(round, trees);
	r = compare_both(
		round, "the trees, each upper mounted by the other backend", trees, ROUND_SWAP);
	free_both(trees);
	return r ? r : umount_both(round);
}

static int run_inside(struct round *round)
{
	int r = build(round);

	if (r < 0)
		return broken(round, "build the stack", NULL, r);
	r = mount_both(round);
	if (r == 0)
		r = run_ops(round);
	if (r == 0)
		r = compare_mounted(round);
	if (r == 0)
		r = umount_both(round);
	if (r == 0)
		r = compare_uppers(round);
	if (r == 0)
		r = compare_swapped(round);
	return r;
}

static int start(struct sandbox_shared *shared, void *arg, FILE *report)
{
	struct round *round = arg;
	const char *scratch = round->options->scratch;

	round->shared = shared;
	round->report = report;
	umask(0);
	snprintf(round->scratch, sizeof(round->scratch), "%s", scratch);
	if (round->options->on_disk)
		snprintf(round->scratch, sizeof(round->scratch), "%s/round", scratch);
	else if (mount("differential", scratch, "tmpfs", 0, "mode=0755") < 0)
		return broken(round, "mount a tmpfs", NULL, -errno);
	int r = round->options->mount.plain ? user_become(round->scratch) : 0;
	if (r < 0)
		return broken(round, "become a user", NULL, r);
	return run_inside(round);
}

static int remove_name(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_name, 16, FTW_PHYS | FTW_DEPTH | FTW_MOUNT);
}

int round_run(const struct plan *plan, const struct round_options *options, char **ret_report)
{
	struct round round = { .plan = plan, .options = options };
	struct sandbox_options sandbox = { options->mount.userns && !options->mount.plain,
		options->one_id, options->timeout };
	char path[300];

	for (int i = 0; i < 2; i++) {
		bool kernel = options->backends[i] == BACKEND_KERNEL;

		round.sides[i] = (struct side){ .name = i ? "fuse" : "kernel", .root = -1 };
		round.sides[i].backend = options->backends[i];
		if (kernel && i)
			round.sides[i].name = "kernel2";
		if (!kernel && !i)
			round.sides[i].name = "fuse1";
	}
	snprintf(path, sizeof(path), "%s/round", options->scratch);
	if (options->on_disk && mkdir(path, 0755) < 0)
		abort();
	int r = sandbox_run(&sandbox, start, &round, ret_report);
	if (options->on_disk)
		remove_tree(path);
	return r;
}

const char *round_result_name(int result)
{
	static const char *const names[] = { "same", "a result differs", "the trees differ",
		"the trees differ after a remount", "the upper directories differ",
		"the trees differ when the backends are swapped", "a mount or unmount failed" };

	if (result == SANDBOX_TIMEOUT)
		return "it hangs";
	if (result == SANDBOX_CRASHED)
		return "it crashed";
	if (result < 0 || result > ROUND_BROKEN)
		return "the host refused";
	return names[result];
}
