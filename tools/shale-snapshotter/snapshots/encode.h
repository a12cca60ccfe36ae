/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encodes a snapshot as containerd's message Info. */
#pragma once

#include "tools/shale-snapshotter/proto/snapshots.pb-c.h"
#include "tools/shale-snapshotter/snapshots/snapshot.h"

struct encoded_info {
	Pb__Info info;
	Pb__Time created, updated;
	Pb__Label *labels, **list;
};

/* Encodes SNAPSHOT, which keeps its strings. RET contains pointers into itself: do not copy it. */
int encode_info(const struct snapshot *snapshot, struct encoded_info *ret);
void encoded_info_free(struct encoded_info *info);
