/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A terminal for the container, connected with the user's terminal. A terminal of its own keeps the
 * command from putting input into the user's terminal. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct terminal {
	int master; /* master side of the container's terminal; -1: it has none */
	bool raw;   /* the user's terminal is in raw mode; BEFORE has its old settings */
	struct termios before;
	char input[1024]; /* input that the container has not taken yet */
	size_t n_input;
};

/* Opens a new terminal in the container, whose /dev/pts exists. Returns the terminal's master. */
int terminal_new(struct shale_error *err);
/* Makes the terminal of MASTER the controlling terminal of this process, which leads a session.
 * OWNER gets the terminal. It replaces each standard descriptor that is a terminal. */
int terminal_attach(int master, uid_t owner, struct shale_error *err);

/* Begins to pass bytes between the terminals. TERMINAL owns MASTER then. */
void terminal_begin(struct terminal *terminal, int master);
/* Gives the container's terminal the size of the user's window. Call it when that size has
 * changed. */
void terminal_resize(const struct terminal *terminal);
/* Passes bytes in each direction, as READY (from poll) allows. */
void terminal_copy_in(struct terminal *terminal, short ready);
void terminal_copy_out(struct terminal *terminal, short ready);
void terminal_end(struct terminal *terminal);
