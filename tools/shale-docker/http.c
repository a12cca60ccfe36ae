/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/http.h"

#include "common/base/scope.h"
#include "tools/jsontext.h"
#include "tools/quote.h"
#include "tools/shale-docker/endpoints.h"
#include "tools/service/failure.h"
#include "tools/shale-docker/request.h"
#include "tools/service/stream.h"

#include <fcntl.h>
#include <malloc.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define JSON_TYPE        "application/vnd.docker.plugins.v1.2+json"
#define MOST_REQUEST     (1 << 20) /* longest JSON body; dockerd's have some hundred bytes */
#define MOST_CONNECTIONS 1024
#define CONNECTION_SIZE  (128 << 10) /* size of a connection's buffers */
#define BLOCK_SIZE       (64 << 10)

struct http {
	struct MHD_Daemon *daemon;
	struct driver *driver;
	pthread_mutex_t lock; /* guards CALLS */
	size_t calls;
	pthread_cond_t idle; /* signalled when no call is left */
	atomic_bool ending;
};

/* One call, from the first line of its request until its reply is sent. */
struct call {
	struct http *http;
	const struct endpoint *endpoint;
	char *body; /* the part of a JSON request that was received */
	size_t size;
	bool too_big;
	json_t *request;
	json_t *reply;
	struct upload *upload;
	struct download *download;
};

static void complain(const char *call, const struct shale_error *err)
{
	flockfile(stderr);
	fprintf(stderr, "shale-docker: %s: ", call);
	text_quote(stderr, err->text, false);
	if (err->remedy[0]) {
		fputs(" (", stderr);
		text_quote(stderr, err->remedy, false);
		fputc(')', stderr);
	}
	fputc('\n', stderr);
	funlockfile(stderr);
}

/* ---- replies ---- */

static enum MHD_Result send_response(const struct http *http, struct MHD_Connection *connection,
	unsigned int status, const char *type, struct MHD_Response *response)
{
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (http->ending)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	enum MHD_Result r = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result send_json(const struct http *http, struct MHD_Connection *connection,
	unsigned int status, const json_t *reply)
{
	char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;

	if (!text)
		return MHD_NO;
	return send_response(http, connection, status, JSON_TYPE,
		MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE));
}

/* Sends an error, whose text Docker shows to its user. */
static enum MHD_Result send_error(const struct http *http, struct MHD_Connection *connection,
	unsigned int status, const char *call, const struct shale_error *err)
{
	char text[sizeof(err->text) + sizeof(err->remedy) + 8];

	complain(call, err);
	snprintf(text, sizeof(text), "%s%s%s%s", err->text, err->remedy[0] ? " (" : "", err->remedy,
		err->remedy[0] ? ")" : "");
	json_t *reply = json_pack("{s:o}", "Err", jsontext(text));
	enum MHD_Result r = send_json(http, connection, status, reply);
	json_decref(reply);
	return r;
}

static enum MHD_Result refuse(const struct http *http, struct MHD_Connection *connection,
	unsigned int status, const char *call, const char *format, ...)
{
	struct shale_error err = { .code = REQUEST_MALFORMED };
	va_list args;

	va_start(args, format);
	vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	return send_error(http, connection, status, call, &err);
}

/* Returns the HTTP status for the result CODE. A JSON reply reports an error in its body, with the
 * status 200. A streamed reply has no such place, so an error needs a status of its own. */
static unsigned int status_of(const struct endpoint *endpoint, int code)
{
	if (code == REQUEST_MALFORMED)
		return MHD_HTTP_BAD_REQUEST;
	return endpoint->send ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK;
}

/* ---- streams ---- */

static int receive(int fd, void *arg, struct shale_error *err)
{
	struct call *call = arg;

	return call->endpoint->receive(call->http->driver, call->request, fd, call->reply, err);
}

static int send_body(int fd, void *arg, struct shale_error *err)
{
	struct call *call = arg;

	return call->endpoint->send(call->http->driver, call->request, fd, err);
}

/* Reads the next part of a streamed reply. After a failure it closes the connection before the end
 * of the stream, so that dockerd sees that the stream is incomplete. */
static ssize_t next_block(void *arg, uint64_t at, char *buf, size_t size)
{
	struct call *call = arg;
	struct shale_error err = { 0 };
	ssize_t n = download_read(call->download, buf, size, &err);

	if (n > 0)
		return n;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	complain(call->endpoint->name, &err);
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result send_stream(struct call *call, struct MHD_Connection *connection)
{
	struct shale_error err = { 0 };
	const char *type = call->endpoint->type;
	int r = download_begin(send_body, call, &call->download, &err);

	if (r < 0)
		return send_error(call->http, connection, status_of(call->endpoint, r),
			call->endpoint->name, &err);
	return send_response(call->http, connection, MHD_HTTP_OK, type ? type : JSON_TYPE,
		MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, BLOCK_SIZE, next_block, call, NULL));
}

/* ---- a call ---- */

static void call_free(struct call *call)
{
	if (call->upload)
		(void)upload_end(call->upload, false, NULL);
	if (call->download)
		download_end(call->download);
	free(call->body);
	json_decref(call->request);
	json_decref(call->reply);
	free(call);
}

static struct call *call_new(struct http *http, const struct endpoint *endpoint)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->http = http;
	call->endpoint = endpoint;
	call->reply = json_object();
	if (!call->reply) {
		free(call);
		return NULL;
	}
	return call;
}

