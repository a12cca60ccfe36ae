/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount namespaces: finds that of this process, and tells whether another one still lives. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/life.h"

/* A mount namespace, and the pid namespace of the process that recorded it, as inode numbers of
 * nsfs; 0 if /proc does not tell. */
struct namespace
{
	uint64_t mounts, pids;
};

/* Returns the namespace of this process. */
struct namespace namespace_own(void);
/* Tells whether NAMESPACE lives: a process keeps it (those in EXCEPT and their children do not
 * count), or a descriptor, or a bind mount. Returns LIFE_GONE only if every process was looked at.
 * That needs the right to look at all other processes, the initial pid namespace or that of the
 * recording process, and a /proc that hides nothing. */
enum life namespace_life(const struct namespace *namespace, const int *except, size_t n);
