/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/identity.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"
#include "tools/shale/container/inside.h"

#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Do not read a larger /etc/passwd or /etc/group: it is an attack on memory. */
#define FILE_LIMIT ((size_t)4 << 20)
#define FIELDS_MAX 8

static bool parse_id(const char *text, unsigned int *ret)
{
	char *end;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	/* Refuse (uid_t)-1, which means "no change" to chown(2) and setuid(2). */
	if (errno || value >= UINT_MAX)
		return false;
	*ret = (unsigned int)value;
	return true;
}

/* Splits LINE at its colons. Returns the number of fields. */
static size_t split(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;

	for (char *at = line; at && n < FIELDS_MAX; n++) {
		fields[n] = at;
		at = strchr(at, ':');
		if (at)
			*at++ = '\0';
	}
	return n;
}

/* Returns the line at *AT, and moves *AT to the next one; NULL at the end. */
static char *next_line(char **at)
{
	return *at ? strsep(at, "\n") : NULL;
}

static char *read_file(int root, const char *path)
{
	char *text = NULL;

	return inside_read(root, path, FILE_LIMIT, &text) < 0 ? NULL : text;
}

/* Finds a line of /etc/passwd (root:x:0:0:root:/root:/bin/sh). NAME is a user's name; with NUMERIC,
 * a uid. Returns the user's name, which the caller frees; NULL: no such line. */
static char *find_passwd(int root, const char *name, struct identity *identity, bool numeric)
{
	auto_free char *text = read_file(root, "/etc/passwd");
	char *at = text, *line, *fields[FIELDS_MAX];
	unsigned int uid, gid;

	while ((line = next_line(&at))) {
		if (split(line, fields) < 6 || !parse_id(fields[2], &uid) ||
			!parse_id(fields[3], &gid))
			continue;
		if (numeric ? uid != identity->uid : strcmp(fields[0], name) != 0)
			continue;
		identity->uid = uid;
		identity->gid = gid;
		snprintf(identity->home, sizeof(identity->home), "%s", fields[5]);
		return strdup(fields[0]);
	}
	return NULL;
}

static bool find_group(int root, const char *name, gid_t *ret)
{
	auto_free char *text = read_file(root, "/etc/group");
	char *at = text, *line, *fields[FIELDS_MAX];
	unsigned int gid;

	while ((line = next_line(&at)))
		if (split(line, fields) >= 3 && strcmp(fields[0], name) == 0 &&
			parse_id(fields[2], &gid)) {
			*ret = gid;
			return true;
		}
	return false;
}

static bool is_member(char *members, const char *name)
{
	char *member;

	while ((member = strsep(&members, ",")))
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

static void find_groups_of(int root, const char *name, struct identity *identity)
{
	auto_free char *text = read_file(root, "/etc/group");
	char *at = text, *line, *fields[FIELDS_MAX];
	unsigned int gid;

	while ((line = next_line(&at)) && identity->n_groups < IDENTITY_GROUPS_MAX)
		if (split(line, fields) >= 4 && parse_id(fields[2], &gid) &&
			is_member(fields[3], name))
			identity->groups[identity->n_groups++] = gid;
}

static int find_user(int root, const char *name, struct identity *identity, struct shale_error *err)
{
	const bool numeric = parse_id(name, &identity->uid);
	auto_free char *found = find_passwd(root, name, identity, numeric);

	if (!found && !numeric)
		return cli_fail(err, -EINVAL, "'%.100s' is no user of the image", name);
	if (found)
		find_groups_of(root, found, identity);
	return 0;
}

int identity_find(int root, const char *user, struct identity *ret, struct shale_error *err)
{
	struct identity identity = { .home = "/" };
	auto_free char *name = strndup(user, strcspn(user, ":"));
	const char *group = strchr(user, ':');

	if (!name)
		return cli_fail(err, -ENOMEM, "find user");
	int r = find_user(root, *name ? name : "0", &identity, err);
	if (r < 0)
		return r;
	if (group && group[1]) {
		identity.n_groups = 0;
		if (!parse_id(group + 1, &identity.gid) &&
			!find_group(root, group + 1, &identity.gid))
			return cli_fail(
				err, -EINVAL, "'%.100s' is no group of the image", group + 1);
	}
	*ret = identity;
	return 0;
}

int identity_assume(const struct identity *identity, struct shale_error *err)
{
	int r = sys(setgroups(identity->n_groups, identity->groups));

	/* A user without subordinate ids can take no other groups, and may not drop the present
	 * ones. */
	if (r == -EPERM)
		r = 0;
	if (r == 0)
		r = sys(setresgid(identity->gid, identity->gid, identity->gid));
	if (r == 0)
		r = sys(setresuid(identity->uid, identity->uid, identity->uid));
	return r < 0 ? cli_fail(err, r, "become user %u, group %u", identity->uid, identity->gid)
		     : 0;
}
