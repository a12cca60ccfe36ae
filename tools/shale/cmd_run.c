/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/container.h"

#include "common/base/scope.h"
#include "tools/shale/cli.h"
#include "tools/shale/container/process.h"
#include "tools/shale/container/sealed.h"
#include "tools/shale/word_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { ENTRYPOINT = 'e', KEEP = 'k', NO_NEW_PRIVILEGES = 'n', REMOVE = 'r', VOLUME = 'v' };

struct run {
	struct cli *cli;
	bool remove, no_new_privileges;
	const char *keep;
	struct word_list volumes;
	struct process_options process;
	const char *what;
	char layer[64];            /* id of the writable layer */
	bool made;                 /* this command made the layer */
	struct shale_lease *lease; /* lease that ends the mount if this process is killed */
};

static int is_writable_layer(struct cli *cli, const char *what)
{
	struct shale_layer_info *info;
	int r = shale_layer_exists(cli->store, what, NULL);

	if (r <= 0)
		return 0;
	r = shale_layer_info(cli->store, what, &info, &cli->err);
	if (r < 0)
		return r;
	r = !strcmp(info->kind, "rw");
	free(info);
	return r;
}

static int choose_name(struct run *run)
{
	uint32_t nonce;

	if (run->keep) {
		int n = snprintf(run->layer, sizeof(run->layer), "%s", run->keep);
		return (size_t)n < sizeof(run->layer) ? 0
						      : cli_fail(&run->cli->err, -ENAMETOOLONG,
								"layer '%.80s'", run->keep);
	}
	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		return cli_fail(&run->cli->err, -EIO, "choose a name");
	snprintf(run->layer, sizeof(run->layer), "run-%08" PRIx32, nonce);
	return 0;
}

static int make_layer(struct run *run)
{
	const struct shale_layer_options options = {
		.size = sizeof(options), .parent = run->what, .flags = SHALE_CREATE_RW
	};
	int r = choose_name(run);

	if (r == 0)
		r = shale_layer_create(run->cli->store, run->layer, &options, &run->cli->err);
	if (r < 0)
		return r;
	run->made = true;
	if (!run->remove && !run->keep)
		fprintf(stderr, "shale: what is written stays in layer %s\n", run->layer);
	return 0;
}

/* Finds the layer that the user named, if it is writable; else makes a new one on it. */
static int find_layer(struct run *run)
{
	struct cli *cli = run->cli;
	int r = is_writable_layer(cli, run->what);

	if (r <= 0)
		return r < 0 ? r : make_layer(run);
	if (run->remove || run->keep) {
		cli_fail(
			&cli->err, -EINVAL, "layer '%s' is writable and entered itself", run->what);
		snprintf(cli->err.remedy, sizeof(cli->err.remedy),
			"leave --rm and --keep out, or commit it first");
		return -EINVAL;
	}
	int n = snprintf(run->layer, sizeof(run->layer), "%s", run->what);
	return (size_t)n < sizeof(run->layer)
		       ? 0
		       : cli_fail(&cli->err, -ENAMETOOLONG, "layer '%.80s'", run->what);
}

/* Cuts the text SRC:DST[:ro|rw] into its parts. */
static int parse_volume(char *text, struct rootfs_volume *ret, struct shale_error *err)
{
	char *target = strchr(text, ':');
	char *mode = target ? strchr(target + 1, ':') : NULL;
	const bool read_only = mode && !strcmp(mode, ":ro");

	if (!target || target == text || target[1] != '/' ||
		(mode && !read_only && strcmp(mode, ":rw") != 0)) {
		cli_fail(err, -EINVAL, "volume '%.200s'", text);
		snprintf(err->remedy, sizeof(err->remedy),
			"say SOURCE:TARGET, or SOURCE:TARGET:ro, with an absolute TARGET");
		return -EINVAL;
	}
	*target++ = '\0';
	if (mode)
		*mode = '\0';
	*ret = (struct rootfs_volume){ text, target, read_only };
	return 0;
}

static int run_with_volumes(struct run *run, struct container *container)
{
	const size_t n = run->volumes.n;
	auto_free struct rootfs_volume *volumes = calloc(n + 1, sizeof(*volumes));
	int r = volumes ? 0 : cli_fail(&run->cli->err, -ENOMEM, "read volumes");

	for (size_t i = 0; i < n && r == 0; i++)
		r = parse_volume((char *)run->volumes.list[i], &volumes[i], &run->cli->err);
	container->volumes = volumes;
	container->n_volumes = n;
	return r < 0 ? r : container_run(container, &run->cli->err);
}

