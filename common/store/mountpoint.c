/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mountpoint.h"

#include "common/cleanup.h"
#include "common/readdir.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* "\040" and the like, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		unsigned int byte;

		if (p[0] == '\\' && sscanf(p + 1, "%3o", &byte) == 1 && strlen(p) >= 4) {
			*to = (char)byte;
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = 0;
}

/* A line: ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS. */
static bool parse_line(char *line, char **ret_point, char **ret_type)
{
	char *save, *field = strtok_r(line, " ", &save);

	for (int i = 0; i < 4 && field; i++)
		field = strtok_r(NULL, " ", &save);
	*ret_point = field;
	while (field && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " ", &save);
	*ret_type = field ? strtok_r(NULL, " ", &save) : NULL;
	if (!*ret_type)
		return false;
	unescape(*ret_point);
	return true;
}

int shale_mountpoint_type(const char *path, char **ret)
{
	auto_fclose FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	auto_free char *found = NULL;
	size_t size = 0;
	char *point, *type;

	if (!file)
		return -errno;
	/* The last one counts: it lies on top. */
	while (getline(&line, &size, file) > 0) {
		if (!parse_line(line, &point, &type) || strcmp(point, path) != 0)
			continue;
		free(found);
		found = strdup(type);
		if (!found)
			return -ENOMEM;
	}
	if (ferror(file))
		return -EIO;
	*ret = steal_ptr(&found);
	return 0;
}

static int state_from_mountinfo(const char *path)
{
	auto_free char *type = NULL;
	int r = shale_mountpoint_type(path, &type);

	if (r < 0)
		return r;
	return type ? SHALE_MOUNTPOINT_YES : SHALE_MOUNTPOINT_NO;
}

int shale_mountpoint_state(const char *path)
{
	struct statx stx;
	int r = sys(statx(AT_FDCWD, path,
		AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_FORCE_SYNC, STATX_INO, &stx));

	if (r == -ENOENT || r == -ENOTDIR)
		return SHALE_MOUNTPOINT_NO;
	if (r == -ENOTCONN || r == -ECONNABORTED)
		return SHALE_MOUNTPOINT_DEAD;
	/* Another user's FUSE mount answers nobody else, and old kernels do not know the flag. */
	if (r < 0 || !(stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return state_from_mountinfo(path);
	return stx.stx_attributes & STATX_ATTR_MOUNT_ROOT ? SHALE_MOUNTPOINT_YES
							  : SHALE_MOUNTPOINT_NO;
}

static uint64_t namespace_of(const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

uint64_t shale_mount_namespace(void)
{
	return namespace_of("self");
}

static bool is_called(const char *pid, const char *name)
{
	char path[64], comm[64] = "";

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	auto_fclose FILE *file = fopen(path, "re");
	if (!file || !fgets(comm, sizeof(comm), file))
		return false;
	comm[strcspn(comm, "\n")] = 0;
	return !strcmp(comm, name);
}

bool shale_mount_namespace_lives(uint64_t number, const char *except)
{
	auto_closedir DIR *proc = opendir("/proc");

	struct dirent *entry;
	int more;

	if (!proc)
		return true;
	while ((more = shale_readdir(proc, &entry)) > 0)
		if (isdigit((unsigned char)entry->d_name[0]) &&
			namespace_of(entry->d_name) == number &&
			!(except && is_called(entry->d_name, except)))
			return true;
	return more < 0;
}
