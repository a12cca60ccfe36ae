/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/diff/content.h"

#include "common/base/scope.h"
#include "tools/shale-snapshotter/snapshots/change_snapshot.h"
#include "tools/shale-snapshotter/wire/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define METHOD(name) "/containerd.services.content.v1.Content/" name
#define NAMESPACE    "containerd-namespace"
#define LEASE        "containerd-lease"
#define LEASE_S      3600

/* ---- the namespace of the content ---- */

static bool has_header(const struct content *content, const char *name)
{
	for (size_t i = 0; i < content->n_headers; i++)
		if (!strcmp(content->headers[i].name, name))
			return true;
	return false;
}

static void add_header(struct content *content, const char *name, char *value)
{
	if (content->n_headers < CONTENT_HEADERS_MAX)
		content->headers[content->n_headers++] = (struct wire_header){ (char *)name,
			value };
}

void content_open(struct content *ret, const char *address, const struct wire_header *headers,
	size_t n_headers)
{
	*ret = (struct content){ .address = address };
	for (size_t i = 0; i < n_headers; i++)
		add_header(ret, headers[i].name, headers[i].value);
}

void content_choose_namespace(struct content *content, const char *key)
{
	size_t length = strcspn(key, "/");

	if (has_header(content, NAMESPACE))
		return;
	if (key[length])
		snprintf(content->namespace, sizeof(content->namespace), "%.*s", (int)length, key);
	else
		strcpy(content->namespace, "default");
	add_header(content, NAMESPACE, content->namespace);
}

/* ---- calls ---- */

static void cleanup_client(struct wire_client **client)
{
	wire_client_close(*client);
}
#define auto_client __attribute__((cleanup(cleanup_client)))

static int start(const struct content *content, const char *method, struct wire_client **ret)
{
	return wire_client_open(
		content->address, method, content->headers, content->n_headers, ret);
}

static int send(struct wire_client *client, const ProtobufCMessage *message, bool last)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	auto_free uint8_t *data = malloc(size + 1);

	if (!data)
		return -ENOMEM;
	protobuf_c_message_pack(message, data);
	return wire_client_send(client, data, size, last);
}

/* Puts the reason into ERR: the server's message if it sent one, or the words for R. WHAT and NAME
 * say which step has failed. */
static enum wire_status fail(const struct wire_client *client, int r, const char *what,
	const char *name, struct shale_error *err)
{
	const char *words = "";
	enum wire_status status = client ? wire_client_status(client, &words) : WIRE_UNAVAILABLE;

	if (r < 0 || status == WIRE_OK) {
		words = r < 0 && !*words ? strerror(-r) : words;
		status = status == WIRE_OK ? WIRE_UNAVAILABLE : status;
	}
	return snapshot_fail(err, status, "%s %s: %s", what, name, words);
}

/* ---- read ---- */

/* Passes the bytes of one message to FN. Returns how many, or a negative errno. */
static int64_t take(const uint8_t *data, size_t size, int64_t at, content_fn *fn, void *arg)
{
	Pb__ReadReply *reply = pb__read_reply__unpack(NULL, size, data);

	if (!reply)
		return -EPROTO;
	int64_t n = reply->offset == at ? (int64_t)reply->data.len : -EPROTO;
	if (n > 0)
		fn(reply->data.data, reply->data.len, arg);
	pb__read_reply__free_unpacked(reply, NULL);
	return n;
}

enum wire_status content_read(const struct content *content, const char *digest, int64_t size,
	content_fn *fn, void *arg, struct shale_error *err)
{
	Pb__ReadRequest request = PB__READ_REQUEST__INIT;
	auto_client struct wire_client *client = NULL;
	const uint8_t *data;
	const char *words;
	size_t length;
	int64_t at = 0;
	int r = start(content, METHOD("Read"), &client);

	request.digest = (char *)digest;
	if (r == 0)
		r = send(client, &request.base, true);
	while (r >= 0 && (r = wire_client_receive(client, &data, &length)) > 0) {
		int64_t n = take(data, length, at, fn, arg);

		r = n < 0 ? (int)n : 1;
		at += n > 0 ? n : 0;
	}
	if (r < 0 || wire_client_status(client, &words) != WIRE_OK)
		return fail(client, r, "read the content", digest, err);
	if (at != size)
		return snapshot_fail(err, WIRE_UNKNOWN,
			"read the content %s: it has %lld bytes, and not %lld", digest,
			(long long)at, (long long)size);
	return WIRE_OK;
}

/* ---- write ---- */

