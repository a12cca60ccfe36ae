/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engines whose layers a store can read. */
#pragma once

enum engine {
	ENGINE_SHALE, /* a store of shale's own, with no other engine */
	ENGINE_DOCKER,
	ENGINE_CONTAINERS,
};
