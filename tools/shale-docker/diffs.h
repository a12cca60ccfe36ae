/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about the changes in a layer: Diff, Changes, ApplyDiff, DiffSize. */
#pragma once

#include "tools/shale-docker/endpoint.h"

send_fn docker_diff, docker_changes;
receive_fn docker_apply;
answer_fn docker_diff_size;
