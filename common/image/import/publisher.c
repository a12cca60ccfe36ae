/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/publisher.h"

#include "common/base/scope.h"
#include "common/base/thread.h"

static void *work(void *arg)
{
	struct publisher *publisher = arg;

	publisher->code = adding_publish(publisher->adding, &publisher->err);
	if (publisher->code < 0)
		atomic_store(&publisher->failed, true);
	return NULL;
}

void publisher_start(struct publisher *publisher)
{
	if (publisher->adding)
		publisher->threaded = thread_start(&publisher->thread, work, publisher) == 0;
}

bool publisher_failed(struct publisher *publisher)
{
	return atomic_load(&publisher->failed);
}

int publisher_end(struct publisher *publisher, struct shale_error *err)
{
	if (!publisher->adding)
		return 0;
	if (publisher->threaded)
		pthread_join(publisher->thread, NULL);
	else
		work(publisher);
	int code = publisher->code;
	if (code < 0 && err)
		*err = publisher->err;
	adding_free(publisher->adding);
	*publisher = (struct publisher){ 0 };
	return code;
}
