/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scope guards: auto_ variables release what they own when they go out of scope. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int sys_int(int result)
{
	return result < 0 ? -errno : result;
}

static inline long sys_long(long result)
{
	return result < 0 ? -errno : result;
}

static inline long long sys_long_long(long long result)
{
	return result < 0 ? -errno : result;
}

/* Returns the result of a system call, or the negative errno. Keeps the call's type, so that an
 * offset or a byte count is not cut to 32 bits. */
#define sys(call) _Generic((call), int : sys_int, long : sys_long, long long : sys_long_long)(call)

/* All these functions keep errno, and accept NULL or -1. Descriptor 0 is valid. */
static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd < 0)
		return;
	int saved = errno;
	close(*fd);
	errno = saved;
}

static inline void cleanup_closedir(DIR **dir)
{
	if (!*dir)
		return;
	int saved = errno;
	closedir(*dir);
	errno = saved;
}

static inline void cleanup_fclose(FILE **file)
{
	if (!*file)
		return;
	int saved = errno;
	fclose(*file);
	errno = saved;
}

#define auto_free     __attribute__((cleanup(cleanup_free)))
#define auto_close    __attribute__((cleanup(cleanup_close)))
#define auto_closedir __attribute__((cleanup(cleanup_closedir)))
#define auto_fclose   __attribute__((cleanup(cleanup_fclose)))

/* Hands over what a local variable owns: the variable is reset, so that its scope guard does not
 * release it, and the caller owns the result. */
static inline int steal_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

#define steal_ptr(pp)                                                                              \
	({                                                                                         \
		__typeof__(pp) pp_ = (pp);                                                         \
		__typeof__(*pp_) taken_ = *pp_;                                                    \
		*pp_ = NULL;                                                                       \
		taken_;                                                                            \
	})
