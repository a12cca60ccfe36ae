/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/caller.h"

#include "common/base/scope.h"
#include "common/base/userns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	/* The pid is 0 if this pid namespace cannot see the caller. */
	return pid > 0 ? fopen(path, "re") : NULL;
}

/* Returns the text after NAME ("Groups:") in /proc/PID/status, which the caller frees; NULL: not
 * found. */
static char *status_of(pid_t pid, const char *name)
{
	auto_fclose FILE *status = open_proc(pid, "status");
	size_t length = strlen(name), size = 0;
	char *line = NULL;

	while (status && getline(&line, &size, status) > 0)
		if (!strncmp(line, name, length)) {
			memmove(line, line + length, strlen(line + length) + 1);
			return line;
		}
	free(line);
	return NULL;
}

static pid_t pid_of(const struct request *request)
{
	return (pid_t)request->header->pid;
}

static bool in_group(void *arg, gid_t gid)
{
	auto_free char *groups = status_of(pid_of(arg), "Groups:");

	for (char *at = groups, *end; at; at = end) {
		unsigned long group = strtoul(at, &end, 10);
		if (end == at)
			return false;
		if (group == gid)
			return true;
	}
	return false;
}

/* Whether the process has the capability in its own user namespace. */
static bool is_capable(pid_t pid, unsigned int capability)
{
	auto_free char *line = status_of(pid, "CapEff:");
	uint64_t effective;

	return line && sscanf(line, "%" SCNx64, &effective) == 1 && effective >> capability & 1;
}

static bool is_in_our_namespace(pid_t pid)
{
	char path[64];
	struct stat ours, theirs;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return stat("/proc/self/ns/user", &ours) == 0 && stat(path, &theirs) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* Whether the map of ids MAP ("uid_map", "gid_map") of process PID contains ID. ID is an id in this
 * process's user namespace. The map's second column is in the namespace of its reader, this
 * process. But if PID is in the same namespace (OURS), that column is in the parent namespace; then
 * compare the first column. */
static bool maps_id(pid_t pid, const char *map, bool ours, uint32_t id)
{
	auto_fclose FILE *file = open_proc(pid, map);
	uint32_t inside, outside, count;

	while (file &&
		fscanf(file, "%" SCNu32 " %" SCNu32 " %" SCNu32, &inside, &outside, &count) == 3) {
		uint32_t first = ours ? inside : outside;
		if (id >= first && id - first < count)
			return true;
	}
	return false;
}

static bool capable(void *arg, unsigned int capability, const struct stat *over)
{
	pid_t pid = pid_of(arg);

	if (!is_capable(pid, capability))
		return false;
	bool ours = is_in_our_namespace(pid);
	if (!over)
		return ours && !in_user_namespace();
	return maps_id(pid, "uid_map", ours, over->st_uid) &&
	       maps_id(pid, "gid_map", ours, over->st_gid);
}

struct caller caller_of(const struct request *request, mode_t umask)
{
	static const struct caller_rights rights = { in_group, capable };

	return (struct caller){ .uid = request->header->uid,
		.gid = request->header->gid,
		.umask = umask,
		.rights = &rights,
		.arg = (void *)request };
}
