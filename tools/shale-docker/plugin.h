/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about the plug-in and its whole store: Init, Status, Cleanup, Capabilities. */
#pragma once

#include "tools/shale-docker/endpoint.h"

answer_fn docker_activate, docker_init, docker_capabilities, docker_status, docker_clean_up;
