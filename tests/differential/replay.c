/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/replay.h"

#include "common/base/scope.h"
#include "tests/differential/execute.h"
#include "tests/differential/stack.h"
#include "tests/differential/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int usage(void)
{
	fputs("usage: differential op [--kernel|--fuse] [--watch] [--index] DIR <OPERATIONS\n"
	      "       differential tree [--upper] DIR\n"
	      "       differential file PATH SEED HOLE SIZE\n",
		stderr);
	return 2;
}

static bool take_flag(int *argc, char ***argv, const char *flag)
{
	if (*argc < 2 || strcmp((*argv)[1], flag))
		return false;
	++*argv;
	--*argc;
	return true;
}

static int run_ops(int argc, char **argv)
{
	char line[8192];
	struct op op;
	struct side side = { .name = "replay" };

	take_flag(&argc, &argv, "--kernel");
	side.backend = take_flag(&argc, &argv, "--fuse") ? BACKEND_FUSE : BACKEND_KERNEL;
	bool watch = take_flag(&argc, &argv, "--watch");
	side.index = take_flag(&argc, &argv, "--index");
	if (argc != 2)
		return usage();
	side.root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < OP_SLOTS; i++)
		side.slots[i] = -1;
	umask(0);
	while (fgets(line, sizeof(line), stdin)) {
		if (op_parse(line, &op) < 0) {
			fprintf(stderr, "not an operation: %s", line);
			return 2;
		}
		printf("%s    => ", line);
		execute(&side, &op, watch, stdout);
		putchar('\n');
		fflush(stdout);
	}
	return 0;
}

static int print_tree(int argc, char **argv)
{
	struct tree tree;
	bool upper = take_flag(&argc, &argv, "--upper");

	if (argc != 2)
		return usage();
	tree_read(argv[1], upper ? TREE_UPPER : TREE_MERGED, &tree);
	tree_print(&tree, stdout);
	tree_free(&tree);
	return 0;
}

static int make_file(int argc, char **argv)
{
	if (argc != 5)
		return usage();
	uint64_t seed = strtoull(argv[2], NULL, 10);
	int64_t hole = strtoll(argv[3], NULL, 10), size = strtoll(argv[4], NULL, 10);
	auto_free char *content = malloc((size_t)size + 1);
	auto_close int fd = open(argv[1], O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	content_fill(seed, hole, content, (size_t)size);
	if (fd < 0 || pwrite(fd, content, (size_t)size, hole) != size ||
		ftruncate(fd, hole + size) < 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}

int replay(int argc, char **argv)
{
	if (argc < 2)
		return -1;
	if (!strcmp(argv[1], "op"))
		return run_ops(argc - 1, argv + 1);
	if (!strcmp(argv[1], "tree"))
		return print_tree(argc - 1, argv + 1);
	if (!strcmp(argv[1], "file"))
		return make_file(argc - 1, argv + 1);
	return -1;
}
