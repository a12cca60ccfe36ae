/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A store in a directory of the test's own. */
#pragma once

#include <check.h>
#include <stdbool.h>

#include "common/shale.h"
#include "common/store/private.h"
#include "common/store/store.h"

extern struct shale_store *store;
extern struct shale_error err;
extern char store_dir[64]; /* holds home/ and run/; the working directory of the test */

/* Set-up and tear-down of each test. */
void store_set_up(void);
void store_tear_down(void);
/* Another opening of the same store, as by another process. */
struct shale_store *store_open_again(void);
void store_reopen(void);

/* Fails the test with the words of ERR if RESULT is negative. */
void must(int result);
/* Wants RESULT to be CODE, with words; forgets the error. */
void must_fail(int result, int code);

/* A tar that holds the file NAME with TEXT, as a descriptor to read it from. */
int tar_of(const char *name, const char *text);
/* Makes the layer ID on PARENT ("": none), holding the file NAME with TEXT. */
void make_layer(const char *id, const char *parent, const char *name, const char *text);
void make_rw(const char *id, const char *parent);
bool exists(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The path, below the test's directory, holds TEXT and a newline or nothing behind it. */
bool holds(const char *path, const char *text);
void write_text(const char *path, const char *text);
/* Nothing in staging/ and trash/, and one link in l/ for each layer. */
void assert_tidy(void);
/* For shale_store_check and shale_store_gc: add what is told to ARG, a string in 512 bytes. */
int keep_problem(const struct shale_problem *problem, void *arg);
int keep_pair(const char *what, const char *why, void *arg);
