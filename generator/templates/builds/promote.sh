#!/bin/sh
# Asks for the new image in the fleet's repository: one pull request for each model, which the next build brings up to date.
# Runs in an image with nearedge, git and sh. The pull request's address is a result.
set -eu
: "${REPOSITORY:?}" "${BASE:?}" "${MODEL:?}" "${VERSION:?}" "${SOURCE:?}" "${RESULT_PR_URL:?}"
printf '' > "$RESULT_PR_URL"
# The token goes to git by the environment: it stands in no URL and in no file.
helper='!f() { test "$1" = get && printf "username=x-access-token\npassword=%s\n" "$NEAREDGE_TOKEN"; }; f'
rm -rf fleet
git -c credential.helper= -c credential.helper="${NEAREDGE_TOKEN:+$helper}" clone -q --branch "$BASE" "$REPOSITORY" fleet
cd fleet
set -- --version "$VERSION" --source "$SOURCE"
[ -z "${RING:-}" ] || set -- "$@" --ring "$RING"
nearedge promote "$@" -- "$MODEL"
if [ -z "$(git status --porcelain -- clusters base overlays acm)" ]; then
  echo "the fleet has it already"
  exit 0
fi
nearedge publish --branch "build/$MODEL" --base "$BASE" --replace --title "Build $MODEL $VERSION" \
  ${FORGE:+--forge "$FORGE"} ${FORGE_URL:+--forge-url "$FORGE_URL"} > ../published
cat ../published
sed -n 's/^pull request  *\([^ ]*\).*/\1/p' ../published | tr -d '\n' > "$RESULT_PR_URL"
