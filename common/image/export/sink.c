/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/sink.h"

#include "common/base/error.h"

int sink_put(
	struct sink *sink, const char *name, const void *data, size_t size, struct shale_error *err)
{
	int r = sink->ops->begin(sink, err);

	if (r == 0)
		r = sink->ops->write(sink, data, size, err);
	return r < 0 ? r : sink->ops->end(sink, name, err);
}

void sink_close(struct sink *sink)
{
	if (sink)
		sink->ops->close(sink);
}
