/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/sink.h"

#include "common/error.h"

int shale_sink_put(struct shale_sink *sink, const char *name, const void *data, size_t size,
	struct shale_error *err)
{
	int r = sink->ops->begin(sink, err);

	if (r == 0)
		r = sink->ops->write(sink, data, size, err);
	return r < 0 ? r : sink->ops->end(sink, name, err);
}

void shale_sink_close(struct shale_sink *sink)
{
	if (sink)
		sink->ops->close(sink);
}
