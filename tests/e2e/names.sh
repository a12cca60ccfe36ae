#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Odd names, long names, deep trees.
. "${0%/*}/lib.sh"

long=$(printf '%0255d' 7)

scenario() {
	local dir
	dir=d$(printf '%0254d' 8)
	echo data >"lower/$long"
	mkdir "lower/$dir"
	mount_merged
	assert_content "merged/$long" data
	echo more >>"merged/$long"
	mv "merged/$long" "merged/${long/7/9}"
	assert_whiteout "upper/$long"
	touch "merged/$dir/$long"
	assert_fails 'File name too long' touch "merged/${long}x"
	assert_fails 'File name too long' mkdir "merged/${long}x"
	assert_fails 'File name too long' mv "merged/${long/7/9}" "merged/${long}x"
	assert_fails 'File name too long' ls "merged/${long}x"
	rm -r merged/*
	assert_names merged ''
}
on_each_backend_as 'root plain userns' 'names of 255 bytes work, of 256 are ENAMETOOLONG'

# Go deeper than a path can be long: 130 names of 41 bytes.
part=$(printf 'directory-of-forty-characters-%010d' 0)

go_down() { # mkdir|:
	local i
	for i in $(seq 130); do
		"$1" "$part"
		cd -P "$part" 2>/dev/null || { echo "level $i of $part"; return 1; }
	done
}

scenario() {
	local top=$PWD
	cd lower
	go_down mkdir
	echo deep >file
	cd "$top"
	mount_merged
	cd merged
	go_down :
	assert_content file deep
	echo changed >file
	mkdir new
	touch new/er
	mv new/er new/name
	rm file
	assert_names . new
	cd "$top"
	remount
	cd merged
	go_down :
	assert_names . new
	cd "$top"
	rm -rf "merged/$part"
	assert_names merged ''
	rm -rf lower/*
}
on_each_backend_as 'root plain userns' 'a tree deeper than PATH_MAX can be read, changed and deleted'

scenario() {
	local name odd=('with space' $'new\nline' $'tab\there' 'back\slash' 'col:on' 'com,ma' 'per%cent'
		"quo'te" 'quo"te' $'caf\303\251' $'\377\376' '-dash' '.hidden' '.wh.plain' '..dots' '#1')
	local words=
	[ "$backend" = kernel ] || words=aufs=off
	for name in "${odd[@]}"; do echo "$name" >"lower/$name"; done
	mount_merged $words
	for name in "${odd[@]}"; do
		assert_content "merged/$name" "$name"
		echo more >>"merged/$name"
		mv "merged/$name" "merged/$name.x"
		mv "merged/$name.x" "merged/$name"
	done
	assert_eq "$(find merged -type f -printf x | wc -c)" "${#odd[@]}"
	remount $words
	for name in "${odd[@]}"; do
		assert_content "merged/$name" "$name"$'\n'more
		rm "merged/$name"
	done
	assert_names merged ''
}
on_each_backend_as 'root plain userns' 'a name may hold every byte except / and NUL, and may begin with .wh.'

scenario() {
	local target
	target=$(printf '%04000d' 0)
	mount_merged
	ln -s "$target" merged/link
	assert_eq "$(readlink merged/link)" "$target"
	remount
	assert_eq "$(readlink merged/link)" "$target"
}
on_each_backend_as 'root plain userns' 'the target of a symbolic link may be 4000 bytes long'
