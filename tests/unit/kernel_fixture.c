/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/kernel_fixture.h"

#include "common/base/scope.h"
#include "tests/unit/refuse.h"
#include "tests/unit/suite.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

void give_up(const char *what)
{
	exit(suite_skip(what));
}

void fixture_namespace(void)
{
	struct shale_error err = { 0 };

	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0) {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			give_up("no private mounts");
	} else if (shale_unshare(&err) < 0) {
		give_up(err.text);
	}
}

void make_file(const char *name, const char *text)
{
	auto_close int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_msg(fd >= 0, "make '%s': %s", name, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

void assert_holds(const char *name, const char *text)
{
	char data[256] = "";
	auto_close int fd = open(name, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "open '%s': %s", name, strerror(errno));
	ck_assert_int_ge(read(fd, data, sizeof(data) - 1), 0);
	ck_assert_str_eq(data, text);
}

char *mountinfo_of(const char *path)
{
	auto_fclose FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	char at[4200];
	size_t size = 0;

	snprintf(at, sizeof(at), " %s ", path);
	while (getline(&line, &size, file) > 0)
		if (strstr(line, at))
			return steal_ptr(&line);
	return NULL;
}

static void make_layer(struct fixture *fixture, size_t i)
{
	char name[64], target[64], link[64];

	snprintf(name, sizeof(name), "layer%zu", i);
	ck_assert_int_eq(mkdir(name, 0755), 0);
	snprintf(name, sizeof(name), "layer%zu/diff", i);
	ck_assert_int_eq(mkdir(name, 0755), 0);
	snprintf(target, sizeof(target), "../layer%zu/diff", i);
	snprintf(link, sizeof(link), "l/ABCDEFGHIJKLMNOPQRSTUV%04zu", i);
	ck_assert_int_eq(symlink(target, link), 0);
	snprintf(name, sizeof(name), "layer%zu/diff/f%zu", i, i);
	make_file(name, "lower");
	fixture->lowers[fixture->n_lowers++] = strdup(link);
}

static void make_home(struct fixture *fixture)
{
	const char *tmp = getenv("TMPDIR");
	char base[256], run[4200];

	snprintf(base, sizeof(base), "%s/shale-kernel-XXXXXX", tmp ? tmp : "/var/tmp");
	ck_assert_ptr_nonnull(mkdtemp(base));
	snprintf(fixture->home_path, sizeof(fixture->home_path), "%s/home", base);
	snprintf(fixture->run_path, sizeof(fixture->run_path), "%s/run", base);
	ck_assert_int_eq(mkdir(fixture->home_path, 0700), 0);
	snprintf(run, sizeof(run), "%s", fixture->run_path);
	ck_assert_int_eq(mkdir(run, 0700), 0);
	fixture->home = open(fixture->home_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fixture->home, 0);
	ck_assert_int_eq(fchdir(fixture->home), 0);
}

struct fixture *fixture_open(size_t n)
{
	static const char *const dirs[] = { "l", "staging", "top", "top/diff", "top/work",
		"top/merged" };
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	make_home(fixture);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		ck_assert_int_eq(mkdir(dirs[i], 0755), 0);
	for (size_t i = 0; i < n; i++)
		make_layer(fixture, i);
	fixture->spec = (struct mount_spec){
		.home = fixture->home,
		.home_path = fixture->home_path,
		.run_path = fixture->run_path,
		.id = "top",
		.lowers = (const char *const *)fixture->lowers,
		.n_lowers = n,
		.upper = "top/diff",
		.work = "top/work",
		.target = "top/merged",
	};
	return fixture;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)remove(path);
	return 0;
}

void fixture_close(struct fixture *fixture)
{
	(void)umount2("top/merged", MNT_DETACH);
	*strrchr(fixture->run_path, '/') = 0;
	ck_assert_int_eq(chdir("/"), 0);
	(void)nftw(fixture->run_path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	for (size_t i = 0; i < fixture->n_lowers; i++)
		free(fixture->lowers[i]);
	close(fixture->home);
	free(fixture);
}

void fixture_mount(struct fixture *fixture)
{
	int r = backend_kernel.mount(&fixture->spec, &fixture->err);

	ck_assert_msg(r >= 0, "%s (%s)", fixture->err.text, fixture->err.remedy);
}

void fixture_umount(struct fixture *fixture)
{
	char target[4200];

	snprintf(target, sizeof(target), "%s/top/merged", fixture->home_path);
	int r = backend_kernel.umount(&(struct mounted){ .target = target }, &fixture->err);
	ck_assert_msg(r >= 0, "%s (%s)", fixture->err.text, fixture->err.remedy);
}

static int way_taken;

/* Replaces the C library's function in this program, to behave as an older kernel. */
int fsconfig(int fd, unsigned int command, const char *key, const void *value, int aux)
{
	bool is_plus = key && !strcmp(key, "lowerdir+");

	if (way_taken == 4 && is_plus)
		return 0;
	/* Answers as this kernel does to an unknown option. */
	if (way_taken == 3 && is_plus)
		key = "lowerdir-plus";
	return (int)syscall(SYS_fsconfig, fd, command, key, value, aux);
}

void take_way(int way)
{
	static const int call = SYS_fsopen;

	way_taken = way;
	if (way == 1 || way == 2)
		ck_assert_int_eq(refuse_calls(&call, 1, way == 1 ? ENOSYS : EPERM), 0);
}