static void append(struct call *call, const char *data, size_t size)
{
	call->too_big |= call->size + size > MOST_REQUEST;
	if (call->too_big)
		return;
	char *longer = realloc(call->body, call->size + size);
	if (!longer) {
		call->too_big = true;
		return;
	}
	memcpy(longer + call->size, data, size);
	call->body = longer;
	call->size += size;
}

/* Parses the request's body as JSON. An empty body means {}. */
static int parse(struct call *call, struct shale_error *err)
{
	json_error_t why;

	call->request = call->size ? json_loadb(call->body, call->size, 0, &why) : json_object();
	if (!call->request)
		return failure(err, REQUEST_MALFORMED, "the request is not JSON: %s", why.text);
	if (!json_is_object(call->request))
		return failure(err, REQUEST_MALFORMED, "the request is not a JSON object");
	return 0;
}

static enum MHD_Result answer(struct call *call, struct MHD_Connection *connection)
{
	const struct endpoint *endpoint = call->endpoint;
	struct shale_error err = { 0 };
	int r;

	if (call->upload) {
		r = upload_end(steal_ptr(&call->upload), true, &err);
	} else {
		r = parse(call, &err);
		if (r == 0 && endpoint->send)
			return send_stream(call, connection);
		if (r == 0)
			r = endpoint->answer(call->http->driver, call->request, call->reply, &err);
	}
	if (r < 0)
		return send_error(
			call->http, connection, status_of(endpoint, r), endpoint->name, &err);
	return send_json(call->http, connection, MHD_HTTP_OK, call->reply);
}

static enum MHD_Result take_query(
	void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	json_object_set_new(arg, key, jsontext(value ? value : ""));
	return MHD_YES;
}

static enum MHD_Result begin_upload(struct call *call, struct MHD_Connection *connection)
{
	struct shale_error err = { 0 };

	call->request = json_object();
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_query, call->request);
	if (upload_begin(receive, call, &call->upload, &err) == 0)
		return MHD_YES;
	return send_error(
		call->http, connection, MHD_HTTP_INTERNAL_SERVER_ERROR, call->endpoint->name, &err);
}

static bool is_too_big(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length && strtoull(length, NULL, 10) > MOST_REQUEST;
}

static enum MHD_Result refuse_size(
	const struct http *http, struct MHD_Connection *connection, const struct endpoint *endpoint)
{
	return refuse(http, connection, MHD_HTTP_CONTENT_TOO_LARGE, endpoint->name,
		"the request has more than %d bytes", MOST_REQUEST);
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection, const char *url,
	const char *method, void **ret_call)
{
	const struct endpoint *endpoint = *url == '/' ? endpoint_find(url + 1) : NULL;

	if (!endpoint)
		return refuse(http, connection, MHD_HTTP_NOT_FOUND, url, "no such endpoint");
	if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return refuse(http, connection, MHD_HTTP_METHOD_NOT_ALLOWED, endpoint->name,
			"%s is not the method, POST is", method);
	if (!endpoint->receive && is_too_big(connection))
		return refuse_size(http, connection, endpoint);
	struct call *call = call_new(http, endpoint);
	if (!call)
		return MHD_NO;
	*ret_call = call;
	pthread_mutex_lock(&http->lock);
	http->calls++;
	pthread_mutex_unlock(&http->lock);
	return endpoint->receive ? begin_upload(call, connection) : MHD_YES;
}

/* libmicrohttpd calls this several times for a request: for its head, for each part of its body,
 * and at its end. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **state)
{
	struct http *http = arg;
	struct call *call = *state;

	if (!call)
		return begin(http, connection, url, method, state);
	if (*size) {
		if (call->upload)
			upload_write(call->upload, data, *size);
		else
			append(call, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return call->too_big ? refuse_size(http, connection, call->endpoint)
			     : answer(call, connection);
}

static void completed(void *arg, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode how)
{
	struct http *http = arg;

	struct call *call = *state;

	if (!call)
		return;
	bool streamed = !call->endpoint->answer;
	call_free(call);
	*state = NULL;
	pthread_mutex_lock(&http->lock);
	bool idle = --http->calls == 0;
	if (idle)
		pthread_cond_broadcast(&http->idle);
	pthread_mutex_unlock(&http->lock);
	/* Give free memory back to the system: a large layer has used much. */
	if (idle && streamed)
		malloc_trim(0);
}

int http_start(int listener, struct driver *driver, struct http **ret, struct shale_error *err)
{
	auto_free struct http *http = calloc(1, sizeof(*http));
	auto_close int own = sys(fcntl(listener, F_DUPFD_CLOEXEC, 0));

	if (!http || own < 0)
		return failure(err, -ENOMEM, "out of memory");
	http->driver = driver;
	pthread_mutex_init(&http->lock, NULL);
	pthread_cond_init(&http->idle, NULL);
	http->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD |
						MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
						MHD_USE_ITC,
		0, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET, own,
		MHD_OPTION_NOTIFY_COMPLETED, completed, http, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)MOST_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_SIZE, MHD_OPTION_END);
	if (!http->daemon)
		return failure(err, -EIO, "start the HTTP server");
	steal_fd(&own); /* libmicrohttpd closes this descriptor */
	*ret = steal_ptr(&http);
	return 0;
}

void http_stop(struct http *http)
{
	http->ending = true;
	MHD_socket listener = MHD_quiesce_daemon(http->daemon);

	pthread_mutex_lock(&http->lock);
	while (http->calls)
		pthread_cond_wait(&http->idle, &http->lock);
	pthread_mutex_unlock(&http->lock);
	MHD_stop_daemon(http->daemon);
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
	pthread_cond_destroy(&http->idle);
	pthread_mutex_destroy(&http->lock);
	free(http);
}
