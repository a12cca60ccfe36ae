/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An outside program: it knows <shale.h> and pkg-config, and nothing of the tree. */
#include <shale.h>
#include <stdio.h>
#include <string.h>

/* The library has an internal function of this name, which must not clash with a program's. */
int layer_open(void);
int layer_open(void)
{
	return 0;
}

static int print_layer(const struct shale_layer_info *layer, void *arg)
{
	int *found = arg;
	printf("%s\n", layer->id);
	*found += strcmp(layer->id, "client") == 0;
	return 0;
}

static int fail(const struct shale_error *err)
{
	fprintf(stderr, "client: %s\n", err->text);
	return 1;
}

int main(int argc, char **argv)
{
	struct shale_error err = { 0 };
	struct shale_store *store;
	struct shale_store_options options = { .size = sizeof(options), .home = argv[1] };
	char run[4096];
	snprintf(run, sizeof(run), "%s.run", argv[1]);
	options.run = run;
	if (shale_store_open(&options, &store, &err) < 0)
		return fail(&err);

	struct shale_layer_options layer = { .size = sizeof(layer) };
	int found = 0;
	if (shale_layer_create(store, "client", &layer, &err) < 0)
		return fail(&err);
	if (shale_layer_list(store, print_layer, &found, &err) < 0)
		return fail(&err);
	if (shale_layer_remove(store, "client", NULL, &err) < 0)
		return fail(&err);
	shale_store_close(store);
	return found == 1 ? 0 : 1;
}
