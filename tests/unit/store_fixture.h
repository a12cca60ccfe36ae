/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A store in a directory of its own, for tests. */
#pragma once

#include <check.h>
#include <stdbool.h>

#include "common/shale.h"
#include "common/store/store_struct.h"
#include "common/store/store.h"

extern struct shale_store *store;
extern struct shale_error err;
extern char store_dir[64]; /* path of the directory with home/ and run/, which is the working
			      directory of the test */

/* Enters a mount namespace of its own. Returns false if tests that mount cannot run here. */
bool store_may_mount(void);

/* The set-up and tear-down of each test. */
void store_set_up(void);
void store_tear_down(void);
/* Opens the store of the test again, as another process would. */
struct shale_store *store_open_again(void);
void store_reopen(void);

/* Fails the test with ERR's words if RESULT is negative. */
void must(int result);
/* Fails the test unless RESULT is CODE and ERR has words. Clears the error. */
void must_fail(int result, int code);

/* Makes a tar with the file NAME, whose content is TEXT. Returns a descriptor for reading. */
int tar_of(const char *name, const char *text);
/* Makes the layer ID on PARENT ("": none), with the file NAME and TEXT in it. */
void make_layer(const char *id, const char *parent, const char *name, const char *text);
void make_rw(const char *id, const char *parent);
bool exists(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Tells whether the file at PATH, below the test's directory, has the content TEXT, perhaps with a
 * newline. */
bool holds(const char *path, const char *text);
void write_text(const char *path, const char *text);
/* Fails the test unless staging/ and trash/ are empty and l/ has one link for each layer. */
void assert_tidy(void);
/* Pass these to shale_store_check and shale_store_gc: they append what they are told to ARG, a
 * string in 512 bytes. */
int keep_problem(const struct shale_problem *problem, void *arg);
int keep_pair(const char *what, const char *why, void *arg);