static int make_lease(struct content *content)
{
	Pb__LeaseRequest request = PB__LEASE_REQUEST__INIT;
	Pb__Label expires = PB__LABEL__INIT, *labels = &expires;
	auto_client struct wire_client *client = NULL;
	char until[32];
	time_t end = time(NULL) + LEASE_S;
	struct tm tm;
	uint64_t random;
	const uint8_t *data;
	const char *words;
	size_t size;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	snprintf(content->lease, sizeof(content->lease), "shale-%016llx",
		(unsigned long long)random);
	strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&end, &tm));
	expires.key = (char *)"containerd.io/gc.expire";
	expires.value = until;
	request.id = content->lease;
	request.labels = &labels;
	request.n_labels = 1;
	int r = start(content, "/containerd.services.leases.v1.Leases/Create", &client);
	if (r == 0)
		r = send(client, &request.base, true);
	while (r >= 0 && (r = wire_client_receive(client, &data, &size)) > 0)
		;
	if (r == 0 && wire_client_status(client, &words) != WIRE_OK)
		r = -EPROTO;
	if (r == 0)
		add_header(content, LEASE, content->lease);
	return r;
}

struct content_writer {
	const struct content *content;
	struct wire_client *client;
	char *ref;
	int64_t offset;
	bool committed;
};

enum wire_status content_begin(struct content *content, const char *ref,
	struct content_writer **ret, struct shale_error *err)
{
	auto_free struct content_writer *writer = calloc(1, sizeof(*writer));

	if (writer)
		writer->ref = strdup(ref);
	if (!writer || !writer->ref)
		return snapshot_fail(err, WIRE_RESOURCE_EXHAUSTED, "out of memory");
	writer->content = content;
	int r = has_header(content, LEASE) ? 0 : make_lease(content);
	if (r == 0)
		r = start(content, METHOD("Write"), &writer->client);
	if (r < 0) {
		free(writer->ref);
		return fail(NULL, r, "write content to", content->address, err);
	}
	*ret = steal_ptr(&writer);
	return WIRE_OK;
}

/* Sends a write request and waits for the reply; each request has exactly one. */
static int ask(struct content_writer *writer, const Pb__WriteRequest *request, bool last)
{
	const uint8_t *data;
	size_t size;
	int r = send(writer->client, &request->base, last);

	/* If the server has ended the call, the call's status says the reason. */
	int received = wire_client_receive(writer->client, &data, &size);
	return received > 0 ? r : received < 0 ? received : -ECONNRESET;
}

enum wire_status content_write(
	struct content_writer *writer, const void *data, size_t size, struct shale_error *err)
{
	Pb__WriteRequest request = PB__WRITE_REQUEST__INIT;

	request.action = PB__WRITE_ACTION__WRITE;
	request.ref = writer->ref;
	request.offset = writer->offset;
	request.data = (ProtobufCBinaryData){ size, (uint8_t *)data };
	int r = ask(writer, &request, false);
	if (r < 0)
		return fail(writer->client, r, "write content", writer->ref, err);
	writer->offset += (int64_t)size;
	return WIRE_OK;
}

enum wire_status content_commit(struct content_writer *writer, const char *digest,
	Pb__Label **labels, size_t n_labels, struct shale_error *err)
{
	Pb__WriteRequest request = PB__WRITE_REQUEST__INIT;
	const char *words;

	request.action = PB__WRITE_ACTION__COMMIT;
	request.ref = writer->ref;
	request.offset = request.total = writer->offset;
	request.expected = (char *)digest;
	request.labels = labels;
	request.n_labels = n_labels;
	int r = ask(writer, &request, true);
	if (r < 0 && wire_client_status(writer->client, &words) != WIRE_ALREADY_EXISTS)
		return fail(writer->client, r, "commit content", digest, err);
	writer->committed = r == 0;
	return WIRE_OK;
}

static void abort_write(const struct content_writer *writer)
{
	Pb__AbortRequest request = PB__ABORT_REQUEST__INIT;
	auto_client struct wire_client *client = NULL;
	const uint8_t *data;
	size_t size;

	request.ref = writer->ref;
	if (start(writer->content, METHOD("Abort"), &client) == 0 &&
		send(client, &request.base, true) == 0)
		(void)wire_client_receive(client, &data, &size);
}

void content_end(struct content_writer *writer)
{
	if (!writer)
		return;
	wire_client_close(writer->client);
	if (!writer->committed && writer->offset)
		abort_write(writer);
	free(writer->ref);
	free(writer);
}