static int run_mounted(struct run *run, const char *path)
{
	auto_free char *config = NULL;
	struct process process;
	int r = shale_image_config(run->cli->store, run->layer, &config, &run->cli->err);

	if (r == 0)
		r = process_open(config, &run->process, &process, &run->cli->err);
	if (r < 0)
		return r;
	struct container container = {
		.root = path,
		.command = process.command,
		.env = process.env,
		.directories = process.volumes,
		.user = process.user,
		.working_dir = process.working_dir,
		.no_new_privileges = run->no_new_privileges,
	};
	r = run_with_volumes(run, &container);
	process_close(&process);
	return r;
}

/* Ends the mount; with --rm, removes the layer. Returns the first failure, R or its own. */
static int put_away(struct run *run, bool mounted, int r)
{
	struct shale_error err = { 0 };
	const struct shale_put_options use = { .size = sizeof(use), .lease = run->lease };
	int put = mounted ? shale_layer_put(run->cli->store, run->layer, &use, &err) : 0;

	if (put >= 0 && run->made && run->remove)
		put = shale_layer_remove(run->cli->store, run->layer, NULL, &err);
	if (put < 0 && r >= 0)
		run->cli->err = err;
	return put < 0 && r >= 0 ? put : r;
}

static int run_layer(struct run *run)
{
	auto_free char *path = NULL;
	int r = find_layer(run);

	if (r < 0)
		return r;
	r = shale_lease_open(run->cli->store, -1, &run->lease, &run->cli->err);
	const struct shale_mount_options use = { .size = sizeof(use), .lease = run->lease };
	if (r >= 0)
		r = shale_layer_get(run->cli->store, run->layer, &use, &path, &run->cli->err);
	const bool mounted = r >= 0;
	if (mounted)
		r = run_mounted(run, path);
	r = put_away(run, mounted, r);
	shale_lease_close(run->lease);
	return r;
}

static int start(struct run *run)
{
	struct cli *cli = run->cli;

	if (sealed_exec(&cli->err) < 0)
		return CLI_FAILED;
	if (geteuid() != 0 && shale_unshare(&cli->err) < 0)
		return CLI_FAILED;
	cli->err = (struct shale_error){ 0 }; /* ignore that there are few subordinate ids */
	if (!cli_open(cli))
		return CLI_FAILED;
	int r = run_layer(run);
	return r < 0 ? CLI_FAILED : r;
}

static void take_option(struct run *run, int option)
{
	switch (option) {
	case ENTRYPOINT:
		run->process.entrypoint = optarg;
		break;
	case KEEP:
		run->keep = optarg;
		break;
	case NO_NEW_PRIVILEGES:
		run->no_new_privileges = true;
		break;
	case REMOVE:
		run->remove = true;
		break;
	default:
		word_list_add(&run->volumes, optarg);
	}
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "entrypoint", required_argument, NULL,
							 ENTRYPOINT },
		{ "keep", required_argument, NULL, KEEP },
		{ "no-new-privileges", no_argument, NULL, NO_NEW_PRIVILEGES },
		{ "rm", no_argument, NULL, REMOVE }, { "volume", required_argument, NULL, VOLUME },
		{ 0 } };
	struct run run = { .cli = cli };
	int option, r = CLI_USAGE;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		take_option(&run, option);
	if (run.remove && run.keep)
		cli_usage(cli, "either --rm or --keep", NULL);
	else if (option == 0 && cli_arguments(cli, argc, 1, -1)) {
		run.what = argv[optind];
		run.process.command = argv + optind + 1;
		r = start(&run);
	}
	word_list_free(&run.volumes);
	return r;
}

const struct command command_run = {
	.name = "run",
	.args = "[--rm | --keep NAME] [--volume SRC:DST[:ro]]... [--entrypoint WORD]\n"
		"           [--no-new-privileges] IMAGE|ID [COMMAND [ARGUMENT]...]",
	.summary = "run a command in a new writable layer on an image, or in the writable layer ID",
	.run = run,
	.rest = true,
};
