/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filters of containerd's lists: selectors with commas between them, all of which must match. A
 * selector is a field (name, parent, kind, labels.KEY; its parts may be quoted): alone, it matches
 * if the field exists; or it has == or != and a value, or ~= and a regular expression. A value may
 * be quoted. */
#pragma once

#include "tools/shale-snapshotter/snapshots/snapshot.h"

struct filter;

/* Parses TEXT. Returns -EINVAL, with the reason in *RET_WHY (a static string), or -ENOMEM. */
int filter_new(const char *text, struct filter **ret, const char **ret_why);
void filter_free(struct filter *filter);
bool filter_matches(const struct filter *filter, const struct snapshot *snapshot);
