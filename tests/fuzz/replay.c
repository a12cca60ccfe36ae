/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the fuzz targets on all files of their corpus, without libFuzzer; prints TAP. */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void run_file(const struct fuzz_target *target, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		exit(1);
	uint8_t *data = malloc((size_t)st.st_size + 1);
	if (!data || read(fd, data, (size_t)st.st_size) != st.st_size)
		exit(1);
	/* Allocates exactly as many bytes as the input has, so that sanitizers see a read past the
	 * end. */
	uint8_t *exact = realloc(data, st.st_size ? (size_t)st.st_size : 1);
	target->run(exact, (size_t)st.st_size);
	free(exact);
	exit(0);
}

/* Runs each input in a child, so that a crash does not hide the other inputs. */
static bool is_fine(const struct fuzz_target *target, int dirfd, const char *name)
{
	auto_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	int status = -1;

	if (fd < 0)
		return false;
	pid_t child = fork();
	if (child == 0)
		run_file(target, fd);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int run_target(const struct fuzz_target *target, int corpus, int number)
{
	int fd = openat(corpus, target->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int n = 0, failed = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (is_fine(target, fd, entry->d_name))
			continue;
		failed++;
		printf("# corpus/%s/%s\n", target->name, entry->d_name);
	}
	printf("%sok %d - %s holds on all %d files of its corpus\n", n && !failed ? "" : "not ",
		number, target->name, n);
	return !n || failed;
}

int main(int argc, char **argv)
{
	const char *source = getenv("srcdir");
	auto_free char *path = NULL;
	int failed = 0, n = 0;

	if (argc > 1)
		path = strdup(argv[1]);
	else if (asprintf(&path, "%s/tests/fuzz/corpus", source ? source : ".") < 0)
		path = NULL;
	auto_close int corpus = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (corpus < 0) {
		printf("Bail out! no corpus\n");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct fuzz_target *target = fuzz_targets; target->name; target++)
		failed |= run_target(target, corpus, ++n);
	printf("1..%d\n", n);
	return failed;
}
