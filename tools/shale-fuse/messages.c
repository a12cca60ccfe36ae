/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-fuse/messages.h"

#include "common/base/scope.h"
#include "common/mount_option.h"
#include "tools/quote.h"

#include <stdlib.h>
#include <string.h>

void message_usage(FILE *to)
{
	fputs("usage: shale-fuse [-f] [-d] -o lowerdir=A:B[,upperdir=U,workdir=W][,...] [SOURCE] "
	      "DIR\n"
	      "\n"
	      "Mounts the directories A, B, ... (topmost first) as one tree at DIR; with an upper\n"
	      "directory it can be written to. Returns once the tree is there.\n"
	      "\n"
	      "  -f         stay in the foreground\n"
	      "  -d         print every request (implies -f)\n"
	      "  -o OPTIONS mount options, separated by commas; shale-fuse(1) explains them\n"
	      "  --help, --version\n"
	      "  --convert-upper DIR\n"
	      "             make the upper layer DIR, which fuse-overlayfs wrote, one for the "
	      "kernel\n"
	      "\n"
	      "Mount options:\n",
		to);
	for (size_t i = 0; i < N_MOUNT_OPTIONS; i++)
		fprintf(to, "  %s%s%s\n", mount_options[i].name, *mount_options[i].value ? "=" : "",
			mount_options[i].value);
}

int message_error(const struct shale_error *err)
{
	fputs("shale-fuse: ", stderr);
	text_quote(stderr, err->text, false);
	fputc('\n', stderr);
	if (err->remedy[0]) {
		text_quote(stderr, err->remedy, false);
		fputc('\n', stderr);
	}
	return EXIT_FAILURE;
}

void message_unknown(const struct daemon_options *options)
{
	bool one = options->n_unknown == 1;

	if (options->n_unknown)
		fprintf(stderr, "shale-fuse: warning: option%s %s %s not known, and ignored\n",
			one ? "" : "s", options->unknown, one ? "is" : "are");
}

void message_no_keeper(void)
{
	fputs("shale-fuse: warning: 'keeper=on' is left out: there is no memory that "
	      "another process could take over (is the size of files limited?)\n",
		stderr);
}

void message_no_index(void *arg, const char *why)
{
	fprintf(stderr,
		"shale-fuse: warning: 'index=on' is left out, and hard links of lower files break "
		"when they are copied up: %s\n",
		why);
}

void message_no_work(void *arg, const char *work, int error)
{
	auto_free char *quoted = text_quoted(work, false);

	fprintf(stderr,
		"shale-fuse: warning: the mount is read-only, as '%s/work' cannot be made: %s\n",
		quoted ? quoted : "", strerror(error));
}

void message_limited(unsigned long seconds)
{
	fprintf(stderr,
		"shale-fuse: warning: the limit of CPU time (ulimit -t) cannot be lifted: the "
		"daemon "
		"is killed after %lu s of work; its mount goes on only with a keeper, from Linux "
		"6.9 on\n",
		seconds);
}
