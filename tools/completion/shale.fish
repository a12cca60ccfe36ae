# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of shale(1) for fish. The commands, and what each takes, are read from the program's help.

# Prints the options before the command, and on a last line the command, or nothing.
function __shale_parse
    set -l words (commandline -opc)[2..-1]
    while set -q words[1]
        switch $words[1]
            case --home --run --backend
                printf '%s\n' $words[1..2]
                set -e words[1]
            case '-*'
            case '*'
                echo $words[1]
                return
        end
        set -e words[1]
    end
    echo
end

function __shale_command
    __shale_parse | tail -n 1
end

# Prints the words of the command's usage, as in shale.bash.
function __shale_usage
    shale (__shale_command) --help 2>/dev/null | sed -n '1s/^usage: shale [a-z]* *//p; 2,$s/^ \{11\}//p' |
        sed 's/\(--[a-z-]*\) [^]|-]*\(|[A-Z]*\)*/\1 /g' | tr -s '[]| .' '\n' | sort -u
end

# Lists names of the store. Asks no store that does not exist yet, because listing would make it.
function __shale_list -a key command
    set -l globals (__shale_parse)[1..-2]
    set -l home $SHALE_HOME
    if set -l i (contains -i -- --home $globals)
        set home $globals[(math $i + 1)]
    end
    if test -z "$home"
        set home $HOME/.local/share/shale
        test -z "$XDG_DATA_HOME"; or set home $XDG_DATA_HOME/shale
        test (id -u) != 0; or set home /var/lib/shale
    end
    test -e $home/shale.json; or return
    shale $globals --json $command 2>/dev/null | sed -n 's/^ *"'$key'": "\(.*\)",*$/\1/p'
end

function __shale_arguments
    for argument in (__shale_usage)
        switch $argument
            case ID ID... PARENT
                __shale_list id ls
            case NAME IMAGE
                __shale_list name images
            case FILE SOURCE DEST
                __fish_complete_path (commandline -ct)
            case DIR
                __fish_complete_directories (commandline -ct)
            case '--*'
                string match -q -- '-*' (commandline -ct); and echo $argument
            case '*'
                string match -r '^[a-z]+$' -- $argument
        end
    end
end

complete -c shale -f
complete -c shale -n 'test -z (__shale_command)' -l home -x -a '(__fish_complete_directories)'
complete -c shale -n 'test -z (__shale_command)' -l run -x -a '(__fish_complete_directories)'
complete -c shale -n 'test -z (__shale_command)' -l backend -x -a 'auto kernel fuse'
complete -c shale -n 'test -z (__shale_command)' -l version
complete -c shale -n 'test -z (__shale_command)' \
    -a "(shale --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')"
complete -c shale -l json
complete -c shale -l help
complete -c shale -n '__shale_usage | string match -q -- --parent' -l parent -x \
    -a '(__shale_list id ls; __shale_list name images)'
complete -c shale -n 'test -n (__shale_command)' -a '(__shale_arguments)'
