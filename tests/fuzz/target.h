/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz targets: each takes any bytes, and aborts if something is wrong. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
	const char *name; /* also the name of its directory in corpus/ */
	void (*run)(const uint8_t *data, size_t size);
};

/* The last one has no name. */
extern const struct fuzz_target fuzz_targets[];

void fuzz_apply(const uint8_t *data, size_t size);
void fuzz_layer(const uint8_t *data, size_t size);
void fuzz_image(const uint8_t *data, size_t size);
void fuzz_stream(const uint8_t *data, size_t size);
void fuzz_merge(const uint8_t *data, size_t size);
void fuzz_options(const uint8_t *data, size_t size);
void fuzz_request(const uint8_t *data, size_t size);
void fuzz_filter(const uint8_t *data, size_t size);
void fuzz_wire(const uint8_t *data, size_t size);

/* Makes an empty directory, in memory if there is such a filesystem, and opens it. */
int fuzz_dir(void);
/* Removes everything in the directory DIRFD, and closes it. */
void fuzz_dir_empty(int dirfd);
