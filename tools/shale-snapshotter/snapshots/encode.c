/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/snapshots/encode.h"

#include <errno.h>
#include <stdlib.h>

static void encode_time(const struct timespec *time, Pb__Time *ret)
{
	*ret = (Pb__Time)PB__TIME__INIT;
	ret->seconds = time->tv_sec;
	ret->nanos = (int32_t)time->tv_nsec;
}

int encode_info(const struct snapshot *snapshot, struct encoded_info *ret)
{
	size_t n = snapshot->labels.n;

	*ret = (struct encoded_info){ .info = PB__INFO__INIT };
	if (n) {
		ret->labels = calloc(n, sizeof(*ret->labels));
		ret->list = calloc(n, sizeof(*ret->list));
		if (!ret->labels || !ret->list) {
			encoded_info_free(ret);
			return -ENOMEM;
		}
	}
	for (size_t i = 0; i < n; i++) {
		ret->labels[i] = (Pb__Label)PB__LABEL__INIT;
		ret->labels[i].key = snapshot->labels.list[i].key;
		ret->labels[i].value = snapshot->labels.list[i].value;
		ret->list[i] = &ret->labels[i];
	}
	encode_time(&snapshot->created, &ret->created);
	encode_time(&snapshot->updated, &ret->updated);
	ret->info.name = snapshot->key;
	if (snapshot->parent)
		ret->info.parent = snapshot->parent->key;
	ret->info.kind = (Pb__Kind)snapshot->kind;
	ret->info.created_at = &ret->created;
	ret->info.updated_at = &ret->updated;
	ret->info.labels = ret->list;
	ret->info.n_labels = n;
	return 0;
}

void encoded_info_free(struct encoded_info *info)
{
	free(info->labels);
	free(info->list);
	info->labels = NULL;
	info->list = NULL;
}
