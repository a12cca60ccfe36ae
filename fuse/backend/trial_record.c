/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/trial_record.h"

#include "config.h"

#include "common/base/scope.h"
#include "fuse/backend/launch.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define STAMP "probe-fuse"

static void put_text_of(FILE *to, const char *path)
{
	char text[4096];
	auto_close int fd = sys(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	fwrite(text, 1, n > 0 ? (size_t)n : 0, to);
}

/* Writes the identity, permissions and ctime of a file. */
static void put_file(FILE *to, const char *path)
{
	struct stat st = { 0 };

	(void)stat(path, &st);
	fprintf(to, "%s %ju %ju %o %u %u %jd.%ld\n", path, (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino, st.st_mode, st.st_uid, st.st_gid, (intmax_t)st.st_ctim.tv_sec,
		st.st_ctim.tv_nsec);
}

static void put_rights(FILE *to)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	(void)syscall(SYS_capget, &header, data);
	fprintf(to, "%u %u %x %x\n", geteuid(), getegid(), data[0].effective, data[1].effective);
	put_text_of(to, "/proc/self/uid_map");
}

static bool put_home(FILE *to, int home)
{
	struct stat st;
	struct statvfs fs;

	if (fstat(home, &st) < 0 || fstatvfs(home, &fs) < 0)
		return false;
	fprintf(to, "%ju %ju %lx %lx\n", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, fs.f_fsid,
		fs.f_flag);
	return true;
}

/* Returns a text of everything on which the result of a trial mount depends; NULL if a part of it
 * cannot be read. */
static char *text_of(int home)
{
	static const char *const files[] = { "/dev/fuse", "/etc/fuse.conf", "/usr/bin/fusermount3",
		"/bin/fusermount3", "/usr/local/bin/fusermount3" };
	char program[PATH_MAX] = "", *text = NULL;
	size_t size = 0;
	struct utsname host;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	daemon_program(program, sizeof(program));
	bool known = strchr(program, '/') && uname(&host) == 0 && put_home(to, home);
	if (known)
		fprintf(to, "%s %s\n", PACKAGE_VERSION, host.release);
	put_text_of(to, "/proc/sys/kernel/random/boot_id");
	put_rights(to);
	put_file(to, program);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		put_file(to, files[i]);
	if (fclose(to) == 0 && known)
		return text;
	free(text);
	return NULL;
}

bool trial_record_holds(int home, const char *run_path)
{
	char kept[16384];
	auto_free char *text = text_of(home);
	auto_close int run = sys(open(run_path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	auto_close int fd = run < 0 ? run
				    : sys(openat(run, STAMP, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
	ssize_t n = !text || fd < 0 ? -1 : read(fd, kept, sizeof(kept));

	return n > 0 && (size_t)n == strlen(text) && !memcmp(kept, text, (size_t)n);
}

void trial_record_keep(int home, const char *run_path)
{
	char name[64];
	auto_free char *text = text_of(home);
	auto_close int run = sys(open(run_path, O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (!text || run < 0)
		return;
	snprintf(name, sizeof(name), "%s.%d", STAMP, (int)gettid());
	auto_close int fd = sys(
		openat(run, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
		renameat(run, name, run, STAMP) < 0)
		(void)unlinkat(run, name, 0);
}
