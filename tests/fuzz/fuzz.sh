#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzzes one target with libFuzzer and the sanitizers, by hand:
#     tests/fuzz/fuzz.sh apply|layer|image|stream|merge|options|request|filter|wire [SECONDS] [libFuzzer option]...
# New inputs go to the directory fuzz-TARGET, crashes to fuzz-TARGET-crash-*: make those smaller with
# -minimize_crash=1, mend the fault, and add the input to tests/fuzz/corpus/TARGET. Needs clang.
set -eu
cd "$(dirname "$0")/../.."
target=${1:?apply, layer, image, stream, merge, options, request, filter or wire} seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
out=${SHALE_FUZZ_DIR:-$PWD}
mkdir -p "$out/fuzz-$target" "$out/fuzz-objects"
[ -e "$out/fuzz-objects/config.h" ] || echo '#define PACKAGE_VERSION "fuzz"' >"$out/fuzz-objects/config.h"
service=$(echo tools/shale-snapshotter/{snapshots/{filter,snapshot},wire/{call,connection}}.c)
packages='fuse3 libarchive zlib libcrypto jansson libxxhash libcap libnghttp2'
cc=(${CC:-clang} -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined
	-D_GNU_SOURCE $(pkg-config --cflags fuse3)
	-D_FILE_OFFSET_BITS=64 -DLIBEXECDIR='"/usr/libexec"' -DBINDIR='"/usr/bin"' -I. -I"$out/fuzz-objects")
# Links against an archive, which leaves out the code that targets do not use.
# shellcheck disable=SC2012 # no odd names here
header=$(ls -t $(find common fuse kernel tools/shale-snapshotter -name '*.h') | head -n 1)
for source in $(find common fuse kernel -name '*.c') $service; do
	object=$out/fuzz-objects/${source//\//_}.o
	[ "$object" -nt "$source" ] && [ "$object" -nt "$header" ] ||
		"${cc[@]}" -fsanitize=fuzzer-no-link -c -o "$object" "$source"
done
ar rcs "$out/fuzz-objects.a" "$out"/fuzz-objects/*.o
"${cc[@]}" -fsanitize=fuzzer -DFUZZ_RUN="fuzz_$target" -o "$out/fuzz-$target.bin" \
	tests/fuzz/{libfuzzer,target,apply,layer,image,stream,merge,options,request,filter,wire}.c \
	"$out/fuzz-objects.a" \
	$(pkg-config --cflags --libs $packages) -lpthread
exec "$out/fuzz-$target.bin" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
	-artifact_prefix="$out/fuzz-$target-" "$@" "$out/fuzz-$target" "tests/fuzz/corpus/$target"
