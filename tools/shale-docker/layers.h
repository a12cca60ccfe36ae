/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls about one layer: Create, Get, Put, Remove and others. */
#pragma once

#include "tools/shale-docker/endpoint.h"

answer_fn docker_create, docker_create_rw, docker_remove, docker_exists, docker_metadata;
answer_fn docker_get, docker_put;
