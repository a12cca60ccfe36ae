/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engines whose layers a store can read. */
#pragma once

enum engine {
	ENGINE_SHALE, /* no other engine: the store is shale's */
	ENGINE_DOCKER,
	ENGINE_CONTAINERS,
};
