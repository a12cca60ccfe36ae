/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/credentials.h"

#include "common/base/scope.h"

#include <grp.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	uid_t uid;
	gid_t gid;
	size_t n_groups;
	gid_t groups[2];
} users[CREDENTIALS_N] = {
	{ "root", 0, 0, 0, { 0 } },
	{ "1000:1000:2000", 1000, 1000, 2, { 1000, 2000 } },
	{ "1001:1001:2000", 1001, 1001, 1, { 2000 } },
	{ "1000:2000", 1000, 2000, 0, { 0 } },
};

const char *credentials_name(size_t who)
{
	return users[who % CREDENTIALS_N].name;
}

static uid_t taken; /* the user that was taken last; 0: root */

int credentials_take(size_t who, unsigned umask_)
{
	who %= CREDENTIALS_N;
	umask(umask_);
	if (who == 0 || geteuid() != 0)
		return 0;
	if (setgroups(users[who].n_groups, users[who].groups) < 0 || setegid(users[who].gid) < 0 ||
		seteuid(users[who].uid) < 0)
		return -errno;
	taken = users[who].uid;
	return 0;
}

void credentials_drop(void)
{
	umask(0);
	if (!taken)
		return;
	taken = 0;
	if (seteuid(0) < 0 || setegid(0) < 0 || setgroups(0, NULL) < 0)
		abort();
}

void credentials_pause(void)
{
	if (taken && seteuid(0) < 0)
		abort();
}

void credentials_resume(void)
{
	if (taken && seteuid(taken) < 0)
		abort();
}
