/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* containerd's service containerd.services.snapshots.v1.Snapshots. */
#pragma once

#include "tools/shale-snapshotter/wire/wire.h"

/* The methods, for wire_server_new, with a struct catalog as the argument. */
extern const struct wire_method snapshots_methods[];
