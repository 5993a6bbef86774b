#!/bin/sh
# The door to the referee. It only leaves questions in one folder and looks for answers in another.
set -eu
door='@DOOR@'
tree='@TREE@'

usage() {
    cat <<'USAGE'
autoresearch-door try -m "what should get better, and why" [-s "what was changed"]
                       has your files measured and judged; exits 0 kept, 1 not kept, 4 refused, 5 budget spent
autoresearch-door wait the answer to the last try, if you could not wait for it
autoresearch-door log [N]      the last experiments, a line each
autoresearch-door show N       one experiment: verdict, patch, the end of a failed one's log
autoresearch-door brief        the brief as it is now
autoresearch-door note "..."   something to be remembered; name experiments as #N
USAGE
}

case "${1-}" in
try | log | show | brief | note)
    id="$(date +%s)-$$"
    printf '%s\0' "$@" >"$door/ask/.$id"
    mv "$door/ask/.$id" "$door/ask/$id"
    if [ "$1" = try ]; then echo "$id" >"$door/ask/.last"; fi
    ;;
wait)
    [ -f "$door/ask/.last" ] || { echo "There was no try." && exit 2; }
    id="$(cat "$door/ask/.last")"
    ;;
*)
    usage
    exit 2
    ;;
esac

answer="$door/answers/$id"
left=@PATIENCE@
while [ ! -d "$answer" ]; do
    if [ "$left" -le 0 ]; then
        echo "Still being measured. Ask again with: $door/bin/autoresearch-door wait"
        exit 75
    fi
    left=$((left - 1))
    sleep 0.1
done

# Once for each try: put back what the answer says, with no more rights than you have yourself.
if [ "$1" = try ] || { [ "$1" = wait ] && [ "$(cat "$door/ask/.taken" 2>/dev/null)" != "$id" ]; }; then
    echo "$id" >"$door/ask/.taken"
    while IFS= read -r path; do rm -rf -- "${tree:?}/$path"; done <"$answer/gone"
    if [ -d "$answer/files" ]; then cp -Rf "$answer/files/." "$tree/"; fi
fi
cat "$answer/text"
exit "$(cat "$answer/code")"
