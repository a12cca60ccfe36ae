/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connects the user's terminal with one of the container, so that the command cannot put input into
 * the user's. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct terminal {
	int master; /* master of the container's terminal; -1: there is none */
	bool raw;   /* the user's terminal is raw; BEFORE has its old settings */
	struct termios before;
	char input[1024]; /* input for the container */
	size_t n_input;
};

/* Opens a new terminal in the container, whose /dev/pts exists; returns its master. */
int terminal_new(struct shale_error *err);
/* Makes MASTER's terminal the controlling one of this process, which has a session of its own;
 * gives it to OWNER, and replaces those standard descriptors that are terminals. */
int terminal_attach(int master, uid_t owner, struct shale_error *err);

/* Takes MASTER over. */
void terminal_begin(struct terminal *terminal, int master);
/* Call it when the size of the user's window has changed. */
void terminal_resize(const struct terminal *terminal);
/* Copies bytes each way, as READY (from poll) allows. */
void terminal_copy_in(struct terminal *terminal, short ready);
void terminal_copy_out(struct terminal *terminal, short ready);
void terminal_end(struct terminal *terminal);
