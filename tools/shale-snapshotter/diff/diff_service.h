/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* containerd's service containerd.services.diff.v1.Diff. */
#pragma once

#include "tools/shale-snapshotter/diff/differ.h"

/* The methods, for wire_server_new, with a struct differ as the argument. */
extern const struct wire_method diff_methods[];
