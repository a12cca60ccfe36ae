/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decodes requests of the diff service, calls the functions that do the work, and encodes
 * replies. */
#include "tools/shale-snapshotter/diff/diff_service.h"

#include "tools/shale-snapshotter/snapshots/change_snapshot.h"
#include "tools/shale-snapshotter/message.h"

#define TAR      "application/vnd.oci.image.layer.v1.tar"
#define TAR_GZIP TAR "+gzip"

static Pb__Descriptor descriptor_of(const struct blob *blob, const char *media_type)
{
	Pb__Descriptor descriptor = PB__DESCRIPTOR__INIT;

	descriptor.media_type = (char *)media_type;
	descriptor.digest = (char *)blob->digest;
	descriptor.size = blob->size;
	return descriptor;
}

/* Opens the content store of the call's namespace. Returns false if the call has failed. */
static bool find_content(struct wire_call *call, const struct differ *differ, struct content *ret)
{
	if (!differ->containerd) {
		wire_call_fail(call, WIRE_UNIMPLEMENTED,
			"shale-snapshotter was started without --containerd: not implemented");
		return false;
	}
	size_t n;
	const struct wire_header *headers = wire_call_headers(call, &n);
	content_open(ret, differ->containerd, headers, n);
	return true;
}

static void fail(struct wire_call *call, enum wire_status status, const struct shale_error *err)
{
	wire_call_fail(call, status, "%s%s%s", err->text, err->remedy[0] ? "; " : "", err->remedy);
}

static void apply(struct wire_call *call, void *arg)
{
	Pb__ApplyRequest *request = message_decode(call, &pb__apply_request__descriptor);
	Pb__ApplyReply message = PB__APPLY_REPLY__INIT;
	struct shale_error err = { 0 };
	struct content content;
	struct blob blob;

	if (request && find_content(call, arg, &content)) {
		enum wire_status status = diff_apply(arg, &content, request, &blob, &err);

		if (status == WIRE_OK) {
			Pb__Descriptor applied = descriptor_of(&blob, TAR);

			message.applied = &applied;
			message_reply(call, &message.base);
		} else {
			fail(call, status, &err);
		}
	}
	if (request)
		pb__apply_request__free_unpacked(request, NULL);
}

static void diff(struct wire_call *call, void *arg)
{
	Pb__DiffRequest *request = message_decode(call, &pb__diff_request__descriptor);
	Pb__DiffReply message = PB__DIFF_REPLY__INIT;
	struct shale_error err = { 0 };
	struct content content;
	struct blob blob;

	if (request && find_content(call, arg, &content)) {
		const char *type = *request->media_type ? request->media_type : TAR_GZIP;
		enum wire_status status = diff_write(arg, &content, request, type, &blob, &err);

		if (status == WIRE_OK) {
			Pb__Descriptor made = descriptor_of(&blob, type);

			message.diff = &made;
			message_reply(call, &message.base);
		} else {
			fail(call, status, &err);
		}
	}
	if (request)
		pb__diff_request__free_unpacked(request, NULL);
}

#define METHOD(name) "/containerd.services.diff.v1.Diff/" name

const struct wire_method diff_methods[] = {
	{ METHOD("Apply"), apply, true },
	{ METHOD("Diff"), diff, true },
	{ NULL, NULL, false },
};
