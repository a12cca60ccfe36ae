/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loans of permission bits. The kernel's overlayfs works on layers with the rights of its mounter,
 * whatever the modes of files are. A daemon without privileges may own a file whose mode refuses
 * it. For the time of one call it then gives itself the missing bits of the file's owner. Other
 * users get no rights by that. The mount shows, sets and copies modes without the lent bits. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct lent;

struct kept_state;
struct kept_loan;

struct loans {
	/* Guards the list, and each change of a mode. Taken after all other locks. */
	pthread_mutex_t lock;
	struct lent *first;
	atomic_uint n;     /* number of inodes in the list */
	atomic_uint begun; /* how many loans there were so far */
	/* KEPT_LOANS notes for the next worker; NULL: loans need not survive this process */
	struct kept_loan *kept;
	bool likely; /* this process lacks CAP_DAC_OVERRIDE, so loans are needed */
};

/* Makes an empty list. If KEPT is not NULL, takes back the bits that an earlier worker has lent,
 * and notes loans there. */
void loans_open(struct loans *loans, struct kept_state *kept);
void loans_close(struct loans *loans);

/* One use of bits that are lent on an inode. The end of its scope takes the bits back, if it was
 * the last use. */
struct loan {
	struct loans *loans;
	struct lent *lent; /* NULL: nothing is lent */
};
#define LOAN_NONE ((struct loan){ 0 })
#define auto_loan __attribute__((cleanup(loan_return)))

/* Lends BITS (of S_IRWXU) on the inode of FD, which may be O_PATH. Returns -EACCES if the inode
 * belongs to another user, or its filesystem does not change modes. */
int loan_take(struct loans *loans, int fd, mode_t bits, struct loan *ret);
/* Lends all bits of a directory that is about to be changed, if its mode refuses this process.
 * Ignores a failure, since the calls that follow will fail, too. */
void loan_take_dir(struct loans *loans, int fd, struct loan *ret);
void loan_return(struct loan *loan);

/* Calls CALL. If it fails with -EACCES, lends BITS on FD and calls it once more. */
#define with_loan(loans, fd, bits, call)                                                           \
	({                                                                                         \
		auto_loan struct loan loan_ = LOAN_NONE;                                           \
		__auto_type called_ = (call);                                                      \
		if (called_ == -EACCES && loan_take((loans), (fd), (bits), &loan_) == 0)           \
			called_ = (call);                                                          \
		called_;                                                                           \
	})

/* Works like opath_chmod, but keeps bits that are lent now. */
int loan_chmod(struct loans *loans, int fd, mode_t mode);

/* CALL is an expression that fills ST with a file's attributes. Evaluates CALL, and removes lent
 * bits from the mode in ST. CALL must not take a loan. */

#define without_loans(loans, st, call)                                                             \
	({                                                                                         \
		unsigned int begun_ = atomic_load(&(loans)->begun);                                \
		__auto_type seen_ = (call);                                                        \
		if (atomic_load(&(loans)->n) || atomic_load(&(loans)->begun) != begun_) {          \
			pthread_mutex_lock(&(loans)->lock);                                        \
			seen_ = (call);                                                            \
			if (seen_ >= 0)                                                            \
				loans_hide((loans), (st));                                         \
			pthread_mutex_unlock(&(loans)->lock);                                      \
		}                                                                                  \
		seen_;                                                                             \
	})
/* Removes lent bits from the mode in ST. The caller holds LOANS->lock. */
void loans_hide(const struct loans *loans, struct stat *st);
