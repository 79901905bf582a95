#!/bin/sh
# Builds CONTEXT by CONTAINERFILE, and pushes it to IMAGE under TAG. Runs in buildah's image, as any user, without any
# capability: in a user namespace that knows one id only, files of other owners are its own (ignore_chown_errors), layers
# are plain folders (vfs), and what a Containerfile runs is a chroot, and no container.
set -eu
: "${HOME:?}" "${IMAGE:?}" "${TAG:?}" "${CONTEXT:?}" "${CONTAINERFILE:?}"
umask 022
mkdir -p "$HOME/storage" "$HOME/run" "$HOME/tmp"
export TMPDIR="$HOME/tmp" XDG_RUNTIME_DIR="$HOME/run" CONTAINERS_STORAGE_CONF="$HOME/storage.conf"
export BUILDAH_ISOLATION=chroot
cat > "$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "vfs"
graphroot = "$HOME/storage"
runroot = "$HOME/run"
[storage.options.vfs]
ignore_chown_errors = "true"
END
buildah build --format oci --timestamp 0 \
  --build-arg "MODEL_NAME=$MODEL_NAME" --build-arg "MODEL_VERSION=$VERSION" --build-arg MODEL_DIR=model \
  --label "org.opencontainers.image.title=$MODEL_NAME" --label "org.opencontainers.image.version=$VERSION" \
  --label "org.opencontainers.image.revision=${COMMIT:-}" \
  --file "$CONTAINERFILE" --tag "$IMAGE:$TAG" "$CONTEXT"
buildah push ${PLAIN_HTTP:+--tls-verify=false} --digestfile "$HOME/digest" "$IMAGE:$TAG" "docker://$IMAGE:$TAG"
digest=$(cat "$HOME/digest")
printf %s "$digest" > "$RESULT_DIGEST"
printf %s "$IMAGE@$digest" > "$RESULT_IMAGE"
echo "$IMAGE@$digest"
