#!/usr/bin/env bash
# Installs the coding agents that the tests drive into .agents, at the versions of package.json and of requirements.txt.
# What cannot be installed is said, and its tests are skipped: never a failure. Needs npm; brings its own Node 22.
set -u
here="$(cd "$(dirname "$0")" && pwd)"
folder="$here/../../../.agents"
mkdir -p "$folder/bin"
cd "$folder" || exit 1

began=$SECONDS
cp "$here/package.json" .
if command -v npm >/dev/null; then
    npm install --no-audit --no-fund --loglevel=error || echo "agents: npm could not install all of them"
else
    echo "agents: no npm here, so only the Python ones are installed"
fi
# opencode comes in two builds of which one is enough, and each is 170 MB.
if [ -x node_modules/.bin/opencode ] && node_modules/.bin/opencode --version >/dev/null 2>&1; then
    rm -rf node_modules/opencode-*-baseline
fi
if ! [ -x mini/bin/mini ]; then
    { "${PYTHON:-python3}" -m venv mini && mini/bin/pip install --quiet -r "$here/requirements.txt"; } 2>/dev/null ||
        echo "agents: mini-swe-agent could not be installed"
fi
ln -sf ../mini/bin/mini bin/mini
for agent in claude codex gemini pi opencode; do
    [ -x "node_modules/.bin/$agent" ] || echo "agents: $agent is missing"
done
echo "agents: $(du -sm . | cut -f1) MB in $((SECONDS - began)) s"
