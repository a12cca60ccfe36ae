/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount namespaces: which one this process is in, and whether another still lives. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/life.h"

/* A mount namespace, and the pid namespace of the process that told of it: numbers of nsfs, 0 where
 * /proc does not tell. */
struct namespace
{
	uint64_t mounts, pids;
};

/* This process's. */
struct namespace namespace_own(void);
/* Whether anything keeps it but the processes EXCEPT: another process, a descriptor or a mount of
 * its file. GONE only if every process that could be there was looked at: by a process that may
 * look at all others, in the initial pid namespace or in that of the one who told, through a /proc
 * that hides nothing. */
enum life namespace_life(const struct namespace *namespace, const int *except, size_t n);
