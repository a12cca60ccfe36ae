/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/snapshot/hold.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SIZE  65536
#define STEP  1000 /* bytes between the marks of two steps */
#define NAMED 2    /* each step adds so many names */

struct held {
	int appended, mapped, gone, nameless, locked, removed, range;
	char *map, *gone_map; /* shared mappings */
	DIR *list;
	struct stat at_first[5];
	char cwd[PATH_MAX];
};

static void check(bool holds, const char *claim, int step)
{
	if (holds)
		return;
	printf("step %d: %s (%s)\n", step, claim, strerror(errno));
	exit(EXIT_FAILURE);
}
#define CHECK(claim) check(claim, #claim, step)

static void note(const struct held *held, struct stat *ret)
{
	fstat(held->appended, &ret[0]);
	fstat(held->mapped, &ret[1]);
	fstat(held->gone, &ret[2]);
	fstat(held->removed, &ret[3]);
	stat(".", &ret[4]);
}

static char *map(int fd, int step)
{
	CHECK(ftruncate(fd, SIZE) == 0);
	char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED);
	return at;
}

static void open_all(struct held *held, const char *dir)
{
	const int step = -1, make = O_RDWR | O_CREAT | O_CLOEXEC;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	CHECK(chdir(dir) == 0 && getcwd(held->cwd, sizeof(held->cwd)));
	CHECK((held->appended = open("appended", make | O_APPEND, 0640)) >= 0);
	CHECK((held->mapped = open("mapped", make, 0600)) >= 0);
	CHECK((held->gone = open("gone", make, 0600)) >= 0);
	held->map = map(held->mapped, step);
	held->gone_map = map(held->gone, step);
	CHECK(unlink("gone") == 0);
	CHECK((held->nameless = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) >= 0);
	CHECK((held->range = open("range", make, 0600)) >= 0);
	CHECK((held->locked = open("locked", make, 0600)) >= 0);
	CHECK(flock(held->locked, LOCK_EX) == 0 && fcntl(held->locked, F_SETLK, &lock) == 0);
	CHECK(mkdir("removed", 0700) == 0);
	CHECK((held->removed = open("removed", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
	CHECK(rmdir("removed") == 0);
	CHECK((held->list = opendir(".")));
	CHECK(close(open("moved0", make, 0600)) == 0);
	note(held, held->at_first);
}

/* Changes every file, mapping and lock that this process holds. */
static void change(struct held *held, int step)
{
	char name[32], next[32], object[32];
	off_t in = 0, out = (off_t)step * STEP;

	held->map[step * STEP] = held->gone_map[step * STEP] = (char)(step + 1);
	CHECK(dprintf(held->appended, "%d\n", step) > 0);
	CHECK(pwrite(held->gone, &step, sizeof(step), step * STEP + 8) == sizeof(step));
	CHECK(pwrite(held->nameless, &step, sizeof(step), step * STEP) == sizeof(step));
	CHECK(fallocate(held->mapped, 0, 0, SIZE + step) == 0);
	CHECK(pwrite(held->range, "", 1, (step + 1) * STEP - 1) == 1);
	CHECK(copy_file_range(held->appended, &in, held->range, &out, 2, 0) == 2);
	CHECK(fchmod(held->appended, step % 2 ? 0600 : 0640) == 0);
	CHECK(fsetxattr(held->mapped, "user.step", &step, sizeof(step), 0) == 0);
	snprintf(name, sizeof(name), "moved%d", step);
	snprintf(next, sizeof(next), "moved%d", step + 1);
	CHECK(rename(name, next) == 0);
	/* As git and dpkg do: makes a second name and removes the first one. */
	snprintf(object, sizeof(object), "object%d", step);
	int fd = open("temporary", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, object, 8) == 8 && close(fd) == 0);
	CHECK(link("temporary", object) == 0 && unlink("temporary") == 0);
	snprintf(name, sizeof(name), "dir%d", step);
	CHECK(mkdir(name, 0700) == 0);
}

static void check_data(const struct held *held, int step)
{
	char text[SIZE], expected[SIZE] = "";
	int number;

	for (int i = 0; i <= step; i++) {
		sprintf(expected + strlen(expected), "%d\n", i);
		CHECK(held->map[i * STEP] == i + 1 && held->gone_map[i * STEP] == i + 1);
		CHECK(pread(held->gone, &number, sizeof(number), i * STEP + 8) == sizeof(number) &&
			number == i);
		CHECK(pread(held->nameless, &number, sizeof(number), i * STEP) == sizeof(number) &&
			number == i);
		CHECK(pread(held->range, text, 2, i * STEP) == 2 && !memcmp(text, "0\n", 2));
		snprintf(text, sizeof(text), "object%d", i);
		int fd = open(text, O_RDWR | O_CLOEXEC);
		/* Writes through the name of a file from an earlier layer, with the content that it
		 * has. */
		CHECK(fd >= 0 && pwrite(fd, text, 8, 0) == 8 && close(fd) == 0);
		CHECK(access("temporary", F_OK) < 0);
	}
	ssize_t n = pread(held->appended, text, sizeof(text) - 1, 0);
	CHECK(n == (ssize_t)strlen(expected) && !memcmp(text, expected, (size_t)n));
	CHECK(fgetxattr(held->mapped, "user.step", &number, sizeof(number)) == sizeof(number) &&
		number == step);
}

static void check_identity(const struct held *held, int step)
{
	struct stat now[5];
	char cwd[PATH_MAX];

	note(held, now);
	for (int i = 0; i < 5; i++)
		CHECK(now[i].st_ino == held->at_first[i].st_ino);
	CHECK(now[2].st_nlink == 0);
	CHECK(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, held->cwd));
	CHECK(stat("mapped", now) == 0 && now->st_ino == held->at_first[1].st_ino);
	/* Five files, "." and ".." were there at the beginning. */
	int names = 0;
	rewinddir(held->list);
	while (readdir(held->list))
		names++;
	CHECK(names == 7 + NAMED * (step + 1));
}

/* Another process finds the locks. */
static void check_locks(const struct held *held, int step)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		int fd = open("locked", O_RDWR | O_CLOEXEC);
		bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 &&
			      fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK &&
			      lock.l_pid == getppid();
		_exit(locked ? 0 : 1);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
	CHECK(write(held->locked, "", 1) == 1);
}

int hold_run(const char *dir)
{
	static struct held held;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	open_all(&held, dir);
	for (int step = 0; step < SIZE / STEP && (c = getchar()) != EOF;) {
		if (c != '\n')
			continue;
		change(&held, step);
		check_data(&held, step);
		check_identity(&held, step);
		check_locks(&held, step);
		step++;
		puts("ok");
	}
	return EXIT_SUCCESS;
}
