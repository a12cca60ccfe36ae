/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum wire_status snapshot_fail(
	struct shale_error *err, enum wire_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	err->remedy[0] = 0;
	return status;
}

/* Returns the status for the errno CODE of libshale. A missing layer must not become NOT_FOUND: the
 * client would think that the snapshot is missing. */
enum wire_status snapshot_fail_store(int code)
{
	switch (-code) {
	case EINVAL:
	case E2BIG:
		return WIRE_INVALID_ARGUMENT;
	case EBUSY:
		return WIRE_FAILED_PRECONDITION;
	case ENOSPC:
	case EDQUOT:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return WIRE_RESOURCE_EXHAUSTED;
	case EOPNOTSUPP:
		return WIRE_UNIMPLEMENTED;
	default:
		return WIRE_UNKNOWN;
	}
}
